"""Subscriptions: a native stream on one side, an app's callback on the other."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from . import broker
from .errors import VehicleSignalError

if TYPE_CHECKING:
    from asyncio import Future, Task

    from ._core import Stream

#: After so many seconds of callbacks the loop gets a chance.
SLICE = 0.005

# Running subscriptions; a loop alone keeps only weak references to its tasks.
_running: set[Subscription] = set()


class Subscription:
    """A callback's subscription. Each has its own queue: none waits for another."""

    paths: tuple[str, ...]

    def __init__(
        self, stream: Stream, paths: tuple[str, ...], callback: Callable[[Any], object]
    ) -> None:
        self.paths = paths
        self._stream = stream
        self._callback = callback
        self._active = True
        self._waiting: Future[None] | None = None
        self._task: Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether updates can still come."""
        return self._active

    @property
    def dropped(self) -> int:
        """How many updates were dropped because the callback was too slow."""
        return self._stream.dropped

    def unsubscribe(self) -> None:
        """End the subscription. A callback that is running now is not interrupted."""
        self._active = False
        self._stream.close()
        _running.discard(self)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _start(self) -> None:
        import asyncio

        _running.add(self)
        name = f"subscription {', '.join(self.paths)}"
        self._task = asyncio.get_running_loop().create_task(self._run(), name=name)
        self._task.add_done_callback(_look_at)

    async def _run(self) -> None:
        import asyncio

        try:
            since = monotonic()
            while self._active:
                readings = self._stream.take()
                if not readings:
                    self._waiting = self._stream.wait()
                    await self._waiting
                    since = monotonic()
                for reading in readings:
                    await self._call(reading)
                    if not self._active:
                        return
                    # A plain callback never gives the loop a chance by itself.
                    if monotonic() - since > SLICE:
                        await asyncio.sleep(0)
                        since = monotonic()
        except VehicleSignalError as error:
            broker.logger().error("the subscription to %s ended: %s", ", ".join(self.paths), error)
        finally:
            self.unsubscribe()

    async def _call(self, reading: Any) -> None:
        try:
            result = self._callback(reading)
            if hasattr(result, "__await__"):
                await result
        except Exception:
            broker.logger().exception("the callback for %s failed", reading.path)


def _look_at(task: Task[None]) -> None:
    """A `sys.exit` in a callback has left through the loop already; unless somebody looks at
    it here, asyncio reports it a second time with all its frames."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        broker.logger().error("%s failed", task.get_name(), exc_info=error)


async def subscribe(
    paths: list[str],
    members: list[dict[Any, Any] | None],
    callback: Callable[[Any], object],
    queue: int,
) -> Subscription:
    """Subscribe at the broker and start calling. Waits while there is no connection."""
    if queue < 0:
        raise ValueError("queue is a number of updates, or 0 for only the newest")
    if not callable(callback):
        raise TypeError(f"the callback for {', '.join(paths)} is {callback!r}, not a function")
    stream = await broker.patiently(broker.client().subscribe(paths, members, queue))
    broker.watch()
    subscription = Subscription(stream, tuple(paths), callback)
    subscription._start()
    return subscription


async def end_all() -> None:
    """End every subscription of the running loop, callbacks that are running included."""
    import asyncio

    loop = asyncio.get_running_loop()
    tasks = []
    for subscription in list(_running):
        task = subscription._task
        if task is not None and task.get_loop() is loop:
            subscription.unsubscribe()
            task.cancel()
            tasks.append(task)
    await asyncio.gather(*tasks, return_exceptions=True)
