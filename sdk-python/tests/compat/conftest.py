"""Existing apps: their sources, a vehicle model to import, and a broker of topics."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from harness import ROOT, App, Broker, Run

Existing = Callable[[str], App]


@pytest.fixture(params=["sdv", "velocitas_sdk"])
def package(request: pytest.FixtureRequest) -> str:
    """The name that existing apps import their SDK by."""
    name: str = request.param
    return name


@pytest.fixture
def vehicle_package(model: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package `vehicle`, of our own model."""
    monkeypatch.syspath_prepend(str(model))
    return importlib.import_module("vehicle")


@pytest.fixture
def existing(
    package: str, broker: str, model: Path, run_app: Run, monkeypatch: pytest.MonkeyPatch
) -> Existing:
    """Run an app of tests/apps with the import name under test."""
    path = f"{model}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    monkeypatch.setenv("PYTHONPATH", path)

    def run(name: str) -> App:
        source = (ROOT / "tests" / "apps" / name / "main.py").read_text()
        return run_app(source.replace("from sdv", f"from {package}"), broker)

    return run


CONFIGURATION = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


@pytest.fixture
def topics(tmp_path: Path) -> Iterator[Broker]:
    """An MQTT broker of this test alone, not started yet."""
    state = tmp_path / "topics"
    state.mkdir()
    program = Path(sys.executable).with_name("amqtt")
    mqtt = Broker(state, [str(program), "-c", "{state}/amqtt.yaml"])
    (state / "amqtt.yaml").write_text(CONFIGURATION.format(port=mqtt.port))
    yield mqtt
    mqtt.stop()
