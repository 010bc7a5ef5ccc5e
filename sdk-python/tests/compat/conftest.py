"""Existing apps: their sources, a vehicle model to import, and a broker of topics."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

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


async def bring(value: bool, *nodes: Any) -> None:
    """Set signals and wait until they are what was set."""
    for node in nodes:
        await node.set(value)
    await becomes(value, *nodes)


async def becomes(value: bool, *nodes: Any) -> None:
    """Wait until signals have a value: the mock provider brings them there in its own time."""
    deadline = asyncio.get_running_loop().time() + 20
    for node in nodes:
        while (await node.get()).value != value:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.01)


CONFIGURATION = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: {anonymous}
"""


@pytest.fixture
def topics(tmp_path: Path) -> Iterator[Broker]:
    """An MQTT broker of this test alone, not started yet."""
    mqtt = _mqtt_broker(tmp_path, anonymous=True)
    yield mqtt
    mqtt.stop()


@pytest.fixture
def closed_topics(tmp_path: Path) -> Iterator[Broker]:
    """One that nobody may use without a name."""
    mqtt = _mqtt_broker(tmp_path, anonymous=False)
    yield mqtt
    mqtt.stop()


def _mqtt_broker(folder: Path, *, anonymous: bool) -> Broker:
    state = folder / "topics"
    state.mkdir()
    program = Path(sys.executable).with_name("amqtt")
    mqtt = Broker(state, [str(program), "-c", "{state}/amqtt.yaml"])
    configuration = CONFIGURATION.format(port=mqtt.port, anonymous=str(anonymous).lower())
    (state / "amqtt.yaml").write_text(configuration)
    return mqtt
