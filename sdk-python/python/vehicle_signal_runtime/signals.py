"""Signals: `Sensor`, `Actuator` and `Attribute` of the generated model, and `VehicleSignal`,
which stands for any signal by its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from . import broker
from ._core import SignalType
from .condition import Comparable

if TYPE_CHECKING:
    from enum import Enum

    from ._core import Condition, Metadata, Reading
    from .selection import Selection
    from .streams import Stream
    from .subscription import Subscription

T = TypeVar("T")

#: How many updates of one subscription may wait for its callback.
QUEUE = 1024

#: The `queue` that keeps only the newest update of each signal.
LATEST = 0


class Signal(Comparable[T]):
    """What all signals have: what the model says about them, and their current value."""

    path: str
    """The full name, `Vehicle.Speed`."""
    datatype: str
    """As the model writes it, `uint8[]`."""
    unit: str | None
    """Of the value and its bounds, `km/h`; None where it has none."""
    min: float | None
    """The lowest value that it may hold, in its unit; None: its datatype's."""
    max: float | None
    """The highest value that it may hold, in its unit; None: its datatype's."""
    allowed: tuple[Any, ...]
    """The values that it may hold, as enum members where it has an enum; empty: any."""
    default: T | None
    """What the model says it holds at first. It is never read in place of a missing value."""
    description: str
    comment: str | None
    deprecation: str | None
    """Since when and why it should not be used any more; None as long as it should."""

    def __init__(
        self,
        path: str,
        datatype: str,
        *,
        unit: str | None = None,
        min: float | None = None,
        max: float | None = None,
        allowed: tuple[Any, ...] = (),
        default: Any = None,
        description: str = "",
        comment: str | None = None,
        deprecation: str | None = None,
        enum: type[Enum] | None = None,
    ) -> None:
        self.path = path
        self.datatype = datatype
        self.unit = unit
        self.min = min
        self.max = max
        self.allowed = allowed if enum is None else tuple(enum)
        self.default = default if enum is None else _member(enum, default)
        self.description = description
        self.comment = comment
        self.deprecation = deprecation
        self._members = None if enum is None else {m.value: m for m in enum}
        self._type: SignalType | None = None

    def _checked_type(self) -> SignalType | None:
        """What `set` and `publish` check a value against; made when first needed."""
        if self._type is None:
            self._type = SignalType(self.datatype, self.min, self.max, list(self.allowed))
        return self._type

    async def get(self) -> Reading[T]:
        """Return the current value. A signal without one gives a reading whose `available`
        is False, not an error.

        Raises UnknownSignal, PermissionDenied, and NotConnected while there is no broker.
        """
        reading: Reading[T] = await broker.client().get(self.path, self._members)
        return reading

    async def publish(self, value: T) -> None:
        """Publish the current value, as the provider of this signal.

        Type, bounds and allowed values are checked before anything is sent. Raises
        InvalidValue, UnknownSignal, PermissionDenied, and NotConnected while there is no
        broker.
        """
        await broker.client().publish(self.path, value, self._checked_type())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"


class _Changing(Signal[T]):
    """A signal whose value changes while the vehicle runs."""

    async def subscribe(
        self,
        callback: Callable[[Reading[T]], object],
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Subscription:
        """Call `callback` with the current value and with each one that follows.

        The callback is async or plain. An exception in it is logged with its traceback, and
        the subscription goes on. When updates come faster than the callback returns, the
        last `queue` of them wait and older ones are dropped and counted; `queue=LATEST`
        keeps only the newest. At most `max_rate` updates come in a second, and the last one
        always; with `changes_only` no value comes twice in a row. After a loss of the
        connection the subscription is made again.

        Waits while there is no broker. Raises UnknownSignal and PermissionDenied.
        """
        return await self._alone().subscribe(
            callback, queue=queue, max_rate=max_rate, changes_only=changes_only
        )

    def stream(
        self,
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Stream[Reading[T]]:
        """The current value and each one that follows, for `async for`; same options."""
        return self._alone().stream(queue=queue, max_rate=max_rate, changes_only=changes_only)

    def where(self, condition: Condition | str) -> Selection[Reading[T]]:
        """The readings of this signal while a condition holds: an expression such as
        `(vehicle.Speed > 50) & (vehicle.Body.Hood.IsOpen == False)`, or text, where that is
        `Vehicle.Speed > 50 AND Vehicle.Body.Hood.IsOpen = false`.

        Each update of this signal and of any that the condition names is looked at. A signal
        without a value makes a comparison neither true nor false, and what is not true does
        not pass. Raises InvalidCondition for a text that is none; `subscribe` raises when a
        signal is not there, may not be read, or is compared with what it cannot hold.
        """
        from .selection import Selection

        return Selection([self], whole=True).where(condition)

    def _alone(self) -> Selection[Reading[T]]:
        from .selection import Selection

        return Selection([self])


class Sensor(_Changing[T]):
    """A signal that the vehicle measures or reports."""


class Attribute(Signal[T]):
    """A property of the vehicle that does not change while it runs."""


class Actuator(_Changing[T]):
    """A signal whose target can be set."""

    async def set(self, value: T) -> None:
        """Ask the vehicle to bring this signal to `value`.

        Type, bounds and allowed values are checked before anything is sent. The value is
        the current one only when the vehicle reports it: `get` may still read the old one.

        Raises InvalidValue; NoProvider while nothing in the vehicle carries it out;
        UnknownSignal, PermissionDenied, and NotConnected while there is no broker. What
        `VehicleSignal` names may turn out to be no actuator: NotAnActuator.
        """
        await broker.client().actuate(self.path, value, self._checked_type())


class VehicleSignal(Actuator[Any]):
    """Any signal by its path, without a generated model.

    Its datatype and bounds are the broker's, fetched when first needed. `unit`, `min` and
    the like are therefore empty here; `metadata` asks for them.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "")

    def _checked_type(self) -> SignalType | None:
        return None

    async def metadata(self) -> Metadata:
        """Return what the broker knows about this signal. Raises UnknownSignal, also for a
        branch, and NotConnected while there is no broker."""
        return await broker.client().metadata(self.path)


def must_be_signals(taker: str, given: Iterable[object]) -> None:
    """Raise TypeError for what is no signal, such as a path or a branch."""
    for one in given:
        if not isinstance(one, Signal):
            hint = f": write VehicleSignal({one!r})" if isinstance(one, str) else ""
            raise TypeError(f"{taker} takes signals, not {one!r}{hint}")


def _member(enum: type[Enum], default: Any) -> Any:
    if default is None:
        return None
    if isinstance(default, (list, tuple)):
        return [enum(item) for item in default]
    return enum(default)
