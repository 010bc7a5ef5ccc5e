"""The mock broker: a real one in this process, and what a test can do with it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from vehicle_signal_runtime import (
    Actuator,
    Attribute,
    InvalidValue,
    NoProvider,
    NotAnActuator,
    NotConnected,
    PermissionDenied,
    Sensor,
    Signal,
    UnknownSignal,
    VehicleSignal,
    use_broker,
)
from vehicle_signal_runtime import broker as current
from vehicle_signal_runtime.generated import StringEnum
from vehicle_signal_runtime.testing import Actuation, MockBroker


class Mode(StringEnum):
    OFF = "OFF"
    FAST = "FAST"


SPEED = Sensor[float]("Vehicle.Speed", "float", unit="km/h", max=250)
HOOD = Actuator[bool]("Vehicle.Hood", "boolean")
WIPING = Actuator[Mode]("Vehicle.Wiping", "string", enum=Mode)
VIN = Attribute[str]("Vehicle.VIN", "string")
MODEL: list[Signal[Any]] = [SPEED, HOOD, WIPING, VIN]


@pytest.fixture
def mock() -> Iterator[MockBroker]:
    """A mock broker that is the current one."""
    with MockBroker(MODEL) as mock:
        yield mock


async def test_a_signal_has_no_value_until_the_test_publishes_one(mock: MockBroker) -> None:
    """And none again when the test says so; an app reads what the test reads."""
    for value in (None, 12.5, None):
        if value is not None or mock.get(SPEED).available:
            mock.publish(SPEED, value)
        reading = await SPEED.get()
        assert reading.value == mock.get(SPEED).value == value
        assert reading.available is (value is not None)
        assert reading.path == SPEED.path


async def test_what_an_actuator_is_asked_for_is_its_value_at_once(mock: MockBroker) -> None:
    """Read from both sides, and in the history."""
    assert not mock.target(HOOD).available and mock.actuations == []
    for value in (True, False, True):
        await HOOD.set(value)
        assert (await HOOD.get()).value is value
        assert mock.get(HOOD).value is mock.target(HOOD).value is value
    await WIPING.set(Mode.FAST)
    assert mock.get(WIPING).value is Mode.FAST
    assert mock.get("Vehicle.Wiping").value == "FAST"
    assert mock.actuations == [
        (HOOD.path, True),
        (HOOD.path, False),
        Actuation("Vehicle.Hood", True),
        ("Vehicle.Wiping", Mode.FAST),
    ]


async def test_the_history_is_complete_and_in_order(mock: MockBroker) -> None:
    """Also when more is asked for at once than could wait for anyone."""
    await asyncio.gather(*(HOOD.set(number % 3 == 0) for number in range(1500)))
    asked = mock.actuations
    assert len(asked) == 1500 and [value for _, value in asked].count(True) == 500


async def test_values_are_checked_as_everywhere(mock: MockBroker) -> None:
    """With the errors of the package, which name the signal and the rule."""
    with pytest.raises(InvalidValue, match=r"^Vehicle\.Speed: 251 is above the maximum 250$"):
        mock.publish(SPEED, 251.0)
    with pytest.raises(InvalidValue, match=r"^Vehicle\.Hood: expected boolean, got 1$"):
        mock.set("Vehicle.Hood", 1)
    with pytest.raises(InvalidValue, match=r"object.* is no value of a signal"):
        mock.publish("Vehicle.VIN", object())
    with pytest.raises(UnknownSignal, match=r"did you mean 'Vehicle\.Speed'\?"):
        mock.publish("Vehicle.Sped", 1.0)
    for ask in (mock.get, mock.target):
        with pytest.raises(UnknownSignal):
            ask("Vehicle.Nothing")
    with pytest.raises(NotAnActuator):
        mock.set("Vehicle.Speed", 1.0)
    assert not mock.get(SPEED).available and mock.actuations == []


async def test_without_the_echo_nobody_carries_out_actuations() -> None:
    """Until somebody provides them."""
    with MockBroker({"Vehicle.Hood": "actuator boolean"}, echo=False) as mock:
        hood = VehicleSignal("Vehicle.Hood")
        with pytest.raises(NoProvider):
            await hood.set(True)
        with pytest.raises(NoProvider):
            mock.set("Vehicle.Hood", True)
        mock.provide("Vehicle.Hood", lambda value: mock.publish("Vehicle.Hood", not value))
        await hood.set(True)
        await asyncio.to_thread(mock.wait_for, "Vehicle.Hood", False)
        assert mock.target("Vehicle.Hood").value is True
        assert mock.actuations == [("Vehicle.Hood", True)], "what was refused is not there"


def test_what_a_handler_raises_is_raised_when_the_broker_is_closed() -> None:
    """Not lost in its thread, and the claim ends with it."""
    mock = MockBroker(MODEL)

    def fails(_: bool) -> None:
        raise RuntimeError("no luck")

    mock.provide(HOOD, fails)
    mock.set(HOOD, True)
    with pytest.raises(RuntimeError, match="no luck"):
        mock.close()
    mock.set(HOOD, False)
    assert mock.get(HOOD).value is False, "the echo again"


def test_waiting_for_a_value(mock: MockBroker) -> None:
    """The value of now counts, each that follows too; in time or not at all."""
    mock.publish(SPEED, 1.0)
    assert mock.wait_for(SPEED, 1.0).value == 1.0
    assert mock.wait_for(SPEED, 1.0, timeout=0).value == 1.0

    def fast(speed: float) -> bool:
        """Comes and goes while it is looked at."""
        if speed == 1.0:
            mock.publish(SPEED, 60.0)
            mock.publish(SPEED, 3.0)
        return speed > 50

    assert mock.wait_for(SPEED, fast).value == 60.0
    publisher = threading.Timer(0.02, mock.publish, (SPEED, 3.5))
    publisher.start()
    assert mock.wait_for(SPEED, 3.5).value == 3.5
    publisher.join()
    with pytest.raises(TimeoutError) as caught:
        mock.wait_for(SPEED, 4.0, timeout=0.01)
    assert str(caught.value) == "Vehicle.Speed did not become 4.0 in 0.01 s: it was 3.5"
    mock.publish(SPEED, None)
    assert not mock.wait_for(SPEED, None).available


def test_waiting_for_an_actuation(mock: MockBroker) -> None:
    """Each is returned once, also when others came in between."""
    mock.set(HOOD, True)
    mock.set(WIPING, Mode.FAST)
    mock.set(HOOD, True)
    assert mock.wait_for_actuation(WIPING, Mode.FAST) == ("Vehicle.Wiping", "FAST")
    assert mock.wait_for_actuation(HOOD, True) == ("Vehicle.Hood", True)
    assert mock.wait_for_actuation() == ("Vehicle.Hood", True)
    with pytest.raises(TimeoutError) as caught:
        mock.wait_for_actuation(HOOD, timeout=0.01)
    assert str(caught.value).startswith("Vehicle.Hood was not asked for anything in 0.01 s; ")
    asking = threading.Thread(target=mock.set, args=(HOOD, False))
    asking.start()
    assert mock.wait_for_actuation(HOOD, lambda value: value is False).value is False
    asking.join()
    with pytest.raises(TimeoutError, match=r"Vehicle\.Hood was not asked for False in"):
        mock.wait_for_actuation(HOOD, False, timeout=0.01)


async def test_a_wait_that_stops_its_own_loop_says_so(mock: MockBroker) -> None:
    """An app of the same loop cannot do anything meanwhile."""
    with pytest.raises(TimeoutError, match="the event loop of this thread stood still"):
        mock.wait_for(SPEED, 1.0, timeout=0.01)


async def test_an_outage_is_a_lost_connection_that_comes_back(mock: MockBroker) -> None:
    """What was published meanwhile arrives afterwards."""
    seen: asyncio.Queue[float | None] = asyncio.Queue()
    subscription = await SPEED.subscribe(lambda reading: seen.put_nowait(reading.value))
    mock.publish(SPEED, 1.0)
    assert await asyncio.wait_for(seen.get(), 10) == 1.0
    mock.stop()
    assert not mock.running
    with pytest.raises(NotConnected, match="no connection to the broker at mock"):
        await SPEED.get()
    mock.publish(SPEED, 2.0)
    mock.start()
    assert mock.running
    assert await asyncio.wait_for(seen.get(), 10) == 2.0
    subscription.unsubscribe()


async def test_grants_hold_as_those_of_a_manifest() -> None:
    """For apps; the test itself may do everything."""
    grants = {"Vehicle.Speed": ["read"], "Vehicle.Hood": "write"}
    with MockBroker(MODEL, grants=grants) as mock:
        mock.publish(SPEED, 3.0)
        assert (await SPEED.get()).value == 3.0
        await HOOD.set(True)
        assert mock.get(HOOD).value is True
        denied: list[Any] = [SPEED.publish(4.0), HOOD.get(), WIPING.set(Mode.OFF)]
        for call in denied:
            with pytest.raises(PermissionDenied, match="declare it with access"):
                await call


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ([VehicleSignal("Vehicle.Speed")], "does not say what it holds"),
        ({"Vehicle.Speed": "flaot"}, "this is no manifest"),
        ({"Vehicle.Speed": ""}, "does not say what it holds"),
        ([SPEED, SPEED], "names Vehicle.Speed twice"),
    ],
)
def test_a_model_that_is_none_is_refused(model: Any, message: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match=message):
        MockBroker(model)


def test_grants_that_are_none_are_refused() -> None:
    """With what could be meant."""
    with pytest.raises(ValueError, match='access "see" is none of read, write, provide'):
        MockBroker(MODEL, grants={"Vehicle.Speed": ["see"]})


async def test_brokers_live_beside_each_other(mock: MockBroker) -> None:
    """The one that was current before is current again afterwards."""
    mock.publish(SPEED, 1.0)
    with MockBroker({"Vehicle.Speed": "double"}) as other:
        other.publish("Vehicle.Speed", 2.0)
        inner = current.client()
        assert (await VehicleSignal("Vehicle.Speed").get()).value == 2.0
    assert (await SPEED.get()).value == 1.0
    use_broker(mock)
    assert (await SPEED.get()).value == 1.0
    with pytest.raises(NotConnected):
        await inner.get("Vehicle.Speed")


def test_a_forked_child_is_told_that_the_broker_is_the_parents(mock: MockBroker) -> None:
    """It neither hangs nor disturbs the parent's."""
    mock.publish(SPEED, 1.0)
    assert asyncio.run(SPEED.get()).value == 1.0
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(asyncio.wait_for(SPEED.get(), 10))
        except NotConnected as error:
            try:
                mock.get(SPEED)
            except RuntimeError as other:
                told = [str(error), str(other)]
                os._exit(0 if all("only in the process that made it" in s for s in told) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(SPEED.get()).value == 1.0
