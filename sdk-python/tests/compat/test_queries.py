"""Several signals together: followed on a condition, and set at once."""

from __future__ import annotations

import asyncio
import importlib
from types import ModuleType
from typing import Any

import pytest

from vehicle_signal_runtime import InvalidValue, UnknownSignal, VehicleSignal

from .conftest import bring

HORN = "Vehicle.Body.Horn.IsActive"
LIGHT = "Vehicle.Body.Lights.Beam.Low.IsOn"


class Heard:
    """The values of two signals that a callback has got, in order."""

    def __init__(self, *nodes: Any) -> None:
        self._nodes = nodes
        self._replies: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, data: Any) -> None:
        self._replies.put_nowait(tuple(data.get(node).value for node in self._nodes))

    async def next(self) -> Any:
        return await asyncio.wait_for(self._replies.get(), 20)

    async def until(self, *wanted: Any) -> None:
        while await self.next() != wanted:
            pass

    def empty(self) -> bool:
        return self._replies.empty()


@pytest.fixture
def nodes(broker: str, vehicle_package: ModuleType) -> tuple[Any, Any]:
    """The horn and a light."""
    vehicle = vehicle_package.vehicle
    return vehicle.Body.Horn.IsActive, vehicle.Body.Lights.Beam.Low.IsOn


async def test_joined_signals_come_together(nodes: tuple[Any, Any]) -> None:
    """Each update of one brings the value of the other with it."""
    horn, light = nodes
    await bring(False, horn, light)
    heard = Heard(horn, light)
    subscription = await horn.join(light).subscribe(heard)
    await heard.until(False, False)
    await light.set(True)
    await heard.until(False, True)
    await horn.set(True)
    await heard.until(True, True)
    await subscription.unsubscribe()


async def test_a_condition_holds_back_what_it_is_not_true_for(nodes: tuple[Any, Any]) -> None:
    """Its signals need not be among those that are asked for."""
    horn, light = nodes
    speed = VehicleSignal("Vehicle.Speed")
    await bring(False, horn, light)
    await speed.publish(10.0)
    heard = Heard(horn)
    subscription = await horn.where(f"Vehicle.Speed > 50 AND NOT {LIGHT} = true").subscribe(heard)
    await bring(True, horn)
    await bring(False, horn)
    await speed.publish(51.0)
    assert await heard.next() == (False,)
    await bring(True, light, horn)
    await speed.publish(52.0)
    await bring(False, horn, light)
    assert await heard.next() == (False,)
    subscription.unsubscribe()


async def test_conditions_add_up(nodes: tuple[Any, Any]) -> None:
    """Whatever the order of `join` and `where`."""
    horn, light = nodes
    for query in (
        horn.join(light).where(f"{HORN} = true OR {LIGHT} = true").where(f"{LIGHT} = true"),
        horn.where(f"{HORN} = true OR {LIGHT} = true").join(light).where(f"{LIGHT} = true"),
    ):
        await bring(False, horn, light)
        heard = Heard(horn, light)
        subscription = await query.subscribe(heard)
        await bring(True, horn)
        await bring(False, horn)
        await bring(True, light)
        assert await heard.next() == (False, True)
        subscription.unsubscribe()


async def test_what_cannot_be_subscribed_to_is_raised_at_once(nodes: tuple[Any, Any]) -> None:
    """The original logged it, and tried for ever."""
    horn, _ = nodes
    with pytest.raises(ValueError, match="column 16 of the condition: expected a signal"):
        await horn.where("Vehicle.Speed >").subscribe(print)
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Sped"):
        await horn.where("Vehicle.Sped > 1").subscribe(print)


async def test_several_are_set_at_once_or_none(
    package: str, nodes: tuple[Any, Any], vehicle_package: ModuleType
) -> None:
    """From an instance or the class; the builder is the one of the module."""
    model = importlib.import_module(f"{package}.model")
    horn, light = nodes
    vehicle = vehicle_package.vehicle
    heard = Heard(horn, light)
    subscription = await horn.join(light).subscribe(heard)
    for builder, value in ((vehicle.set_many(), True), (model.Model.set_many(), False)):
        assert isinstance(builder, model.BatchSetBuilder)
        assert builder.add(horn, int(value)).add(light, value) is builder
        await builder.apply()
        await heard.until(value, value)
    with pytest.raises(TypeError, match=r"Vehicle\.Speed: is a sensor: only an actuator"):
        await vehicle.set_many().add(horn, True).add(vehicle.Speed, 1.0).apply()
    with pytest.raises(ValueError, match="expected boolean"):
        await vehicle.set_many().add(horn, True).add(light, "on").apply()
    assert (await horn.get()).value is False
    subscription.unsubscribe()
    with pytest.raises(InvalidValue):
        await light.set("on")
