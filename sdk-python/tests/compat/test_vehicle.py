"""The package `vehicle`: nodes by attribute, call and full name, and what a leaf can do."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest

from vehicle_signal_runtime import InvalidValue, Reading, UnknownSignal, VehicleSignal


def test_the_class_of_the_root_and_its_instance_are_there(vehicle_package: ModuleType) -> None:
    """With and without the name that apps give it."""
    root = vehicle_package.Vehicle
    assert isinstance(vehicle_package.vehicle, root)
    assert root.__name__ == "Vehicle" and "Vehicle" in vehicle_package.__all__
    for made in (root(), root("Vehicle")):
        assert made.Speed.get_path() == "Vehicle.Speed"


def test_any_name_of_a_root_will_do(tmp_path: Path) -> None:
    """Also one whose model has names that Python cannot hold."""
    (tmp_path / "vehicle_signal_model.py").write_text(CART)
    program = "import vehicle as v; c = v.vehicle; print(v.Cart().Speed.get_path(), "
    program += "c.class_ is getattr(c, 'class'), c.class_.get_path(), c.A_B.get_path())"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert (run.stdout, run.stderr) == ("Cart.Speed True Cart.class Cart.A-B\n", "")


CART = """
from vehicle_signal_runtime.generated import Branch

class Cart(Branch):
    @property
    def Speed(self):
        return self._sensor("Speed", "float")
    @property
    def class_(self):
        return self._sensor("class", "string")
    @property
    def A_B(self):
        return self._sensor("A-B", "string")

