"""What type checkers see of subscriptions, streams and conditions. Read by mypy and pyright,
both strict, and never run by Python.

A line with an `ignore` must be refused: both report an ignore that nothing needs.
"""

# pyright: strict, reportUnusedExpression=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any, assert_type

from vehicle_signal_model.enums import VehicleADASActiveAutonomyLevel
from vehicle_signal_runtime import (
    LATEST,
    Condition,
    Reading,
    Selection,
    Snapshot,
    Stream,
    Subscription,
    join,
)
from vehicle_signal_runtime.model import vehicle

# Comparisons of signals are conditions, also of equality.
assert_type(vehicle.Speed > 50, Condition)
assert_type(vehicle.Speed > 50, Condition)
assert_type(vehicle.Speed == 50.5, Condition)
assert_type(vehicle.Speed != vehicle.Cabin.DoorCount, Condition)
assert_type(vehicle.Cabin.DoorCount.between(2, 4), Condition)
assert_type(~(vehicle.Speed > 50) & (vehicle.Speed < 80) | (vehicle.Speed == 0), Condition)
assert_type(vehicle.ADAS.ActiveAutonomyLevel == VehicleADASActiveAutonomyLevel.SAE_0, Condition)

# A value has the type of its signal.
vehicle.Speed > "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
vehicle.Cabin.DoorCount.between(2, "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
(vehicle.Speed > 50) & "Vehicle.Speed > 50"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# What is selected decides what is delivered.
joined = join(vehicle.Speed, vehicle.Body.Lights.Beam.Low.IsOn)
assert_type(joined, Selection[Snapshot])
assert_type(joined.where("Vehicle.Speed > 50"), Selection[Snapshot])
assert_type(vehicle.Speed.where(vehicle.Speed > 50), Selection[Reading[float]])
assert_type(vehicle.Cabin.where("Vehicle.Speed > 50"), Selection[Reading[Any]])
vehicle.Speed.where(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
vehicle.Cabin.DoorCount.where("Vehicle.Speed > 50")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def on_snapshot(snapshot: Snapshot) -> None:
    assert_type(snapshot[vehicle.Speed], Reading[float])
    assert_type(snapshot[vehicle.Body.Lights.Beam.Low.IsOn].value, bool | None)


def on_light(light: Reading[bool]) -> None:
    assert_type(light.initial, bool)


async def streams() -> None:
    assert_type(vehicle.Speed.stream(queue=LATEST), Stream[Reading[float]])
    async for speed in vehicle.Speed.stream(max_rate=10, changes_only=True):
        assert_type(speed, Reading[float])
    async with joined.stream() as stream:
        assert_type(stream.dropped, int)
        assert_type(await anext(stream), Snapshot)
    async for reading in vehicle.Cabin.stream():
        assert_type(reading, Reading[Any])


async def subscriptions() -> None:
    assert_type(await joined.subscribe(on_snapshot, queue=LATEST), Subscription)
    assert_type(await vehicle.Cabin.subscribe(print, max_rate=2.5), Subscription)
    await joined.subscribe(on_light)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await vehicle.Speed.where(vehicle.Speed > 50).subscribe(on_light)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await vehicle.Speed.subscribe(on_snapshot)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
