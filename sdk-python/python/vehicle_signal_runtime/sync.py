"""Signals without `async`, for scripts and notebooks: `from vehicle_signal_runtime import sync`.

```python
print(sync.get(vehicle.Speed).value)
sync.set(vehicle.Body.Lights.Beam.Low.IsOn, True)
for reading in sync.stream(vehicle.Speed, timeout=10):
    print(reading.value)
```

Everything happens in a loop of its own, in a background thread that is started by the first
call; so it works where another loop runs, too, as in a notebook. Each function waits for the
result and raises what its `async` twin raises; Ctrl-C ends the waiting. With a `timeout`, in
seconds, TimeoutError is raised after it.

Callbacks run in the background thread, one after the other: there, `await` the signals' own
methods instead of calling these functions.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent import futures
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .batch import get_many as get_together
from .signals import QUEUE, Actuator, Signal

if TYPE_CHECKING:
    from . import subscription
    from ._core import Reading
    from .snapshot import Snapshot
    from .streams import Stream

__all__ = ["Subscription", "get", "get_many", "publish", "run", "set", "stream", "subscribe"]

T = TypeVar("T")
R = TypeVar("R")

#: How many seconds the end of the process waits for callbacks that are running.
FAREWELL = 2.0

_lock = threading.Lock()
_background: _Background | None = None


class Source(Protocol[R]):
    """What can be followed: a sensor or an actuator, a branch, a selection."""

    async def subscribe(
        self,
        callback: Callable[[R], object],
        *,
        queue: int = ...,
        max_rate: float | None = ...,
        changes_only: bool = ...,
    ) -> subscription.Subscription: ...

    def stream(
        self, *, queue: int = ..., max_rate: float | None = ..., changes_only: bool = ...
    ) -> Stream[R]: ...


def run(coroutine: Coroutine[Any, Any, R], *, timeout: float | None = None) -> R:
    """Run any coroutine in the background loop and return its result.

    When the waiting ends early, by the timeout or by Ctrl-C, the coroutine is cancelled.
    """
    background = _running()
    if threading.current_thread() is background.thread:
        coroutine.close()
        raise RuntimeError("a callback cannot wait for its own thread: use `await` there")
    future = asyncio.run_coroutine_threadsafe(coroutine, background.loop)
    try:
        return future.result(timeout)
    except futures.TimeoutError:
        if future.done():
            # The coroutine's own, or it has ended at the last moment.
            return future.result()
        raise TimeoutError(f"there was no result within {timeout} seconds") from None
    finally:
        future.cancel()


def get(signal: Signal[T], *, timeout: float | None = None) -> Reading[T]:
    """Return the current value of a signal; see `Signal.get`."""
    return run(signal.get(), timeout=timeout)


def get_many(*signals: Signal[Any], timeout: float | None = None) -> Snapshot:
    """Return the current values of several signals, read with one message."""
    return run(get_together(*signals), timeout=timeout)


def set(actuator: Actuator[T], value: T, *, timeout: float | None = None) -> None:
    """Ask the vehicle to bring an actuator to `value`; see `Actuator.set`."""
    run(actuator.set(value), timeout=timeout)


def publish(signal: Signal[T], value: T, *, timeout: float | None = None) -> None:
    """Publish the current value of a signal, as its provider."""
    run(signal.publish(value), timeout=timeout)


def subscribe(
    source: Source[R],
    callback: Callable[[R], object],
    *,
    queue: int = QUEUE,
    max_rate: float | None = None,
    changes_only: bool = False,
    timeout: float | None = None,
) -> Subscription:
    """Call `callback` in the background thread with the current value and each that follows,
    until `unsubscribe` or the end of the process."""
    subscribing = source.subscribe(
        callback, queue=queue, max_rate=max_rate, changes_only=changes_only
    )
    return Subscription(run(subscribing, timeout=timeout))


def stream(
    source: Source[R],
    *,
    timeout: float | None = None,
    queue: int = QUEUE,
    max_rate: float | None = None,
    changes_only: bool = False,
) -> Iterator[R]:
    """Iterate over the current value and each that follows. `timeout` is for each of them:
    TimeoutError is raised when the next one does not come in time."""
    following = source.stream(queue=queue, max_rate=max_rate, changes_only=changes_only)
    try:
        while True:
            yield run(_next(following), timeout=timeout)
    finally:
        _running().loop.call_soon_threadsafe(following.close)


async def _next(following: Stream[R]) -> R:
    return await following.__anext__()


class Subscription:
    """A callback's subscription; it may be used from any thread."""

    def __init__(self, inner: subscription.Subscription) -> None:
        self._inner = inner
        self._loop = _running().loop

    @property
    def paths(self) -> tuple[str, ...]:
        """The signals' full names."""
        return self._inner.paths

    @property
    def active(self) -> bool:
        """Whether updates can still come."""
        return self._inner.active

    @property
    def dropped(self) -> int:
        """How many updates were dropped because the callback was too slow."""
        return self._inner.dropped

    def unsubscribe(self) -> None:
        """End the subscription. A callback that is running now is not interrupted; it may
        call this, too."""
        self._loop.call_soon_threadsafe(self._inner.unsubscribe)


class _Background:
    """A loop, and the thread that runs it. A daemon: an endless callback keeps no process
    from ending."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(
            target=self.loop.run_forever, name="vehicle-signals-sync", daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        ending = asyncio.run_coroutine_threadsafe(_end_tasks(), self.loop)
        futures.wait([ending], FAREWELL)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(FAREWELL)


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _running() -> _Background:
    """The background loop of this process; a forked child has its own."""
    global _background
    with _lock:
        if _background is None or _background.process != os.getpid():
            _background = _Background()
        return _background


def _stop() -> None:
    if _background is not None and _background.process == os.getpid():
        _background.stop()


# Registered after the native core's own end, so it is called before that.
atexit.register(_stop)
