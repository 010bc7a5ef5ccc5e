"""The API reference, which `make docs` builds."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "docs.py"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A folder with the pages; making them must not give a warning."""
    folder = tmp_path_factory.mktemp("reference")
    search = os.pathsep.join([str(model), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(SCRIPT), str(folder)]
    environment = dict(os.environ, PYTHONPATH=search)
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return folder


@pytest.mark.parametrize("module", ["", ".sync", ".testing"])
def test_every_exported_name_is_in_the_reference(reference: Path, module: str) -> None:
    """By an anchor of its own on the module's page."""
    page = (reference / f"vehicle_signal_runtime{module.replace('.', '/')}.html").read_text()
    anchors = set(re.findall(r'id="(\w+)"', page))
    exported = importlib.import_module(f"vehicle_signal_runtime{module}").__all__
    assert not [name for name in exported if name not in anchors]


def test_the_errors_and_the_generated_model_are_in_the_reference(reference: Path) -> None:
    """The tree of errors as it is drawn, and a branch of the model with its signals."""
    assert "VehicleSignalError" in (reference / "vehicle_signal_runtime/errors.html").read_text()
    assert 'id="Vehicle.Speed"' in (reference / "vehicle_signal_model.html").read_text()
