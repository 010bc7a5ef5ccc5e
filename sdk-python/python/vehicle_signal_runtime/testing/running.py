"""Running an app beside a test, on an event loop of its own in a thread of its own."""

from __future__ import annotations

import asyncio
import io
import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from .._core import calls_under_way

if TYPE_CHECKING:
    from ..app import VehicleApp

A = TypeVar("A", bound="VehicleApp")


class RunApp(Protocol):
    """The type of the fixture `run_app`."""

    def __call__(self, app: A, *, wait: bool = True, timeout: float = 5.0) -> RunningApp[A]: ...


@contextmanager
def running_apps() -> Iterator[RunApp]:
    """A function that runs apps, which all end with the context."""
    running: list[RunningApp[Any]] = []

    def run_app(app: A, *, wait: bool = True, timeout: float = 5.0) -> RunningApp[A]:
        started = RunningApp(app)
        running.append(started)
        if wait:
            started.wait(timeout)
        return started

    try:
        yield run_app
    finally:
        errors = [error for each in reversed(running) if (error := _stopped(each)) is not None]
        if errors:
            raise errors[0]


def _stopped(app: RunningApp[Any]) -> BaseException | None:
    try:
        app.stop()
    except BaseException as error:
        return error
    return None


class RunningApp(Generic[A]):
    """An app that runs beside the test. What it died of is raised once, by the first of
    `wait` and `stop` that comes after it."""

    app: A

    def __init__(self, app: A) -> None:
        self.app = app
        self._waiting = threading.Event()
        self._loop = asyncio.SelectorEventLoop(_Selector(self._idle))
        self._error: BaseException | None = None
        name = type(app).__name__
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def wait(self, timeout: float = 5.0) -> None:
        """Wait until `on_start` has returned, or waits for anything but the broker's answer,
        or the app has ended. TimeoutError says where it stands instead."""
        if not self._waiting.wait(timeout):
            name = type(self.app).__name__
            raise TimeoutError(f"{name} was not ready after {timeout} s. {self._whereabouts()}")
        self._raise()

    def stop(self, timeout: float = 5.0) -> None:
        """Ask the app to stop, as SIGTERM does, and wait for its end."""
        self._in_loop(self.app.stop)
        self._thread.join(timeout)
        if self.running:
            where = self._whereabouts()
            self._in_loop(self._cancel_all)
            self._thread.join(1.0)
            # That it was cancelled is no news.
            self._error = None
            name = type(self.app).__name__
            raise TimeoutError(f"{name} did not stop within {timeout} s. {where}")
        self._raise()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self.app.serve())
        except BaseException as error:
            self._error = error
        finally:
            self._end()
            self._waiting.set()

    def _end(self) -> None:
        """As asyncio.run ends its loop."""
        left = self._cancel_all()
        try:
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    def _cancel_all(self) -> set[asyncio.Task[Any]]:
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        return left

    def _idle(self) -> None:
        """The loop is about to sleep. That does not count while the broker owes an answer."""
        if calls_under_way() == 0:
            self._waiting.set()

    def _in_loop(self, function: Callable[[], object]) -> None:
        # A loop that is closed has nothing to be told any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    def _whereabouts(self) -> str:
        """Where the app's tasks stand."""
        text = io.StringIO()
        for task in asyncio.all_tasks(self._loop):
            task.print_stack(file=text)
        return f"Its tasks:\n{text.getvalue()}"


class _Selector(selectors.DefaultSelector):
    """Tells when the loop has nothing to do."""

    def __init__(self, on_idle: Callable[[], None]) -> None:
        super().__init__()
        self._on_idle = on_idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._on_idle()
        return super().select(timeout)
