"""Subscriptions: a native stream on one side, an app's callback on the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import broker
from .errors import VehicleSignalError

if TYPE_CHECKING:
    from asyncio import Task

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
        """Start calling, in the running loop."""
        import asyncio

        self.paths = paths
        self._stream = stream
        self._callback = callback
        self._active = True
        _running.add(self)
        name = f"subscription {', '.join(self.paths)}"
        self._task: Task[None] = asyncio.get_running_loop().create_task(self._run(), name=name)
        self._task.add_done_callback(look_at)

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

    async def _run(self) -> None:
        try:
            await self._stream.serve(self._callback, self._failed, SLICE)
        except VehicleSignalError as error:
            broker.logger().error("the subscription to %s ended: %s", ", ".join(self.paths), error)
        finally:
            self.unsubscribe()

    def _failed(self, item: Any, error: Exception) -> None:
        path = getattr(item, "path", ", ".join(self.paths))
        broker.logger().error("the callback for %s failed", path, exc_info=error)


def look_at(task: Task[None]) -> None:
    """A `sys.exit` in a callback has left through the loop already; unless somebody looks at
    it here, asyncio reports it a second time with all its frames."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        broker.logger().error("%s failed", task.get_name(), exc_info=error)


async def end_all() -> None:
    """End every subscription of the running loop, callbacks that are running included."""
    import asyncio

    loop = asyncio.get_running_loop()
    tasks = []
    for subscription in list(_running):
        task = subscription._task
        if task.get_loop() is loop:
            subscription.unsubscribe()
            task.cancel()
            tasks.append(task)
    await asyncio.gather(*tasks, return_exceptions=True)
