"""The frame of an app: connect, start, run until asked to stop."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import broker, config

if TYPE_CHECKING:
    from asyncio import Future, Task
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from .log import Log
    from .provider import Provider


class VehicleApp:
    """Base class of apps.

    Make signals in `__init__`, subscribe in `on_start`, and end the module with
    `if __name__ == "__main__": MyApp().run()`.
    """

    _stop_requested: Future[None] | None = None
    _ending: Task[None] | None = None
    _watch: Task[None] | None = None
    _started = False
    _provider: Provider | None = None

    @cached_property
    def _app_name(self) -> str:
        """What its log calls the app."""
        return type(self).__name__

    def __init__(self) -> None:
        """Nothing happens here yet: the broker is first asked when the app runs."""

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The `config` of the app's manifest, as the runtime hands it over in
        VEHICLE_APP_CONFIG; empty outside of the runtime. It cannot be changed, and lists in it
        are tuples. ValueError when the variable holds no JSON object."""
        return config.config()

    @cached_property
    def id(self) -> str:
        """The id under which the runtime knows the app (VEHICLE_APP_ID); outside of the
        runtime the name of the class."""
        return config.app_id(self._app_name)

    @cached_property
    def data_dir(self) -> Path:
        """The folder for what the app wants to keep (VEHICLE_APP_DATA); outside of the
        runtime `~/.local/share/vehicle-apps/ID`, which is made here."""
        return config.data_dir(self.id)

    @cached_property
    def log(self) -> Log:
        """Messages with fields, one line each on standard error:
        `self.log.info("door opened", door="Row1", count=2)`. See `vehicle_signal_runtime.log`
        for formats and levels."""
        from .log import Log, set_up

        set_up()
        return Log(self._app_name)

    async def on_start(self) -> None:
        """Called once the broker answers. An app may also stay in here: it is cancelled
        when the app is asked to stop. An exception ends the app with its traceback."""

    async def on_stop(self) -> None:
        """Called when the app has been asked to stop, after an `on_start` that did not fail.
        The broker can still be used. It is cancelled at a second SIGTERM or SIGINT, and
        shortly before the grace period ends after which the runtime kills the app."""

    def on_disconnect(self, reason: str) -> Awaitable[None] | None:
        """Called when the connection to the broker is lost, async or plain. It is tried again
        by itself, with growing pauses, and subscriptions are made again."""

    def on_reconnect(self) -> Awaitable[None] | None:
        """Called when the broker answers again, async or plain, and not before `on_disconnect`
        has returned. Subscriptions are restored without the app; what cannot be, such as one
        to a signal that the broker no longer knows, ends with an error in the log."""

    def stop(self) -> None:
        """Ask the app to stop. Call it from the app's own loop."""
        if self._stop_requested is not None and not self._stop_requested.done():
            self._stop_requested.set_result(None)

    def run(self) -> None:
        """Run the app until it is stopped by SIGTERM, SIGINT or `stop`; then return, so that
        the process ends with code 0."""
        import asyncio

        if asyncio._get_running_loop() is not None:
            raise RuntimeError(
                f"{self._app_name}.run() makes an event loop of its own, and one runs here "
                "already, as in a notebook: write `await app.serve()` instead"
            )
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """The same as `run`, inside a loop that runs already. A SIGTERM that the program
        handles itself is left to it."""
        import asyncio

        from .log import set_up
        from .stopping import StopSignals
        from .subscription import end_all

        set_up()
        broker.name_app(self._app_name)
        grace = config.stop_grace()
        loop = asyncio.get_running_loop()
        stop = self._stop_requested = loop.create_future()
        with StopSignals(self.stop, self._hurry):
            start = loop.create_task(self._start(), name="on_start")
            try:
                await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
                if start.done():
                    start.result()
                await stop
            finally:
                try:
                    await self._end(start, grace)
                finally:
                    self._started = False
                    if self._provider is not None:
                        await self._provider.close()
                    if self._watch is not None:
                        self._watch.cancel()
                        await asyncio.wait({self._watch})
                    await end_all()

    async def _start(self) -> None:
        from .provider import provider_of

        client = broker.client()
        connection = await broker.patiently(client.ready())
        self._watch = broker.watch(connection, self.on_disconnect, self.on_reconnect)
        self._watch.add_done_callback(self._give_up)
        self._provider = provider_of(self)
        if self._provider is not None:
            await self._provider.open()
        self._started = True
        await self.on_start()

    def _give_up(self, watch: Task[None]) -> None:
        """What keeps the app from its broker for good ends it."""
        error = None if watch.cancelled() else watch.exception()
        if error is not None and self._stop_requested and not self._stop_requested.done():
            self._stop_requested.set_exception(error)

    async def _end(self, start: Task[None], grace: float) -> None:
        """End `on_start` if it still runs, and call `on_stop`, both within the grace period."""
        import asyncio

        ending = self._ending = asyncio.get_running_loop().create_task(self._stop(start))
        ending.set_name("on_stop")
        ending.add_done_callback(_seen)
        done, _ = await asyncio.wait({ending}, timeout=grace)
        if not done:
            broker.logger().error("did not stop within %g s: cancelled", grace)
            ending.cancel()
            await asyncio.wait({ending}, timeout=1)
        elif not ending.cancelled():
            ending.result()

    def _hurry(self) -> None:
        """Asked to stop once more."""
        if self._ending is not None:
            broker.logger().warning("asked to stop once more: what runs is cancelled")
            self._ending.cancel()

    async def _stop(self, start: Task[None]) -> None:
        if await _ended_well(start) and self._started:
            await self.on_stop()

    if not TYPE_CHECKING:
        # A type checker still reports a handler that is not there.

        def __getattr__(self, name: str) -> Callable[[object], None]:
            """Stand in for a handler `on_…` that is named but not written: the app runs, as
            far as it goes, and the log says what is missing."""
            if not name.startswith("on_"):
                raise AttributeError(f"{self._app_name!r} has no attribute {name!r}")
            broker.logger().warning(
                "%s has no %s: what it would be called with is ignored", self._app_name, name
            )
            return _ignore


def _ignore(_: object) -> None:
    """Do nothing with it."""


def _seen(task: Task[None]) -> None:
    """A `sys.exit` in a task leaves through the loop by itself; unless its exception is asked
    for here, asyncio reports it a second time."""
    if not task.cancelled():
        task.exception()


async def _ended_well(start: Task[None]) -> bool:
    """Cancel `on_start` if it still runs; raises what it fails with then. False if it had
    failed by itself: a task gives its exception with the traceback only once, and `serve`
    has raised it already."""
    import asyncio

    if start.done():
        return start.cancelled() or start.exception() is None
    start.cancel()
    await asyncio.wait({start})
    if not start.cancelled():
        start.result()
    return True
