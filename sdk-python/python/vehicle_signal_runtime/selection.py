"""What to follow, and when: signals, alone or together, and the condition that must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from . import broker
from ._core import Condition
from .signals import QUEUE, must_be_signals
from .snapshot import Snapshot
from .streams import Stream

if TYPE_CHECKING:
    from . import _core
    from .signals import Signal
    from .subscription import Subscription

R = TypeVar("R")


class Options(NamedTuple):
    """How a subscription delivers; `interval` in seconds is the shortest time between two
    updates of a signal."""

    queue: int
    interval: float | None
    changes_only: bool


class Selection(Generic[R]):
    """Signals to be followed together. Each update gives an R: a `Reading` of one signal, or
    for joined signals a `Snapshot` of all."""

    def __init__(
        self,
        signals: Iterable[Signal[Any]],
        *,
        whole: bool = False,
        snapshot: Callable[[list[Any]], R] | None = None,
        condition: Condition | None = None,
    ) -> None:
        self._signals = {signal.path: signal for signal in signals}
        self._whole = whole
        self._snapshot = snapshot
        self._condition = condition

    @property
    def paths(self) -> tuple[str, ...]:
        """The signals' full names."""
        return tuple(self._signals)

    def where(self, condition: Condition | str) -> Selection[R]:
        """The same while a condition holds, an expression or text, besides those given before.

        Each update of a signal that was asked for or that the condition names is looked at.
        Raises InvalidCondition for a text that is none; `subscribe` raises when a signal is
        not there, may not be read, or is compared with what it cannot hold.
        """
        if isinstance(condition, str):
            condition = Condition.parse(condition)
        if not isinstance(condition, Condition):
            raise TypeError(f"where takes a condition or its text, not {condition!r}")
        both = condition if self._condition is None else self._condition & condition
        signals = self._signals.values()
        return Selection(signals, whole=self._whole, snapshot=self._snapshot, condition=both)

    async def subscribe(
        self,
        callback: Callable[[R], object],
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Subscription:
        """Call `callback` with the current values and with each update that follows.

        The callback is async or plain. An exception in it is logged with its traceback, and
        the subscription goes on. After a loss of the connection the subscription is made
        again, and begins with the values of that moment.

        When updates come faster than the callback returns, the last `queue` of them wait and
        older ones are dropped and counted; `queue=LATEST` keeps only the newest of each
        signal. At most `max_rate` updates a second come of each signal, the newest always
        among them. With `changes_only` no value comes twice in a row.

        Waits while there is no broker. Raises UnknownSignal and PermissionDenied, and
        InvalidCondition for a comparison that no value could decide.
        """
        from .subscription import Subscription

        if not callable(callback):
            raise TypeError(
                f"the callback for {', '.join(self._signals)} is {callback!r}, not a function"
            )
        stream = await self._open(_options(queue, max_rate, changes_only))
        return Subscription(stream, self.paths, callback)

    def stream(
        self,
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Stream[R]:
        """The same for `async for`, with the same options."""
        options = _options(queue, max_rate, changes_only)
        return Stream(lambda: self._open(options))

    async def _open(self, options: Options) -> _core.Stream:
        """Subscribe at the broker. Waits while there is no connection."""
        signals = [(path, signal._members) for path, signal in self._signals.items()]
        answer = broker.client().subscribe(
            signals, options, self._whole, self._snapshot, self._condition
        )
        stream = await broker.patiently(answer)
        broker.watch()
        return stream

    def __repr__(self) -> str:
        return f"<selection of {', '.join(self._signals)}>"


def join(*signals: Signal[Any]) -> Selection[Snapshot]:
    """Follow several signals together: each update of any of them gives a `Snapshot`, the
    readings of all of them at that moment."""
    if not signals:
        raise ValueError("join needs at least one signal")
    must_be_signals("join", signals)
    return Selection(signals, whole=True, snapshot=Snapshot)


def _options(queue: int, max_rate: float | None, changes_only: bool) -> Options:
    """Raises for options that cannot be."""
    if not isinstance(queue, int) or queue < 0:
        raise ValueError(f"queue is a number of updates, or LATEST (0), not {queue!r}")
    if max_rate is not None and not max_rate > 0:
        raise ValueError(f"max_rate is a number of updates a second above 0, not {max_rate}")
    return Options(queue, None if max_rate is None else 1 / max_rate, changes_only)
