"""What a subscription delivers: initial values, options, joined signals, and `async for`."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest
from harness import Broker, until

from vehicle_signal_runtime import (
    LATEST,
    Actuator,
    Attribute,
    NotConnected,
    Reading,
    Snapshot,
    UnknownSignal,
    VehicleSignal,
    join,
    use_broker,
)
from vehicle_signal_runtime.generated import Branch

SEAT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Position", "uint16", min=0)
HEIGHT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Height", "uint16", min=0)


async def test_initial_values_are_marked_again_after_a_reconnect(own_broker: Broker) -> None:
    """What a subscription begins with may be old; what follows has just happened."""
    own_broker.start()
    use_broker(own_broker.address)
    seen: list[tuple[int | None, bool]] = []
    await SEAT.publish(1)
    assert not (await SEAT.get()).initial
    subscription = await SEAT.subscribe(
        lambda reading: seen.append((reading.value, reading.initial))
    )
    await until(lambda: seen == [(1, True)])
    await SEAT.publish(2)
    await until(lambda: seen == [(1, True), (2, False)])
    seen.clear()
    own_broker.stop()
    own_broker.start()
    await until(lambda: seen)
    assert seen[0][0] != 2 and seen[0][1]
    await SEAT.publish(3)
    await until(lambda: (3, False) in seen)
    subscription.unsubscribe()


async def test_changes_only_never_gives_a_value_twice_in_a_row(broker: str) -> None:
    """Equal values tell nothing; a value that comes back does."""
    await SEAT.publish(1)
    seen: list[int | None] = []
    subscription = await SEAT.subscribe(
        lambda reading: seen.append(reading.value), changes_only=True
    )
    for value in (1, 1, 2, 2, 2, 1, 3):
        await SEAT.publish(value)
    await until(lambda: seen and seen[-1] == 3)
    assert seen == [1, 2, 1, 3] and subscription.dropped == 0
    subscription.unsubscribe()


async def test_a_rate_limit_spaces_updates_and_keeps_the_last(broker: str) -> None:
    """The first comes at once; of what comes too soon the newest is delivered later."""
    await SEAT.publish(0)
    seen: list[int | None] = []
    began = time.monotonic()
    subscription = await SEAT.subscribe(lambda reading: seen.append(reading.value), max_rate=20)
    await until(lambda: seen == [0])
    for value in range(1, 101):
        await SEAT.publish(value)
    await until(lambda: seen[-1] == 100)
    assert len(seen) <= 1 + 20 * (time.monotonic() - began)
    assert subscription.dropped == 0
    subscription.unsubscribe()


async def test_a_rate_limit_is_of_each_signal(broker: str) -> None:
    """One that changes often costs another nothing."""
    await SEAT.publish(0)
    await HEIGHT.publish(0)
    stream = join(SEAT, HEIGHT).stream(max_rate=0.001)
    async with stream:
        first = await anext(stream)
    assert (first[SEAT].value, first[HEIGHT].value) == (0, 0)
    seats = await SEAT.subscribe(print, max_rate=0.001)
    heights: list[int | None] = []
    subscription = await HEIGHT.subscribe(
        lambda reading: heights.append(reading.value), max_rate=1000
    )
    await HEIGHT.publish(7)
    await until(lambda: heights[-1:] == [7])
    seats.unsubscribe()
    subscription.unsubscribe()


async def test_a_rate_limit_with_changes_only_compares_with_what_was_delivered(
    broker: str,
) -> None:
    """A value that came back before its turn is no change."""
    await SEAT.publish(1)
    seen: list[int | None] = []
    subscription = await SEAT.subscribe(
        lambda reading: seen.append(reading.value), max_rate=10, changes_only=True
    )
    await until(lambda: seen == [1])
    await SEAT.publish(2)
    await SEAT.publish(1)
    await SEAT.publish(4)
    await SEAT.publish(1)
    await SEAT.publish(5)
    await until(lambda: seen[-1] == 5)
    assert all(a != b for a, b in pairwise(seen))
    subscription.unsubscribe()


async def test_newest_only_is_of_each_signal(broker: str) -> None:
    """While the callback waits, each signal keeps its newest update and nothing else."""
    await SEAT.publish(0)
    await HEIGHT.publish(0)
    gate = asyncio.Event()
    seen: list[Snapshot] = []
    alone: list[int | None] = []

    async def waits(snapshot: Snapshot) -> None:
        await gate.wait()
        seen.append(snapshot)

    joined = await join(SEAT, HEIGHT).subscribe(waits, queue=LATEST)
    other = await HEIGHT.subscribe(lambda reading: alone.append(reading.value))
    for value in range(1, 10):
        await SEAT.publish(value)
    await HEIGHT.publish(9)
    await until(lambda: alone[-1:] == [9])
    gate.set()
    await until(lambda: seen and seen[-1][HEIGHT].value == 9)
    values = [(snapshot[SEAT].value, snapshot[HEIGHT].value) for snapshot in seen]
    assert values == [(0, 0), (9, 9)] and joined.dropped == 9
    joined.unsubscribe()
    other.unsubscribe()


async def test_joined_signals_come_as_a_snapshot_on_each_update_of_any(broker: str) -> None:
    """With the last value of each, whether it has changed or not."""
    count = Attribute[int]("Vehicle.Cabin.DoorCount", "uint8")
    await SEAT.publish(1)
    await HEIGHT.publish(2)
    async with join(SEAT, HEIGHT, count, SEAT).stream() as stream:
        first = await anext(stream)
        assert (first[SEAT].value, first[HEIGHT].value) == (1, 2)
        assert first[SEAT].initial and first[count].available
        assert [reading.path for reading in first] == [
            SEAT.path,
            HEIGHT.path,
            count.path,
        ]
        await HEIGHT.publish(3)
        second = await anext(stream)
        assert (second[SEAT].value, second[HEIGHT].value) == (1, 3)
        assert second[SEAT].initial and not second[HEIGHT].initial
        # A snapshot stays what it was.
        assert first[HEIGHT].value == 2
    with pytest.raises(ValueError, match="at least one signal"):
        join()


class Driver(Branch):
    """As a generated model has it."""

    @property
    def Position(self) -> Actuator[int]:  # noqa: N802
        return SEAT

    @property
    def Height(self) -> Actuator[int]:  # noqa: N802
        return HEIGHT

    @property
    def Count(self) -> Attribute[int]:  # noqa: N802
        return Attribute("Vehicle.Cabin.Seat.Count", "uint8")


async def test_a_branch_gives_the_readings_of_all_that_changes_below_it(broker: str) -> None:
    """Each by itself; attributes do not change, so they are not asked for."""
    driver = Driver("Vehicle.Cabin.Seat.Row1.DriverSide")
    await SEAT.publish(1)
    await HEIGHT.publish(2)
    seen: list[tuple[str, int | None]] = []
    subscription = await driver.subscribe(lambda r: seen.append((r.path, r.value)))
    assert subscription.paths == (SEAT.path, HEIGHT.path)
    async with driver.stream() as stream:
        assert {(await anext(stream)).path for _ in range(2)} == {SEAT.path, HEIGHT.path}
        await driver.Height.publish(5)
        assert (await anext(stream)).value == 5
    await until(lambda: len(seen) == 3)
    assert sorted(seen[:2]) == [(HEIGHT.path, 2), (SEAT.path, 1)]
    assert seen[2] == (HEIGHT.path, 5)
    subscription.unsubscribe()


async def test_a_stream_is_gone_through_and_ends_when_its_loop_is_left(broker: str) -> None:
    """By `break` as by an exception; what waits then is of no interest."""
    await SEAT.publish(0)
    stream = SEAT.stream()
    seen: list[int | None] = []
    async for reading in stream:
        seen.append(reading.value)
        if reading.value == 3:
            break
        await SEAT.publish((reading.value or 0) + 1)
    assert seen == [0, 1, 2, 3] and stream.dropped == 0
    assert [reading async for reading in stream] == []


async def test_close_ends_a_loop_that_waits(broker: str) -> None:
    """From another task, and before the first update."""
    await SEAT.publish(0)
    stream = SEAT.stream()
    seen: list[Reading[int]] = []

    async def follow() -> None:
        async for reading in stream:
            seen.append(reading)

    task = asyncio.ensure_future(follow())
    await until(lambda: seen)
    stream.close()
    await asyncio.wait_for(task, 10)
    assert len(seen) == 1
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_close_ends_a_loop_that_waits_for_a_broker(own_broker: Broker) -> None:
    """The subscription is made once, however many wait for it."""
    use_broker(own_broker.address)
    stream = SEAT.stream()
    waiting = [asyncio.ensure_future(anext(stream)) for _ in range(2)]
    await asyncio.sleep(0.05)
    stream.close()
    ends = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
    assert [type(end) for end in ends] == [StopAsyncIteration, StopAsyncIteration]


async def test_a_block_may_have_several_loops_over_its_stream(broker: str) -> None:
    """Leaving one of them ends nothing."""
    await SEAT.publish(1)
    async with SEAT.stream() as stream:
        async for reading in stream:
            assert reading.value == 1
            break
        await SEAT.publish(2)
        async for reading in stream:
            assert reading.value == 2
            break
    assert [reading async for reading in stream] == []


async def test_a_slow_loop_drops_the_oldest_and_counts(broker: str) -> None:
    """As a slow callback does."""
    await SEAT.publish(0)
    mirror: list[int | None] = []
    other = await SEAT.subscribe(lambda reading: mirror.append(reading.value))
    async with SEAT.stream(queue=2) as stream, SEAT.stream(queue=LATEST) as newest:
        for value in range(1, 10):
            await SEAT.publish(value)
        await until(lambda: mirror[-1:] == [9])
        await until(lambda: stream.dropped == 8 and newest.dropped == 9)
        assert [(await anext(stream)).value for _ in range(2)] == [8, 9]
        assert (await anext(newest)).value == 9
    other.unsubscribe()


async def test_a_loop_over_many_updates_lets_others_run(broker: str) -> None:
    """Though the next one waits already."""
    await SEAT.publish(0)
    turns: list[str] = []

    async def other() -> None:
        while turns.count("update") < 20:
            turns.append("other")
            await asyncio.sleep(0)

    async with SEAT.stream() as stream:
        await asyncio.gather(*(SEAT.publish(value) for value in range(1, 20)))
        task = asyncio.ensure_future(other())
        async for _ in stream:
            time.sleep(0.01)  # noqa: ASYNC251 (it stands for an app's own slow code)
            turns.append("update")
            if turns.count("update") == 20:
                break
        await task
    first = turns.index("update")
    assert "other" in turns[first + 1 : first + 15]


async def test_errors_are_raised_where_the_stream_is_opened(broker: str) -> None:
    """Options that cannot be are refused before that."""
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Sped"):
        await anext(VehicleSignal("Vehicle.Sped").stream())
    with pytest.raises(ValueError, match="max_rate is a number of updates a second above 0"):
        SEAT.stream(max_rate=0)
    with pytest.raises(ValueError, match="queue is a number of updates"):
        join(SEAT, HEIGHT).stream(queue=-1)


async def test_a_callback_may_wait_fail_and_be_cancelled_like_any_coroutine(
    broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first step of a callback is taken natively, the rest by the loop."""
    steps: list[str] = []

    async def callback(reading: Reading[int]) -> None:
        assert asyncio.current_task() is not None
        try:
            await asyncio.wait_for(asyncio.sleep(60), 0.01)
        except asyncio.TimeoutError:
            steps.append(f"timeout {reading.value}")
        future = asyncio.get_running_loop().create_future()
        future.set_exception(NotConnected("not now"))
        await asyncio.sleep(0)
        await future

    await SEAT.publish(1)
    subscription = await SEAT.subscribe(callback)
    await until(lambda: caplog.messages)
    await SEAT.publish(2)
    await until(lambda: len(caplog.messages) == 2)
    assert steps == ["timeout 1", "timeout 2"] and subscription.active
    assert caplog.messages == [f"the callback for {SEAT.path} failed"] * 2
    subscription.unsubscribe()


async def test_a_callback_may_give_anything_that_can_be_awaited(broker: str) -> None:
    """A future, or an object with `__await__`."""
    await SEAT.publish(1)
    gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    seen: list[int | None] = []

    def callback(reading: Reading[int]) -> object:
        seen.append(reading.value)
        return gate

    subscription = await SEAT.subscribe(callback)
    await until(lambda: seen == [1])
    await SEAT.publish(2)
    await asyncio.sleep(0.05)
    assert seen == [1]
    gate.set_result(None)
    await until(lambda: seen == [1, 2])
    subscription.unsubscribe()
