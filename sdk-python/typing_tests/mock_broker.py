"""What type checkers know of tests with a mock broker. Read by mypy and pyright, both strict,
and never run; a line that is wrong says so to both, as in `refused.py`."""

from __future__ import annotations

from typing import Any, assert_type

from vehicle_signal_runtime import Reading, VehicleApp
from vehicle_signal_runtime.model import vehicle
from vehicle_signal_runtime.testing import (
    Actuation,
    MockBroker,
    Replayed,
    RunApp,
    RunningApp,
    record,
    replay,
)

light = vehicle.Body.Lights.Beam.Low.IsOn


class MyApp(VehicleApp): ...


def test_values(broker: MockBroker, run_app: RunApp) -> None:
    assert_type(run_app(MyApp()), RunningApp[MyApp])
    broker.publish(vehicle.Speed, 12.5)
    broker.publish(vehicle.Speed, None)
    broker.publish("Vehicle.Speed", 12.5)
    broker.set(light, True)
    assert_type(broker.get(vehicle.Speed), Reading[float])
    assert_type(broker.get("Vehicle.Speed"), Reading[Any])
    assert_type(broker.target(light), Reading[bool])
    assert_type(broker.wait_for(vehicle.Speed, lambda speed: speed > 50), Reading[float])
    assert_type(broker.wait_for_actuation(light, True), Actuation)
    assert_type(broker.actuations, list[Actuation])


def test_what_is_refused(broker: MockBroker, run_app: RunApp) -> None:
    broker.publish(vehicle.Speed, "x")  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    broker.set(vehicle.Speed, 1.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    broker.target(vehicle.Speed)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    run_app(MyApp)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]


async def test_traces() -> None:
    async with record("trace.jsonl", vehicle.Speed, vehicle.Cabin) as recording:
        assert_type(recording.count, int)
    assert_type(await replay("trace.jsonl", speed=None), Replayed)
    MockBroker(vehicle)
    MockBroker(vehicle.Cabin, echo=False, grants={"Vehicle.Speed": ["read"]})
    MockBroker([vehicle.Speed, light])
    MockBroker({"Vehicle.Speed": "float"})
