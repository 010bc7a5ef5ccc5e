"""The reference tool, vss-tools."""

from __future__ import annotations

from pathlib import Path

from peers import FOLDER, environment

PINNED = "vss-tools==6.1.0"
PYTHON = FOLDER / "reference/bin/python"


def install() -> Path | None:
    """Its program, installed on the first call; None when it cannot be had."""
    python = environment("reference", PINNED)
    return python and python.with_name("vspec")
