"""What type checkers see of the generated tree. Read by mypy and pyright, both strict, and
never run by Python."""

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


class Callbacks(VehicleApp):
    async def on_start(self) -> None:
        assert_type(await vehicle.Speed.subscribe(self.on_speed), Subscription)
        await vehicle.Speed.subscribe(self.on_any)
        await vehicle.Speed.subscribe(lambda reading: print(reading.value))

    async def on_speed(self, speed: Reading[float]) -> None: ...

    def on_any(self, reading: Reading[object]) -> None: ...
