"""Other people's programs to compare with, each in an environment of its own below target/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "target/bench"


def environment(name: str, *packages: str) -> Path | None:
    """The interpreter of the environment with these pinned packages, made on the first call;
    None when they cannot be had."""
    folder = FOLDER / name
    made = folder / "made"
    wanted = "\n".join(packages)
    if not made.exists() or made.read_text() != wanted:
        try:
            subprocess.run(["uv", "venv", "--quiet", "--clear", folder], check=True)
            install = ["uv", "pip", "install", "--quiet", "--python", folder, *packages]
            subprocess.run(install, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"without {' '.join(packages)}: {error}", file=sys.stderr)
            return None
        made.write_text(wanted)
    return folder / "bin/python"
