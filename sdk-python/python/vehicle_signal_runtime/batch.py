"""Several signals in one message: `get_many` reads them, `batch` sets and publishes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from . import broker
from .errors import NotAnActuator
from .signals import Actuator, must_be_signals
from .snapshot import Snapshot

if TYPE_CHECKING:
    from types import TracebackType

    from ._core import SignalType
    from .signals import Signal

T = TypeVar("T")

#: What the native core takes: path, value, and the type to check it against.
Entry = tuple[str, object, "SignalType | None"]


async def get_many(*signals: Signal[Any]) -> Snapshot:
    """Return the current values of several signals, read with one message.

    A signal without a value gives a reading whose `available` is False. One that does not
    exist or that the app may not read is an error for all of them.
    """
    if not signals:
        return Snapshot(())
    must_be_signals("get_many", signals)
    paths = [signal.path for signal in signals]
    members = [signal._members for signal in signals]
    return Snapshot(await broker.client().get_many(paths, members))


def batch() -> Batch:
    """Collect values in an `async with` block, to be sent together at its end.

    ```python
    async with batch() as b:
        b.set(vehicle.Cabin.Seat.Row1.DriverSide.Position, 120)
        b.set(vehicle.Cabin.Seat.Row1.DriverSide.Height, 30)
    ```

    - Type, bounds and allowed values of all are checked before anything is sent. What is
      wrong with them is one `BatchRefused` whose `errors` name every path.
    - An exception in the block leaves it as it is, and nothing is sent.
    - All `set` go in one message: the vehicle is asked for all of them or for none.
    - All `publish` go in one message after that. Several at once need a provider's stream,
      so the signals are claimed for that moment: `AlreadyProvided` is raised when another
      provider has them. A single one is published like `signal.publish` does it.
    - Of a signal that is named twice, the later value counts.

    For many values a second use `provide`, which claims its signals only once.
    """
    return Batch()


class Batch:
    """What `batch` collects."""

    def __init__(self) -> None:
        self._open = False
        self._sets: dict[str, Entry] = {}
        self._publishes: dict[str, Entry] = {}

    def set(self, actuator: Actuator[T], value: T) -> None:
        """Ask the vehicle to bring an actuator to `value`, when the block ends."""
        must_be_signals("set", [actuator])
        if not isinstance(actuator, Actuator):
            raise NotAnActuator(f"{actuator!r}: only an actuator can be set", actuator.path)
        self._add(self._sets, actuator, value)

    def publish(self, signal: Signal[T], value: T) -> None:
        """Publish the current value of a signal, when the block ends."""
        must_be_signals("publish", [signal])
        self._add(self._publishes, signal, value)

    def _add(self, entries: dict[str, Entry], signal: Signal[T], value: T) -> None:
        if not self._open:
            raise RuntimeError("a batch takes values only inside its `async with` block")
        entries[signal.path] = (signal.path, value, signal._checked_type())

    async def __aenter__(self) -> Batch:
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open = False
        sets, publishes = list(self._sets.values()), list(self._publishes.values())
        self._sets, self._publishes = {}, {}
        if kind is None and (sets or publishes):
            await broker.client().batch(sets, publishes)
