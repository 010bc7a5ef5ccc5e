"""The frame of an app: connect, start, run until asked to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import broker

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Event, Task
    from collections.abc import Callable


class VehicleApp:
    """Base class of apps.

    Make signals in `__init__`, subscribe in `on_start`, and end the module with
    `if __name__ == "__main__": MyApp().run()`.
    """

    _stop_requested: Event | None = None
    _started = False

    def __init__(self) -> None:
        """Nothing happens here yet: the broker is first asked when the app runs."""

    async def on_start(self) -> None:
        """Called once the broker answers. An app may also stay in here: it is cancelled
        when the app is asked to stop. An exception ends the app with its traceback."""

    async def on_stop(self) -> None:
        """Called when the app has been asked to stop, after an `on_start` that did not fail.
        The broker can still be used."""

    def stop(self) -> None:
        """Ask the app to stop. Call it from the app's own loop."""
        if self._stop_requested is not None:
            self._stop_requested.set()

    def run(self) -> None:
        """Run the app until it is stopped by SIGTERM, SIGINT or `stop`; then return, so that
        the process ends with code 0."""
        import asyncio

        asyncio.run(self.serve())

    async def serve(self) -> None:
        """The same as `run`, inside a loop that runs already. A SIGTERM that the program
        handles itself is left to it."""
        import asyncio

        from .subscription import end_all

        loop = asyncio.get_running_loop()
        self._stop_requested = asyncio.Event()
        handled = _stop_on_signals(loop, self)
        stop = loop.create_task(self._stop_requested.wait(), name="stop requested")
        start = loop.create_task(self._start(), name="on_start")
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                start.result()
                await stop
        finally:
            stop.cancel()
            try:
                if await _ended_well(start) and self._started:
                    await self.on_stop()
            finally:
                self._started = False
                for number in handled:
                    loop.remove_signal_handler(number)
                await end_all()

    async def _start(self) -> None:
        await broker.patiently(broker.client().ready())
        self._started = True
        await self.on_start()

    if not TYPE_CHECKING:
        # A type checker still reports a handler that is not there.

        def __getattr__(self, name: str) -> Callable[[object], None]:
            """Stand in for a handler `on_…` that is named but not written: the app runs, as
            far as it goes, and the log says what is missing."""
            if not name.startswith("on_"):
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            broker.logger().warning(
                "%s has no %s: what it would be called with is ignored", type(self).__name__, name
            )
            return _ignore


def _ignore(_: object) -> None:
    """Do nothing with it."""


async def _ended_well(start: Task[None]) -> bool:
    """Cancel `on_start` if it still runs; raises what it fails with then. False if it had
    failed by itself: a task gives its exception with the traceback only once, and `serve`
    has raised it already."""
    import asyncio
    from contextlib import suppress

    if start.done():
        return start.cancelled() or start.exception() is None
    start.cancel()
    with suppress(asyncio.CancelledError):
        await start
    return True


def _stop_on_signals(loop: AbstractEventLoop, app: VehicleApp) -> list[int]:
    import signal

    handled: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        if number == signal.SIGTERM and callable(signal.getsignal(number)):
            # The program's own; of SIGINT asyncio always has one.
            continue
        try:
            loop.add_signal_handler(number, app.stop)
        except (ValueError, RuntimeError):
            # Not the main thread: whoever runs the loop there stops it.
            break
        handled.append(number)
    return handled
