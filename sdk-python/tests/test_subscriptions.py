"""Subscriptions: delivery, failures in callbacks, slow callbacks, the end, and reconnects."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from harness import Broker, until

from vehicle_signal_runtime import Actuator, Reading, Sensor, VehicleSignal, use_broker

SEAT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Position", "uint16", min=0)
HEIGHT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Height", "uint16", min=0)


async def test_the_current_value_comes_first_and_then_each_change(broker: str) -> None:
    """In order and without gaps, to a plain callback."""
    await SEAT.publish(1)
    seen: list[int | None] = []
    subscription = await SEAT.subscribe(lambda reading: seen.append(reading.value))
    await until(lambda: seen == [1])
    for value in range(2, 50):
        await SEAT.publish(value)
    await until(lambda: len(seen) >= 49)
    assert seen == list(range(1, 50))
    assert subscription.active and subscription.dropped == 0
    subscription.unsubscribe()


async def test_a_callback_that_fails_is_logged_and_called_again(
    broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With its traceback, for async and plain callbacks."""
    seen: list[int | None] = []

    async def fails(reading: Reading[int]) -> None:
        seen.append(reading.value)
        raise RuntimeError("no luck")

    await SEAT.publish(1)
    subscription = await SEAT.subscribe(fails)
    await until(lambda: seen == [1])
    await SEAT.publish(2)
    await until(lambda: seen == [1, 2])
    subscription.unsubscribe()
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in failures] == [
        f"the callback for {SEAT.path} failed"
    ] * 2
    assert failures[0].exc_info is not None and "no luck" in str(failures[0].exc_info[1])


async def test_a_slow_callback_costs_others_nothing_and_loses_the_oldest(broker: str) -> None:
    """Its queue is bounded, what falls out is counted, and the last value always arrives."""
    slow: list[int | None] = []
    newest: list[int | None] = []
    fast: list[int | None] = []
    gate = asyncio.Event()

    async def waits(reading: Reading[int], seen: list[int | None]) -> None:
        await gate.wait()
        seen.append(reading.value)

    await SEAT.publish(0)
    of_slow = await SEAT.subscribe(lambda reading: waits(reading, slow), queue=3)
    of_newest = await SEAT.subscribe(lambda reading: waits(reading, newest), queue=0)
    of_fast = await SEAT.subscribe(lambda reading: fast.append(reading.value))
    await until(lambda: fast == [0])
    for value in range(1, 21):
        await SEAT.publish(value)
    await until(lambda: fast[-1] == 20)
    assert fast == list(range(21))
    gate.set()
    await until(lambda: slow and newest and slow[-1] == newest[-1] == 20)
    assert slow == [0, 18, 19, 20] and of_slow.dropped == 17
    assert newest == [0, 20] and of_newest.dropped == 19
    assert of_fast.dropped == 0
    for subscription in (of_slow, of_newest, of_fast):
        subscription.unsubscribe()


async def test_nothing_comes_after_unsubscribe(broker: str) -> None:
    """Called from outside, and from the callback itself."""
    seen: list[int | None] = []

    def once(reading: Reading[Any]) -> None:
        seen.append(reading.value)
        inner.unsubscribe()

    await SEAT.publish(1)
    inner = await SEAT.subscribe(once)
    outer = await SEAT.subscribe(lambda reading: seen.append(reading.value))
    await until(lambda: len(seen) == 2)
    outer.unsubscribe()
    assert not outer.active and not inner.active
    await SEAT.publish(2)
    await asyncio.sleep(0.1)
    assert seen == [1, 1]


async def test_slow_plain_callbacks_let_the_loop_run(broker: str) -> None:
    """Though updates wait all the time, other tasks get their turn between callbacks."""
    gate = asyncio.Event()
    turns: list[str] = []

    async def slow(_: Reading[int]) -> None:
        if not gate.is_set():
            await gate.wait()
        time.sleep(0.01)  # noqa: ASYNC251 (it stands for an app's own slow code)
        turns.append("callback")

    subscription = await SEAT.subscribe(slow)
    await asyncio.gather(*(SEAT.publish(value) for value in range(20)))
    gate.set()
    while turns.count("callback") < 20:
        turns.append("other")
        await asyncio.sleep(0)
    first = turns.index("callback")
    assert turns[first : first + 20].count("callback") < 15
    subscription.unsubscribe()


async def test_a_queue_that_cannot_be_is_a_mistake(broker: str) -> None:
    """Said at once, before anything is asked of the broker."""
    half: Any = 0.5
    for queue in (-1, half):
        message = rf"^queue is a number of updates, or LATEST \(0\), not {queue}$"
        with pytest.raises(ValueError, match=message):
            await SEAT.subscribe(print, queue=queue)


async def test_what_cannot_be_called_is_no_callback(broker: str) -> None:
    """It is said once where it is given, not at every update."""
    message = r"^the callback for Vehicle\.Speed is None, not a function$"
    with pytest.raises(TypeError, match=message):
        await VehicleSignal("Vehicle.Speed").subscribe(None)  # type: ignore[arg-type]


async def test_subscriptions_survive_a_broker_that_goes_and_comes_back(
    own_broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """Both are made again, once each, and the log says so once."""
    caplog.set_level(logging.INFO)
    own_broker.start()
    use_broker(own_broker.address)
    seats: list[int | None] = []
    heights: list[int | None] = []
    await SEAT.publish(1)
    await HEIGHT.publish(1)
    of_seats = await SEAT.subscribe(lambda reading: seats.append(reading.value))
    of_heights = await HEIGHT.subscribe(lambda reading: heights.append(reading.value))
    await until(lambda: seats == [1] and heights == [1])
    for turn in range(2, 5):
        own_broker.stop()
        await asyncio.sleep(0.1)
        own_broker.start()
        await until(lambda: len(seats) >= 2 and len(heights) >= 2)
        seats.clear()
        heights.clear()
        await SEAT.publish(turn * 1000)
        await HEIGHT.publish(turn * 1000)
        await until(lambda: turn * 1000 in seats and turn * 1000 in heights)  # noqa: B023
        assert seats.count(turn * 1000) == heights.count(turn * 1000) == 1
        # A subscription may be quicker than who says that the connection is there.
        await until(lambda: sum("restored" in text for text in caplog.messages) == turn - 1)  # noqa: B023
    assert sum("lost" in text for text in caplog.messages) == 3
    of_seats.unsubscribe()
    of_heights.unsubscribe()


async def test_a_subscription_waits_for_a_broker_that_is_not_there_yet(
    own_broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`subscribe` returns when the broker has accepted, and says what it waits for."""
    monkeypatch.setattr("vehicle_signal_runtime.broker.PATIENCE", 0.1)
    use_broker(own_broker.address)
    speed = Sensor[float]("Vehicle.Speed", "float")
    seen: list[float | None] = []
    task = asyncio.ensure_future(speed.subscribe(lambda reading: seen.append(reading.value)))
    await until(lambda: caplog.messages == [f"waiting for the broker at {own_broker.address}"])
    assert not task.done()
    own_broker.start()
    subscription = await asyncio.wait_for(task, 10)
    await speed.publish(12.5)
    await until(lambda: 12.5 in seen)
    subscription.unsubscribe()


async def test_a_subscription_that_is_cancelled_while_it_waits_is_gone() -> None:
    """Nothing goes on trying behind the app's back."""
    use_broker("127.0.0.1:1")
    task = asyncio.ensure_future(VehicleSignal("Vehicle.Speed").subscribe(print))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
