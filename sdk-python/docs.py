#!/usr/bin/env python3
"""Builds the API reference from the docstrings: of the SDK, and of a generated model.

Usage: docs.py OUTPUT_FOLDER, with the SDK and the package vehicle_signal_model to be found.

What pdoc warns of, such as a name that does not resolve, is an error.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pdoc

MODULES = (
    "vehicle_signal_runtime",
    "vehicle_signal_runtime.compat",
    "vehicle_signal_runtime.errors",
    "vehicle_signal_runtime.log",
    "vehicle_signal_runtime.sync",
    "vehicle_signal_runtime.testing",
    "vehicle_signal_model",
)
#: pdoc goes through submodules by itself; these are not for apps.
WITHOUT = (r"!vehicle_signal_runtime\.compat\..*", r"!vehicle_signal_runtime\.batch$")


def load_all(module: ModuleType) -> None:
    """Names that a module loads when they are first used are not there for pdoc before."""
    for name in getattr(module, "__all__", ()):
        setattr(module, name, getattr(module, name))


def main() -> None:
    folder = Path(sys.argv[1])
    for module in MODULES:
        load_all(import_module(module))
    warnings.simplefilter("error")
    # Such a type is printed as it is written: all that is lost is a link.
    warnings.filterwarnings("ignore", "Error parsing type annotation")
    pdoc.render.configure(docformat="markdown", show_source=False)
    pdoc.pdoc(*MODULES, *WITHOUT, output_directory=folder)
    print(f"the API reference is {folder / 'index.html'}")


if __name__ == "__main__":
    main()
