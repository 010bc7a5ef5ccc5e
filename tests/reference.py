"""The reference tool, vss-tools, in an environment of its own below target/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PINNED = "vss-tools==6.1.0"
FOLDER = Path(__file__).resolve().parent.parent / "target/bench/reference"
PYTHON = FOLDER / "bin/python"


def install() -> Path | None:
    """Its program, installed on the first call; None when it cannot be had."""
    program = FOLDER / "bin/vspec"
    if not program.exists():
        try:
            subprocess.run(["uv", "venv", "--quiet", "--allow-existing", FOLDER], check=True)
            install = ["uv", "pip", "install", "--quiet", "--python", FOLDER, PINNED]
            subprocess.run(install, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"without the reference tool: {error}", file=sys.stderr)
            return None
    return program
