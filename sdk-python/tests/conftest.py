"""The broker that the tests talk to: a real one, in a process of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import App, Broker, Run, broker_command, built

import vehicle_signal_runtime


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test alone, not started yet."""
    broker = Broker(tmp_path, broker_command())
    yield broker
    broker.stop()


@pytest.fixture
def socket_broker(tmp_path: Path) -> Iterator[Broker]:
    """The same, which can also be reached at its `socket`."""
    program = built("examples/broker")
    # One that was built long ago has no socket.
    if program is None or b"--socket" not in subprocess.check_output([program, "--help"]):
        pytest.fail("run `cargo build -p vehicle-edge-runtime --example broker` first")
    command = [str(program), "--listen", "127.0.0.1:{port}", "--socket", "{state}"]
    broker = Broker(tmp_path, command)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def session_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the broker that tests share."""
    given = os.environ.get("VEHICLE_EDGE_GRPC")
    if given:
        yield given
        return
    broker = Broker(tmp_path_factory.mktemp("broker"), broker_command())
    broker.start()
    yield broker.address
    broker.stop()


@pytest.fixture
def broker(session_broker: str) -> str:
    """Talk to the shared broker; its address."""
    vehicle_signal_runtime.use_broker(session_broker)
    return session_broker


@pytest.fixture
def run_app(tmp_path: Path) -> Iterator[Run]:
    """Run a source as an app at the broker of an address."""
    apps: list[App] = []

    def run(source: str, address: str) -> App:
        file = tmp_path / f"app{len(apps)}.py"
        file.write_text(source)
        apps.append(App(file, address))
        return apps[-1]

    yield run
    for app in apps:
        app.process.kill()
        app.process.communicate()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated package of our own model."""
    folder = tmp_path_factory.mktemp("model")
    program = built("vssc")
    if program is None:
        pytest.fail("no vssc in target/: run `cargo build` first")
    subprocess.run([program, "generate", "python", "-o", folder], check=True)
    return folder
