"""Several signals at once: read with one message, set and published with one each."""

from __future__ import annotations

from typing import Any

import pytest
from test_values import LIGHT, SEAT, settled

from vehicle_signal_runtime import (
    Actuator,
    BatchRefused,
    InvalidValue,
    NotAnActuator,
    NotConnected,
    Sensor,
    Signal,
    UnknownSignal,
    VehicleSignal,
    batch,
    get_many,
    join,
    provide,
    provides,
    use_broker,
)
from vehicle_signal_runtime.generated import Branch
from vehicle_signal_runtime.testing import MockBroker

HEIGHT = "Vehicle.Cabin.Seat.Row1.DriverSide.Height"
SPEED = Sensor[float]("Vehicle.Speed", "float")


async def test_several_signals_are_read_at_once(broker: str) -> None:
    """Each reading is found by its signal, in the order of the call."""
    seat, light = VehicleSignal(SEAT), VehicleSignal(LIGHT)
    await SPEED.publish(50.1)
    await seat.publish(7)
    snapshot = await get_many(SPEED, seat, light)
    assert snapshot[SPEED].value == 50.1 and snapshot[seat].value == 7
    assert [reading.path for reading in snapshot] == [SPEED.path, SEAT, LIGHT]
    assert len(snapshot) == 3 and VehicleSignal(HEIGHT) not in snapshot


async def test_a_snapshot_says_what_it_has() -> None:
    """When it is asked for a signal that was not read."""
    with MockBroker([SPEED]):
        snapshot = await get_many(SPEED)
    message = "Vehicle.SpeedLimit is not in this snapshot, which has Vehicle.Speed"
    with pytest.raises(KeyError, match=message):
        snapshot[VehicleSignal("Vehicle.SpeedLimit")]


async def test_what_is_no_signal_is_named_at_once() -> None:
    """A path as it is, a branch, a list; with what to write instead of a path."""
    path: Any = "Vehicle.Speed"
    branch: Any = Branch("Vehicle")
    message = r"takes signals, not 'Vehicle\.Speed': write VehicleSignal\('Vehicle\.Speed'\)$"
    with pytest.raises(TypeError, match=f"^join {message}"):
        join(SPEED, path)
    with pytest.raises(TypeError, match=f"^get_many {message}"):
        await get_many(path)
    with pytest.raises(TypeError, match=f"^set {message}"):
        batch().set(path, 1)
    with pytest.raises(TypeError, match=f"^publish {message}"):
        batch().publish(path, 1)
    with pytest.raises(TypeError, match=f"^provides {message}"):
        provides(path)
    with pytest.raises(TypeError, match=f"^provide {message}"):
        provide({path: print})
    with pytest.raises(TypeError, match=r"^provide takes signals, not <branch Vehicle>$"):
        provide(publishes=[branch])


async def test_nothing_to_read_needs_no_broker() -> None:
    """And gives an empty snapshot."""
    use_broker("127.0.0.1:1")
    assert len(await get_many()) == 0
    with pytest.raises(NotConnected):
        await get_many(SPEED, VehicleSignal(SEAT))


async def test_one_unknown_signal_is_an_error_for_all(broker: str) -> None:
    """The message names the one that is not there."""
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Nothing"):
        await get_many(SPEED, VehicleSignal("Vehicle.Nothing"))


async def test_a_batch_sets_and_publishes_together(broker: str) -> None:
    """Targets become true, published values are there when the block has ended."""
    seat, height = VehicleSignal(SEAT), Actuator[int](HEIGHT, "uint16")
    angle = VehicleSignal("Vehicle.Chassis.SteeringWheel.Angle")
    for turn in range(1, 20):
        async with batch() as b:
            b.set(seat, turn)
            b.set(height, 1000)
            b.set(height, turn + 100)
            b.publish(SPEED, float(turn))
            b.publish(angle, -turn)
        snapshot = await get_many(SPEED, angle)
        assert (snapshot[SPEED].value, snapshot[angle].value) == (turn, -turn)
        await settled(seat, turn)
        await settled(height, turn + 100)
    async with batch() as b:
        b.publish(SPEED, 99.5)
    assert (await SPEED.get()).value == 99.5


async def test_all_faults_of_a_batch_are_told_at_once_and_nothing_is_sent(broker: str) -> None:
    """Bounds of the model, types of the broker, paths that are not there, objects that are
    no values: one error names each of them."""
    seat, percent = VehicleSignal(SEAT), Actuator[int](HEIGHT, "uint16", max=100)
    await seat.publish(1)
    await SPEED.publish(1.0)
    refused: list[tuple[Signal[Any], object, type[Exception]]] = [
        (percent, 101, InvalidValue),
        (VehicleSignal(LIGHT), "on", InvalidValue),
        (VehicleSignal("Vehicle.Nothing"), 1, UnknownSignal),
        (VehicleSignal("Vehicle.Chassis.SteeringWheel.Angle"), 1, NotAnActuator),
        (VehicleSignal("Vehicle.Cabin.DoorCount"), object(), InvalidValue),
    ]
    with pytest.raises(BatchRefused, match=r"^nothing was sent: ") as caught:
        async with batch() as b:
            b.set(seat, 2)
            b.publish(SPEED, 2.0)
            for signal, value, _ in refused[:4]:
                assert isinstance(signal, Actuator)
                b.set(signal, value)
            b.publish(*refused[4][:2])
    errors = {error.path: type(error) for error in caught.value.errors}
    assert errors == {signal.path: kind for signal, _, kind in refused}
    assert all(signal.path in str(caught.value) for signal, _, _ in refused)
    assert isinstance(caught.value, ValueError) and caught.value.path is None
    snapshot = await get_many(SPEED, seat)
    assert (snapshot[SPEED].value, snapshot[seat].value) == (1.0, 1)


async def test_an_exception_in_the_block_sends_nothing(broker: str) -> None:
    """And leaves the block as it is."""
    await SPEED.publish(1.0)
    with pytest.raises(KeyError, match="mine"):
        async with batch() as b:
            b.publish(SPEED, 2.0)
            raise KeyError("mine")
    with pytest.raises(NotAnActuator, match=r"Sensor\('Vehicle.Speed'\)"):
        async with batch() as b:
            b.publish(SPEED, 2.0)
            b.set(SPEED, 2.0)  # type: ignore[arg-type]
    assert (await SPEED.get()).value == 1.0


async def test_a_batch_takes_values_only_inside_its_block() -> None:
    """What is given later would be lost; an empty batch needs no broker."""
    use_broker("127.0.0.1:1")
    async with batch() as b:
        pass
    with pytest.raises(RuntimeError, match="only inside its `async with` block"):
        b.publish(SPEED, 1.0)
    with pytest.raises(NotConnected, match=r"no connection to the broker at 127\.0\.0\.1:1"):
        async with b:
            b.publish(SPEED, 1.0)
            b.publish(VehicleSignal(SEAT), 1)


async def test_batches_of_the_same_signals_do_not_stand_in_each_others_way(broker: str) -> None:
    """One after the other, the claim of the one has ended when the next begins."""
    seat = VehicleSignal(SEAT)
    for value in range(100):
        async with batch() as b:
            b.publish(SPEED, float(value))
            b.publish(seat, value)
    snapshot = await get_many(SPEED, seat)
    assert (snapshot[SPEED].value, snapshot[seat].value) == (99.0, 99)
