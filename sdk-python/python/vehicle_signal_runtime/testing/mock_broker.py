"""A broker inside the process of a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from .. import _core
from .. import broker as current
from ..signals import Signal
from .facts import manifest

if TYPE_CHECKING:
    from types import EllipsisType, TracebackType

    from .._core import Client, MockProvider, Reading
    from ..signals import Actuator
    from .facts import Model

T = TypeVar("T")

#: How long a handler of an actuator may go on after it was given up, in seconds.
PATIENCE = 5.0


class Actuation(NamedTuple):
    """What an actuator was asked for. Equal to the plain pair, so that lists of both compare:
    `assert broker.actuations == [("Vehicle.Body.Hood.IsOpen", True)]`."""

    path: str
    value: Any


class MockBroker:
    """The runtime's own broker inside this process, without a socket.

    Every signal of the model is there and has no value until somebody publishes one. Made
    current by `with MockBroker() as broker:` or by `use_broker(broker)`.

    All methods are plain functions that can be called from any thread, beside an app that
    runs in another one or in this one's loop. Those that wait (`wait_for…`) block this
    thread: they need an app in another one, as `run_app` has it.
    """

    def __init__(
        self,
        model: Model | None = None,
        echo: bool = True,
        *,
        grants: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """`model` is a generated tree or a branch of it, signals, or paths with a datatype
        and perhaps a kind, `{"Vehicle.Speed": "float", "Vehicle.Hood": "actuator boolean"}`;
        None means the generated package that is installed.

        With `echo`, what an actuator is asked for becomes its value at once. Without, nobody
        carries out actuations (`NoProvider`), unless the test or an app provides them.

        `grants` are an app's, as its manifest declares them: `{"Vehicle.Speed": ["read"]}`.
        Without, apps may do everything.
        """
        rules = None
        if grants is not None:
            rules = [(path, access) for path, each in grants.items() for access in _listed(each)]
        self._native = _core.MockBroker(manifest(model), echo, rules)
        self._handed_out: set[int] = set()
        self._before: list[Client | None] = []
        self._handlers: list[_Handler] = []

    def client(self) -> Client:
        """A new connection, as `use_broker` makes one."""
        return self._native.client()

    def __enter__(self) -> MockBroker:
        self._before.append(current._client)
        current.use_broker(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if current._client is not None:
            current.unwatch(current._client)
        current._client = self._before.pop()
        self.close()

    def publish(self, signal: Signal[T] | str, value: T | None) -> None:
        """Set the current value, as the vehicle does. None says that it has none now.
        Type, bounds and allowed values are checked as everywhere."""
        self._native.publish(_path(signal), value)

    def set(self, actuator: Actuator[T] | str, value: T) -> None:
        """Ask whoever provides an actuator for a value, as another app does."""
        self._native.actuate(_path(actuator), value)

    @overload
    def get(self, signal: Signal[T]) -> Reading[T]: ...
    @overload
    def get(self, signal: str) -> Reading[Any]: ...
    def get(self, signal: Signal[Any] | str) -> Reading[Any]:
        """The current value, once the vehicle has done all that it was asked for until now."""
        return self._native.get(*_target(signal))

    @overload
    def target(self, actuator: Actuator[T]) -> Reading[T]: ...
    @overload
    def target(self, actuator: str) -> Reading[Any]: ...
    def target(self, actuator: Actuator[Any] | str) -> Reading[Any]:
        """What the actuator was asked for last; not available when it was not."""
        return self._native.target(*_target(actuator))

    @property
    def actuations(self) -> list[Actuation]:
        """Everything that actuators were asked for, in order."""
        return [Actuation(*asked) for asked in self._native.actuations(0)]

    @overload
    def wait_for(
        self,
        signal: Signal[T],
        expected: T | Callable[[T], object] | None,
        timeout: float = 2.0,
    ) -> Reading[T]: ...
    @overload
    def wait_for(self, signal: str, expected: object, timeout: float = 2.0) -> Reading[Any]: ...
    def wait_for(
        self, signal: Signal[Any] | str, expected: object, timeout: float = 2.0
    ) -> Reading[Any]:
        """Wait until the signal has a value, and return the reading. `expected` is the value
        (None: until it has none), or a function that a value must fulfil. The value of now
        counts, and one that is there only for a moment. Raises TimeoutError, which says what
        was there instead."""
        matches = _matcher(expected)
        watch = self._native.watch(*_target(signal))
        deadline = monotonic() + timeout
        seen: list[Any] = []
        while (left := deadline - monotonic()) > 0 or not seen:
            for reading in watch.next(max(left, 0)):
                if matches(reading.value):
                    return reading
                seen.append(reading.value)
        values = ", ".join(repr(value) for value in seen[-5:])
        text = f"{_path(signal)} did not become {_shown(expected)} in {timeout} s: it was {values}"
        raise TimeoutError(text + _hint())

    def wait_for_actuation(
        self,
        actuator: Actuator[T] | str | None = None,
        expected: T | Callable[[T], object] | EllipsisType = ...,
        timeout: float = 2.0,
    ) -> Actuation:
        """Wait until an actuator is asked for a value, and return that. One that was there
        before counts, but each is returned only once: a second call waits for a second one.
        `expected` is the value or a function that it must fulfil, `...` means any value; no
        actuator means any actuator. Raises TimeoutError."""
        path = None if actuator is None else _path(actuator)
        matches = _anything if expected is ... else _matcher(expected)
        deadline = monotonic() + timeout
        known = 0
        while True:
            for number, (asked, value) in enumerate(self._native.actuations(known), known):
                if number not in self._handed_out and path in (None, asked) and matches(value):
                    self._handed_out.add(number)
                    return Actuation(asked, value)
                known = number + 1
            if not self._native.wait_for_actuation(known, deadline - monotonic()):
                break
        what = path or "an actuator"
        value = "" if expected is ... else f" {_shown(expected)}"
        text = f"{what} was not asked for{value or ' anything'} in {timeout} s"
        raise TimeoutError(f"{text}; there was {self.actuations or 'nothing'}" + _hint())

    def provide(self, actuator: Actuator[T] | str, handler: Callable[[T], object]) -> None:
        """Carry out the actuations of an actuator: `handler` is called with each value, in a
        thread of its own, and publishes what comes of it. It goes before the echo. What it
        raises is raised by `close`."""
        self._handlers.append(_Handler(self._native.provide(_path(actuator)), handler))

    def stop(self) -> None:
        """Play an outage: apps lose the connection, and find none. Values stay, and can be
        published meanwhile."""
        self._native.stop()

    def start(self) -> None:
        """End the outage."""
        self._native.start()

    @property
    def running(self) -> bool:
        """Whether apps can connect."""
        return self._native.running

    def close(self) -> None:
        """Cut all clients off for good, and raise what a handler raised."""
        self._native.stop()
        handlers, self._handlers = self._handlers, []
        errors = [error for handler in handlers if (error := handler.end()) is not None]
        if errors:
            raise errors[0]

    def __repr__(self) -> str:
        return f"<mock broker, {'running' if self.running else 'stopped'}>"


class _Handler:
    """A thread that carries out the actuations of one actuator."""

    def __init__(self, provider: MockProvider, handler: Callable[[Any], object]) -> None:
        self._provider = provider
        self._handler = handler
        self._error: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="mock vehicle", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._ended:
                for _, value in self._provider.next(0.1):
                    self._handler(value)
        except BaseException as error:
            self._error = error
        finally:
            self._provider.close()

    def end(self) -> BaseException | None:
        self._ended = True
        self._provider.close()
        self._thread.join(PATIENCE)
        return self._error


def _path(signal: Signal[Any] | str) -> str:
    return signal if isinstance(signal, str) else signal.path


def _target(signal: Signal[Any] | str) -> tuple[str, dict[Any, Any] | None]:
    return (signal, None) if isinstance(signal, str) else (signal.path, signal._members)


def _listed(access: Iterable[str]) -> Iterable[str]:
    return [access] if isinstance(access, str) else access


def _matcher(expected: object) -> Callable[[Any], object]:
    if not callable(expected):
        return lambda value: value == expected
    # A function is asked about values alone: there is nothing to compare in a missing one.
    return lambda value: value is not None and expected(value)


def _anything(_: object) -> bool:
    return True


def _shown(expected: object) -> str:
    return "what was expected" if callable(expected) else repr(expected)


def _hint() -> str:
    """Why nothing could happen, where that is so."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return ""
    return (
        "; the event loop of this thread stood still meanwhile: run the app with run_app, "
        "or write `await asyncio.to_thread(broker.wait_for, …)`"
    )
