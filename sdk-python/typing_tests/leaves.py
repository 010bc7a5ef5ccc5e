"""What type checkers see of the generated tree. Run by `mypy --strict`, never by Python.

A line with `type: ignore` must be refused: mypy reports an ignore that nothing needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

from vehicle_signal_model import Vehicle
from vehicle_signal_model.cabin import VehicleCabinSeatRowSide
from vehicle_signal_model.enums import VehicleADASActiveAutonomyLevel
from vehicle_signal_runtime import (
    Actuator,
    Attribute,
    Reading,
    Sensor,
    Signal,
    Subscription,
    VehicleApp,
    VehicleSignal,
)
from vehicle_signal_runtime.model import vehicle

assert_type(vehicle, Vehicle)

# Leaves have the type of their signal.
assert_type(vehicle.Speed, Sensor[float])
assert_type(vehicle.Cabin.DoorCount, Attribute[int])
assert_type(vehicle.Cabin.SeatPosCount, Attribute[list[int]])
assert_type(vehicle.Body.Lights.Beam.Low.IsOn, Actuator[bool])
assert_type(vehicle.Cabin.Seat.Row1.DriverSide.Position, Actuator[int])
assert_type(vehicle.ADAS.ActiveAutonomyLevel, Sensor[VehicleADASActiveAutonomyLevel])

# Their facts are attributes.
assert_type(vehicle.Speed.path, str)
assert_type(vehicle.Speed.unit, str | None)
assert_type(vehicle.Speed.min, float | None)
assert_type(vehicle.Cabin.DoorCount.default, int | None)

# Instances have a class, and can be gone through.
for row in vehicle.Cabin.Seat:
    for seat in row:
        assert_type(seat, VehicleCabinSeatRowSide)
assert_type(vehicle.Cabin.Seat["Row1"]["DriverSide"], VehicleCabinSeatRowSide)
assert_type(len(vehicle.Cabin.Seat), int)
assert_type(vehicle.Cabin.signals(), Iterator[Signal[Any]])


async def values() -> None:
    speed = await vehicle.Speed.get()
    assert_type(speed, Reading[float])
    assert_type(speed.value, float | None)
    assert_type(speed.timestamp, datetime | None)
    assert_type(speed.available, bool)
    level = await vehicle.ADAS.ActiveAutonomyLevel.get()
    assert_type(level.value, VehicleADASActiveAutonomyLevel | None)
    await vehicle.Body.Lights.Beam.Low.IsOn.set(True)
    await vehicle.Cabin.Seat.Row1.DriverSide.Position.set(10)
    assert_type((await VehicleSignal("Vehicle.Speed").get()).available, bool)
    speed.value + 1.0  # type: ignore[operator]  # there may be none


async def refused() -> None:
    # Only an actuator can be set.
    await vehicle.Speed.set(1.0)  # type: ignore[attr-defined]
    await vehicle.Cabin.DoorCount.set(5)  # type: ignore[attr-defined]
    # A value has the type of its signal.
    await vehicle.Body.Lights.Beam.Low.IsOn.set("on")  # type: ignore[arg-type]
    await vehicle.Cabin.Seat.Row1.DriverSide.Position.set(1.5)  # type: ignore[arg-type]
    await vehicle.ADAS.ActiveAutonomyLevel.publish("SAE_0")  # type: ignore[arg-type]
    # A choice is one of its members.
    VehicleADASActiveAutonomyLevel.SAE_9  # type: ignore[attr-defined]
    # A path is one of the model.
    await vehicle.Sped.get()  # type: ignore[attr-defined]
    await vehicle.Cabin.Seat.Row3.DriverSide.Position.get()  # type: ignore[attr-defined]
    await vehicle.Cabin.Seat.Row1.Position.get()  # type: ignore[attr-defined]
    # So is an instance.
    vehicle.Cabin.Seat["Row3"]  # type: ignore[index]
    vehicle.Cabin.Seat["Row1"]["Roof"]  # type: ignore[index]
    # An attribute does not change, so there is nothing to subscribe to.
    await vehicle.Cabin.DoorCount.subscribe(print)  # type: ignore[attr-defined]
    # A branch is no signal.
    await vehicle.Cabin.get()  # type: ignore[attr-defined]


class Callbacks(VehicleApp):
    async def on_start(self) -> None:
        assert_type(await vehicle.Speed.subscribe(self.on_speed), Subscription)
        await vehicle.Speed.subscribe(self.on_any)
        await vehicle.Speed.subscribe(lambda reading: print(reading.value))
        await vehicle.Speed.subscribe(self.on_light)  # type: ignore[arg-type]
        await vehicle.Speed.subscribe(self.on_nothing)  # type: ignore[arg-type]
        await vehicle.Speed.subscribe(self.on_missing)  # type: ignore[attr-defined]

    async def on_speed(self, speed: Reading[float]) -> None: ...

    def on_any(self, reading: Reading[object]) -> None: ...

    def on_light(self, light: Reading[bool]) -> None: ...

    def on_nothing(self) -> None: ...
