"""The other side of signals: to carry out actuations and to publish values.

An app marks methods with `provides`; anything else uses `provide`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import broker
from .errors import NotAnActuator, NotConnected, Reject, VehicleSignalError
from .signals import Actuator, Signal, must_be_signals

if TYPE_CHECKING:
    from asyncio import Task

    from . import _core

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")

Handler = Callable[[Any], object]


def provide(
    handlers: Mapping[Actuator[Any], Handler] | None = None,
    *,
    publishes: Iterable[Signal[Any]] = (),
) -> Provider:
    """Carry out the actuations of some actuators, and publish some signals, while an
    `async with` block runs.

    ```python
    async def move(is_open: bool) -> None:
        await asyncio.sleep(0.5)
        await vehicle.Body.Hood.IsOpen.publish(is_open)

    async with provide({vehicle.Body.Hood.IsOpen: move}, publishes=[vehicle.Speed]) as p:
        await p.publish(vehicle.Speed, 3.0)
    ```

    - A handler, async or plain, is called with each value that its actuator is asked for, as
      the signal's type. Calls of one actuator follow each other in order; a slow handler
      holds up no other actuator. Of one actuator 1024 may wait; more are refused.
    - `raise Reject("why")` refuses. Any other exception is logged with its traceback, and
      refuses too. Who asked is not told: `set` returns when the provider has been asked.
    - Each signal has one provider at a time: where another one has it, `AlreadyProvided` is
      raised. An app needs the access `provide` in its manifest.
    - After a loss of the connection everything is claimed again. When somebody else was
      faster, that is logged, and tried again until it succeeds.
    """
    return Provider(list((handlers or {}).items()), publishes)


class Provider:
    """What `provide` opens."""

    def __init__(
        self, handlers: Iterable[tuple[Actuator[Any], Handler]], publishes: Iterable[Signal[Any]]
    ) -> None:
        self._handlers: dict[str, Handler] = {}
        self._actuators: list[tuple[str, dict[Any, Any] | None]] = []
        publishes = list(publishes)
        must_be_signals("provide", publishes)
        self._publishes = [signal.path for signal in publishes]
        for actuator, handler in handlers:
            self._add(actuator, handler)
        if not self._handlers and not self._publishes:
            raise ValueError("a provider needs an actuator to carry out or a signal to publish")
        self._native: _core.Provider | None = None
        self._conflict: str | None = None
        # Actuations by path that wait for the handler, and its task while there are some.
        self._waiting: dict[str, deque[_core.Actuation]] = {}
        self._tasks: dict[str, Task[None]] = {}
        self._listener: Task[None] | None = None

    def _add(self, actuator: Actuator[Any], handler: Handler) -> None:
        must_be_signals("provide", [actuator])
        path = actuator.path
        if not isinstance(actuator, Actuator):
            raise NotAnActuator(f"{actuator!r}: only an actuator can be carried out", path)
        if not callable(handler):
            raise TypeError(f"the handler of {path} is {handler!r}, not a function")
        if path in self._handlers:
            raise ValueError(f"{path} has two handlers, and can have one")
        self._handlers[path] = handler
        self._actuators.append((path, actuator._members))

    @property
    def active(self) -> bool:
        """Whether it is open: from the start of its block to the end, or to an error that
        does not heal, which is logged."""
        return self._listener is not None and not self._listener.done()

    async def publish(self, signal: Signal[T], value: T) -> None:
        """Publish the current value of one of the signals in `publishes`.

        It returns when the broker has the value. NotConnected is raised while there is no
        connection: a value of this moment is of no use later.
        """
        await self._opened().publish([(signal.path, value, signal._checked_type())])

    async def publish_many(self, values: Mapping[Signal[Any], Any]) -> None:
        """Publish the current values of several signals with one message, all checked before
        it is sent. What is wrong with them is one `BatchRefused`."""
        entries = [(signal.path, value, signal._checked_type()) for signal, value in values.items()]
        await self._opened().publish(entries)

    def _opened(self) -> _core.Provider:
        if self._native is None:
            raise NotConnected("the provider is not open: use it inside its `async with` block")
        return self._native

    async def __aenter__(self) -> Provider:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """What entering the block does. It waits while there is no connection."""
        import asyncio

        if self._native is not None:
            raise RuntimeError("the provider is open already")
        opening = broker.client().provide(self._actuators, self._publishes)
        self._native = await broker.patiently(opening)
        broker.watch()
        listening = self._listen(self._native)
        self._listener = asyncio.get_running_loop().create_task(listening, name="provider")

    async def close(self) -> None:
        """What leaving the block does: running handlers are cancelled, and the claims end."""
        import asyncio

        native, self._native = self._native, None
        if native is None:
            return
        tasks = [*self._tasks.values(), *filter(None, [self._listener])]
        others = [task for task in tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for actuation in (each for waiting in self._waiting.values() for each in waiting):
            actuation.refuse("the provider ends")
        self._waiting.clear()
        await native.close()

    async def _listen(self, native: _core.Provider) -> None:
        try:
            while True:
                actuations = native.take()
                self._note(native.conflict)
                for actuation in actuations:
                    self._put(actuation)
                if not actuations:
                    await native.wait()
        except VehicleSignalError as error:
            broker.logger().error("the provider ended: %s", error)

    def _note(self, conflict: str | None) -> None:
        if conflict == self._conflict:
            return
        self._conflict = conflict
        if conflict is None:
            broker.logger().warning("all is provided again")
        else:
            broker.logger().warning("cannot provide any more, trying again: %s", conflict)

    def _put(self, actuation: _core.Actuation) -> None:
        import asyncio

        from .subscription import look_at

        path = actuation.path
        self._waiting.setdefault(path, deque()).append(actuation)
        if path not in self._tasks:
            loop = asyncio.get_running_loop()
            task = loop.create_task(self._carry_out(path), name=f"the handler of {path}")
            task.add_done_callback(look_at)
            self._tasks[path] = task

    async def _carry_out(self, path: str) -> None:
        import asyncio

        waiting = self._waiting[path]
        try:
            while waiting:
                await _answer(waiting.popleft(), self._handlers[path])
                # A plain handler never gives the loop a chance by itself.
                await asyncio.sleep(0)
        finally:
            del self._tasks[path]


async def _answer(actuation: _core.Actuation, handler: Callable[[Any], Any]) -> None:
    try:
        result = handler(actuation.value)
        if hasattr(result, "__await__"):
            await result
    except Reject as reason:
        actuation.refuse(str(reason))
    except Exception as error:
        broker.logger().exception("the handler of %s failed", actuation.path)
        actuation.refuse(f"the provider failed with {type(error).__name__}: {error}")
    except BaseException:
        actuation.refuse("the provider ends")
        raise
    else:
        actuation.accept()


@overload
def provides(signal: Actuator[T], /) -> Callable[[Callable[[A, T], R]], Callable[[A, T], R]]: ...
@overload
def provides(
    signal: Actuator[T], second: Actuator[T], /, *more: Actuator[T]
) -> Callable[[Callable[[A, T, Actuator[T]], R]], Callable[[A, T, Actuator[T]], R]]: ...
def provides(*signals: Actuator[Any]) -> Callable[[Any], Any]:
    """Mark a method of a `VehicleApp`, async or plain, as what carries out an actuator.

    ```python
    class Hood(VehicleApp):
        @provides(vehicle.Body.Hood.IsOpen)
        async def move(self, is_open: bool) -> None:
            if self.speed > 0:
                raise Reject("the vehicle moves")
            await vehicle.Body.Hood.IsOpen.publish(is_open)
    ```

    The method is called with the value. With several signals it is called with the value and
    the signal. They are claimed before `on_start` and let go after `on_stop`; what else holds
    is said at `provide`.
    """
    if not signals:
        raise TypeError("provides needs an actuator")
    must_be_signals("provides", signals)

    def mark(method: Any) -> Any:
        marks = [(signal, len(signals) > 1) for signal in signals]
        method._provides = [*getattr(method, "_provides", ()), *marks]
        return method

    return mark


def provider_of(app: object) -> Provider | None:
    """The provider of an app's marked methods; None when none is marked."""
    names = {name: None for kind in type(app).__mro__ for name in vars(kind)}
    handlers: list[tuple[Actuator[Any], Handler]] = []
    for name in names:
        method = getattr(type(app), name, None)
        for signal, is_told in getattr(method, "_provides", ()):
            handlers.append((signal, _bound(getattr(app, name), signal, is_told)))
    return Provider(handlers, ()) if handlers else None


def _bound(method: Callable[..., object], signal: Actuator[Any], is_told: bool) -> Handler:
    return (lambda value: method(value, signal)) if is_told else method