vehicle = Cart("Cart")
"""


def test_instances_are_found_in_every_way(vehicle_package: ModuleType) -> None:
    """By attribute, by call, by number and name; each time the same node."""
    door = vehicle_package.vehicle.Cabin.Door
    node = door.Row1.DriverSide.IsOpen
    assert node.get_path() == "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
    assert door.Row(1).DriverSide.IsOpen is node
    with pytest.warns(DeprecationWarning, match=r"element_at is deprecated: use the instance"):
        assert door.element_at(1, "DriverSide").IsOpen is node
    with pytest.warns(DeprecationWarning, match="element is deprecated"):
        assert door.element("Row1", "DriverSide").IsOpen is node
    assert vehicle_package.vehicle.getNode(node.get_path()) is node
    assert door.getNode(node.get_path()) is node
    assert "Row2" in dir(door)


def test_nodes_that_are_not_there_are_named(vehicle_package: ModuleType) -> None:
    """With the path that was asked for."""
    vehicle = vehicle_package.vehicle
    with pytest.raises(AttributeError, match=r"the model has no node 'Vehicle\.Cabin\.Dor'"):
        _ = vehicle.Cabin.Dor
    with pytest.raises(IndexError, match=r"the model has no node 'Vehicle\.Cabin\.Door\.Row3'"):
        vehicle.Cabin.Door.Row(3)
    with (
        pytest.warns(DeprecationWarning),
        pytest.raises(IndexError, match=r"Vehicle\.Cabin\.Door has no instance 3, only Row1, Row2"),
    ):
        vehicle.Cabin.Door.element_at(3)
    with pytest.raises(AttributeError, match=r"the model has no node 'Vehicle\.Speed\.Max'"):
        vehicle.getNode("Vehicle.Speed.Max")
    for name in ("Car.Speed", "Vehicles.Speed"):
        with pytest.raises(ValueError, match=f"'{name}' does not begin with 'Vehicle'"):
            vehicle.getNode(name)


def test_leaves_have_the_class_of_their_type(package: str, vehicle_package: ModuleType) -> None:
    """Under both import names it is the same one."""
    model = importlib.import_module(f"{package}.model")
    vehicle = vehicle_package.vehicle
    assert type(vehicle.Speed) is model.DataPointFloat
    assert type(vehicle.Body.Horn.IsActive) is model.DataPointBoolean
    assert type(vehicle.Cabin.DoorCount) is model.DataPointUint8
    assert isinstance(vehicle.Cabin, model.Model)
    assert isinstance(vehicle.Speed, model.Node)


def test_arrays_have_a_class_too(package: str, tmp_path: Path) -> None:
    """And a struct is a data point of no particular class."""
    source = "from vehicle_signal_runtime.generated import Branch\nclass Cart(Branch):\n"
    for name, datatype in (("A", "uint16[]"), ("B", "boolean[]"), ("C", "Types.Place")):
        source += "    @property\n"
        source += f"    def {name}(self): return self._sensor('{name}', '{datatype}')\n"
    (tmp_path / "vehicle_signal_model.py").write_text(source + "vehicle = Cart('Cart')\n")
    program = f"from {package} import model as m; from vehicle import vehicle as v; "
    program += "print([type(n) for n in (v.A, v.B, v.C)] == "
    program += "[m.DataPointUint16Array, m.DataPointBooleanArray, m.DataPoint])"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert (run.stdout, run.stderr) == ("True\n", "")


async def test_a_leaf_can_be_patched(package: str, vehicle_package: ModuleType) -> None:
    """As unit tests of existing apps do, without any broker."""
    result = importlib.import_module(f"{package}.vdb.types").TypedDataPointResult
    vehicle = vehicle_package.vehicle
    value = result("Vehicle.Speed", 12.5, None)
    with mock.patch.object(vehicle.Speed, "get", new_callable=mock.AsyncMock, return_value=value):
        assert (await vehicle.Speed.get()).value == 12.5
    assert "get" not in vars(vehicle.Speed)


async def test_get_gives_value_path_and_timestamp(broker: str, vehicle_package: ModuleType) -> None:
    """A signal without a value gives None and no number that stands for it."""
    vehicle = vehicle_package.vehicle
    await VehicleSignal("Vehicle.Speed").publish(61.5)
    result = await vehicle.Speed.get()
    assert (result.value, result.path) == (61.5, "Vehicle.Speed")
    assert result.timestamp is not None and result.timestamp.tzinfo is not None
    nothing: Reading[float] = Reading("Vehicle.Speed", reason="asleep")
    with mock.patch.object(VehicleSignal, "get", mock.AsyncMock(return_value=nothing)):
        missing = await vehicle.Speed.get()
    assert (missing.value, missing.timestamp, missing.path) == (None, None, "Vehicle.Speed")


async def test_set_takes_what_existing_apps_give(broker: str, vehicle_package: ModuleType) -> None:
    """Numbers for truth values, too; other types and other signals are refused."""
    vehicle = vehicle_package.vehicle
    horn = vehicle.Body.Horn.IsActive
    heard: asyncio.Queue[object] = asyncio.Queue()
    subscription = await horn.subscribe(lambda data: heard.put_nowait(data.get(horn).value))
    for given in (1, False, True):
        await horn.set(given)
        await _next(heard, bool(given))
    subscription.unsubscribe()
    await vehicle.ADAS.CruiseControl.SpeedSet.set(True)
    with pytest.raises(ValueError, match="expected boolean"):
        await horn.set("on")
    with pytest.raises(TypeError, match=r"Vehicle\.Speed: is a sensor: only an actuator"):
        await vehicle.Speed.set(1.0)


async def _next(heard: asyncio.Queue[object], wanted: object) -> None:
    """Wait for a value; what is in the queue before it does not matter."""
    while await asyncio.wait_for(heard.get(), 20) != wanted:
        pass


async def test_callbacks_are_async_or_plain(broker: str, vehicle_package: ModuleType) -> None:
    """And a subscription ends with or without `await`."""
    speed = vehicle_package.vehicle.Speed
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def later(data: object) -> None:
        await heard.put(("later", data.get(speed).value))  # type: ignore[attr-defined]

    plain = await speed.subscribe(lambda data: heard.put_nowait(("now", data.get(speed).value)))
    slow = await speed.subscribe(later)
    await VehicleSignal("Vehicle.Speed").publish(7.25)
    await _next(heard, ("now", 7.25))
    await VehicleSignal("Vehicle.Speed").publish(7.5)
    await _next(heard, ("later", 7.5))
    await plain.unsubscribe()
    slow.unsubscribe()


async def test_a_reply_has_no_value_for_other_signals(
    broker: str, vehicle_package: ModuleType
) -> None:
    """The error says which ones there are."""
    vehicle = vehicle_package.vehicle
    replies: asyncio.Queue[object] = asyncio.Queue()
    await VehicleSignal("Vehicle.Speed").publish(1.0)
    subscription = await vehicle.Speed.subscribe(replies.put_nowait)
    reply = await asyncio.wait_for(replies.get(), 20)
    with pytest.raises(KeyError, match=r"is not in this subscription, only Vehicle\.Speed"):
        reply.get(vehicle.Body.Horn.IsActive)  # type: ignore[attr-defined]
    subscription.unsubscribe()


async def test_a_model_of_an_apps_own_works(package: str, broker: str) -> None:
    """Older apps bring the classes of their vehicle with them."""
    model = importlib.import_module(f"{package}.model")

    class Horn(model.Model):  # type: ignore[misc, name-defined]
        def __init__(self, name: str, parent: object) -> None:
            super().__init__(parent)
            self.name = name
            self.IsActive = model.DataPointBoolean("IsActive", self)
            self.Volume = model.DataPointUint8("Volume", self)

    class Body(model.Model):  # type: ignore[misc, name-defined]
        def __init__(self, parent: object) -> None:
            super().__init__(parent)
            self.Horn = Horn("Horn", self)

    class Vehicle(model.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.Body = Body(self)

    vehicle = Vehicle()
    assert vehicle.Body.Horn.IsActive.get_path() == "Vehicle.Body.Horn.IsActive"
    assert vehicle.getNode("Vehicle.Body.Horn.IsActive") is vehicle.Body.Horn.IsActive
    await vehicle.Body.Horn.IsActive.set(True)
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Body\.Horn\.Volume"):
        await vehicle.Body.Horn.Volume.get()
    with pytest.raises(InvalidValue):
        await vehicle.Body.Horn.IsActive.set(2.5)
