"""What type checkers must refuse. Read by mypy and pyright, both strict, and never run.

Each line that is wrong says so to both, `type: ignore` to mypy and `pyright: ignore` to
pyright. Both report an ignore that nothing needs, so a line that passes is an error here.
"""

# pyright: strict, reportUnknownMemberType=false, reportUnknownArgumentType=false
# What is refused has no type that could be known.

from __future__ import annotations

from vehicle_signal_model.enums import VehicleADASActiveAutonomyLevel
from vehicle_signal_runtime import Reading, VehicleApp
from vehicle_signal_runtime.model import vehicle

light = vehicle.Body.Lights.Beam.Low.IsOn
seat = vehicle.Cabin.Seat.Row1.DriverSide


async def only_an_actuator_can_be_set() -> None:
    await vehicle.Speed.set(1.0)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await vehicle.Cabin.DoorCount.set(5)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def a_value_has_the_type_of_its_signal() -> None:
    await light.set("on")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await seat.Position.set(1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await vehicle.Speed.publish("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def a_choice_is_one_of_its_members() -> None:
    level = vehicle.ADAS.ActiveAutonomyLevel
    await level.publish("SAE_0")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    VehicleADASActiveAutonomyLevel.SAE_9  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def a_path_is_one_of_the_model() -> None:
    await vehicle.Sped.get()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await vehicle.Cabin.Seat.Row3.DriverSide.Position.get()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await vehicle.Cabin.Seat.Row1.Position.get()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def a_label_is_one_of_the_instances() -> None:
    vehicle.Cabin.Seat["Row3"]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    vehicle.Cabin.Seat["Row1"]["Roof"]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    vehicle.Cabin.Seat[1]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    vehicle.Cabin["Seat"]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


async def an_attribute_does_not_change() -> None:
    await vehicle.Cabin.DoorCount.subscribe(print)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def a_branch_is_no_signal() -> None:
    await vehicle.Cabin.get()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def there_may_be_no_value() -> None:
    speed = await vehicle.Speed.get()
    print(speed.value + 1.0)  # type: ignore[operator]  # pyright: ignore[reportOptionalOperand]


class Callbacks(VehicleApp):
    async def on_start(self) -> None:
        """A callback takes the readings of its signal."""
        await vehicle.Speed.subscribe(self.on_light)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        await vehicle.Speed.subscribe(self.on_nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        await vehicle.Speed.subscribe(self.on_missing)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    def on_light(self, light: Reading[bool]) -> None: ...

    def on_nothing(self) -> None: ...
