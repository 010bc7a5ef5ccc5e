"""Loops: how what the network brings reaches the task that waits for it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import ContextVar
from typing import Any

import pytest
from harness import until

from vehicle_signal_runtime import Actuator, Reading

SEAT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Position", "uint16", min=0)
HEIGHT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Height", "uint16", min=0)

ROUND: ContextVar[int] = ContextVar("ROUND", default=0)


class WatchesNoFile(asyncio.SelectorEventLoop):
    """As the loops of some other systems, which say so in asyncio's own way."""

    def add_reader(self, *_: object) -> None:
        raise NotImplementedError


async def test_a_callback_runs_in_one_task_with_one_context(broker: str) -> None:
    """What it sets is there the next time, and nobody else sees it."""
    seen: list[tuple[asyncio.Task[Any] | None, int]] = []

    async def on_update(reading: Reading[int]) -> None:
        seen.append((asyncio.current_task(), ROUND.get()))
        ROUND.set(ROUND.get() + 1)

    await SEAT.publish(0)
    subscription = await SEAT.subscribe(on_update)
    for value in range(1, 4):
        await until(lambda value=value: len(seen) == value)  # type: ignore[misc]
        await SEAT.publish(value)
    await until(lambda: len(seen) == 4)
    subscription.unsubscribe()
    tasks = {task for task, _ in seen}
    assert len(tasks) == 1 and not tasks & {None, asyncio.current_task()}
    assert [number for _, number in seen] == [0, 1, 2, 3] and ROUND.get() == 0


async def test_a_wait_that_is_cancelled_loses_nothing(broker: str) -> None:
    """Neither the update that comes next, nor the message of who cancelled."""
    await SEAT.publish(1)
    async with SEAT.stream() as stream:
        assert (await stream.__anext__()).value == 1
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.01)
        waiting = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        waiting.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await SEAT.publish(2)
        assert (await stream.__anext__()).value == 2


async def test_a_callback_that_unsubscribes_ends_its_task(broker: str) -> None:
    """And does not wait for what never comes."""
    tasks: list[asyncio.Task[Any] | None] = []

    def once(reading: Reading[int]) -> None:
        tasks.append(asyncio.current_task())
        subscription.unsubscribe()

    await SEAT.publish(1)
    subscription = await SEAT.subscribe(once)
    await until(lambda: tasks)
    assert tasks[0] is not None
    await asyncio.wait_for(tasks[0], 10)


def follow(loop: asyncio.AbstractEventLoop, seen: list[int | None]) -> None:
    """Subscribes in a loop, and waits for an update after the first value."""

    async def main() -> None:
        await SEAT.publish(1)
        subscription = await SEAT.subscribe(lambda reading: seen.append(reading.value))
        await until(lambda: seen == [1])
        await SEAT.publish(2)
        await until(lambda: seen == [1, 2])
        subscription.unsubscribe()

    loop.run_until_complete(main())


@pytest.mark.parametrize("make", [asyncio.new_event_loop, WatchesNoFile])
def test_any_loop_will_do(broker: str, make: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Also one that watches no file; and one after the other."""
    for _ in range(2):
        with closing(make()) as loop:
            follow(loop, [])


def test_loops_of_one_thread_may_take_turns(broker: str) -> None:
    """Each is told by a file of its own, and only by one."""
    chosen = [selectors.DefaultSelector() for _ in range(2)]
    loops = [asyncio.SelectorEventLoop(selector) for selector in chosen]
    for _ in range(3):
        for loop in loops:
            follow(loop, [])
    # The loop's own way to be woken, and ours.
    assert [len(selector.get_map()) for selector in chosen] == [2, 2]
    for loop in loops:
        loop.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with closing(asyncio.new_event_loop()) as loop:
        yield loop


def test_an_exit_in_a_callback_costs_other_subscriptions_nothing(
    broker: str, loop: asyncio.AbstractEventLoop
) -> None:
    """It ends this run of the loop; when that is run again, all that came is there."""
    seen: list[int | None] = []

    def leave(reading: Reading[int]) -> None:
        if reading.value == 2:
            raise SystemExit(3)

    async def main() -> None:
        await SEAT.publish(1)
        await HEIGHT.publish(1)
        await SEAT.subscribe(leave)
        await HEIGHT.subscribe(lambda reading: seen.append(reading.value))
        await until(lambda: seen == [1])
        await asyncio.gather(SEAT.publish(2), HEIGHT.publish(2))
        await asyncio.sleep(10)

    with pytest.raises(SystemExit):
        loop.run_until_complete(main())
    loop.run_until_complete(until(lambda: seen == [1, 2]))


async def test_a_callback_is_told_when_its_task_is_cancelled(broker: str) -> None:
    """Where it waits, however often it has waited before, and with the message."""
    told: list[str] = []

    async def on_update(reading: Reading[int]) -> None:
        await asyncio.sleep(0)
        try:
            await asyncio.sleep(0.001)
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            told.append(str(error))
            await asyncio.sleep(0.001)
            told.append("after")
            raise

    await SEAT.publish(1)
    subscription = await SEAT.subscribe(on_update)
    await asyncio.sleep(0.1)
    subscription._task.cancel("enough")
    await asyncio.wait([subscription._task], timeout=10)
    assert told == ["enough", "after"]
    assert subscription._task.cancelled() and not subscription.active


async def test_a_callback_that_cancels_its_own_task_is_told_where_it_waits(broker: str) -> None:
    """As in any other task; one that takes no notice gets what comes next."""
    told: list[int | None] = []

    async def on_update(reading: Reading[int]) -> None:
        task = asyncio.current_task()
        assert task is not None
        if reading.value == 1:
            task.cancel()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                told.append(reading.value)
        else:
            told.append(reading.value)

    await SEAT.publish(1)
    subscription = await SEAT.subscribe(on_update)
    await until(lambda: told == [1])
    await SEAT.publish(2)
    await until(lambda: told == [1, 2])
    subscription.unsubscribe()
