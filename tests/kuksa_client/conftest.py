"""The broker under test: a running one, or one that is started for these tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LOCAL = "127.0.0.1:0"


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Of the broker in ``VEHICLE_EDGE_GRPC``; else of a runtime of our own."""
    given = os.environ.get("VEHICLE_EDGE_GRPC")
    if given:
        yield split(given)
        return
    program = TARGET / "debug" / "vehicle-edge"
    command = [program, "serve", "--state", tmp_path_factory.mktemp("state")]
    for listener in ("--grpc-listen", "--http-listen", "--health-listen"):
        command += [listener, LOCAL]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield split(grpc_of(process))
    finally:
        process.terminate()
        process.wait(timeout=10)


def grpc_of(process: subprocess.Popen[str]) -> str:
    """The address in the line that says that the runtime is ready."""
    assert process.stdout is not None
    for line in process.stdout:
        for word in line.split():
            if word.startswith("grpc="):
                return word.removeprefix("grpc=")
    pytest.fail(f"vehicle-edge serve ended with {process.wait()} and was never ready")


def split(address: str) -> tuple[str, int]:
    host, port = address.removeprefix("http://").rsplit(":", 1)
    return host, int(port)
