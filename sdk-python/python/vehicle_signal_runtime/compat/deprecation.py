"""How an app is told that something has a better way."""

from __future__ import annotations

import warnings


def warn(what: str, instead: str) -> None:
    """Say it where the app calls; Python shows it once for each such place."""
    warnings.warn(f"{what} is deprecated: use {instead}", DeprecationWarning, stacklevel=3)
