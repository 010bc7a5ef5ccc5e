"""Processes that tests need beside them: a real broker, and apps."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import vehicle_signal_runtime

ROOT = Path(__file__).resolve().parents[2]


class Broker:
    """A broker with the mock provider, on a port that stays the same when it is restarted, and
    where a command says so on a socket too."""

    def __init__(self, state: Path, command: list[str]) -> None:
        self.port = _free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.socket = f"unix://{state}/broker.sock"
        self._state = state
        self._command = [part.format(port=self.port, state=state) for part in command]
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        command = [*self._command, *options]
        with (self._state / "broker.log").open("a") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, text=True
            )
        deadline = time.monotonic() + 30
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self._state / "broker.log").read_text()
                raise RuntimeError(f"the broker did not start: {self._command}\n{said}")
            time.sleep(0.02)

    def pause(self) -> None:
        """Let it hang: it holds its connections, and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def built(name: str) -> Path | None:
    """A program of ours, where it was built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    programs = (target / profile / name for profile in ("debug", "release"))
    return next((program for program in programs if program.exists()), None)


def broker_command() -> list[str]:
    """How to start a broker with {port} and {state}: the one that stands by itself, or the
    one inside the runtime."""
    if program := built("examples/broker"):
        return [str(program), "--listen", "127.0.0.1:{port}"]
    if program := built("vehicle-edge"):
        options = "serve --grpc-listen 127.0.0.1:{port} --http-listen 127.0.0.1:0"
        options += " --health-listen 127.0.0.1:0 --state {state}/state"
        return [str(program), *options.split()]
    pytest.fail("no broker in target/: run `cargo build -p vehicle-edge-runtime --examples`")


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something to become true."""
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


def model_options(source: Path) -> list[str]:
    """How that broker is told to have the model of a vspec file."""
    if not built("examples/broker"):
        return ["--model", str(source)]
    command = [str(built("vssc")), "generate", "manifest", str(source), "-o", str(source.parent)]
    subprocess.run(command, check=True)
    return [str(source.parent / "manifest.json")]


def pytest_alone(folder: Path, model: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Pytest with no plugin but ours, in a folder of its own."""
    package = Path(vehicle_signal_runtime.__file__).parents[1]
    environment = dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    environment["PYTHONPATH"] = os.pathsep.join([str(package), str(model)])
    environment.pop("VEHICLE_EDGE_BROKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "vehicle_signal_runtime.testing.plugin"]
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, cwd=folder, env=environment
    )


class App:
    """A program that runs beside the test, with its output."""

    def __init__(self, source: Path, address: str) -> None:
        environment = dict(os.environ, VEHICLE_EDGE_BROKER=address, PYTHONUNBUFFERED="1")
        self.process = subprocess.Popen(
            [sys.executable, str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def line(self) -> str:
        """The next line of standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def logged(self) -> str:
        """The next message on standard error, without its time."""
        assert self.process.stderr is not None
        return _message(self.process.stderr.readline())

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code and standard error, without times."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, "".join(map(_message, errors.splitlines(keepends=True)))


def _message(line: str) -> str:
    return re.sub(r"^\d{4}-\d\d-\d\dT[\d:.]+Z (\w+) +", r"\1 ", line)


Run = Callable[[str, str], App]
