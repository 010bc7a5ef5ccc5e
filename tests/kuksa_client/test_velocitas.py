"""The stock Velocitas SDK, and a client by reflection, against our broker.

Their pins clash with those of kuksa-client, so they have an environment of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from peers import environment

PACKAGES = ("velocitas-sdk==0.15.7", "grpcio-reflection==1.64.1")


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter with these packages."""
    python = environment("velocitas", *PACKAGES)
    assert python, "the packages could not be installed"
    return python


def run(python: Path, script: str, address: tuple[str, int], argument: str) -> dict[str, Any]:
    """What a script says."""
    host, port = address
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["SDV_VEHICLEDATABROKER_ADDRESS"] = f"grpc://{host}:{port}"
    command = [python, HERE / script, argument]
    done = subprocess.run(
        command, env=env, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_an_app_of_the_template_runs(python: Path, address: tuple[str, int]) -> None:
    """Get, set, subscriptions with and without a condition, and its Collector test helper."""
    said = run(python, "velocitas_app.py", address, str(address[1]))
    assert said["fast"][-2:] == [110.0, 155.0]
    assert all(100 < speed <= 200 for speed in said["fast"])
    assert said["both"][-1] == 155.0
    assert 35 in said["position"]
    assert said["refused"] == ["set target value for non-actuator Vehicle.Speed is not allowed!"]
    assert said["read"] == [230.0]
    assert said["own"] == [-7]


def test_a_client_needs_no_interface_beforehand(python: Path, address: tuple[str, int]) -> None:
    """Reflection gives every service, and calls that were put together from it work."""
    said = run(python, "reflection_client.py", address, "{}:{}".format(*address))
    assert said["kinds"] == ["float", "float", "float_value"]
    assert said["health"] == 1
    assert {
        "grpc.health.v1.Health",
        "kuksa.val.v1.VAL",
        "kuksa.val.v2.VAL",
        "sdv.databroker.v1.Broker",
        "sdv.databroker.v1.Collector",
    } <= set(said["services"])
