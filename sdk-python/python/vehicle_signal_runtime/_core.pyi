"""The native core. Apps use `vehicle_signal_runtime` instead."""

from asyncio import Future
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar, final

from .selection import Options

# Path, value, and what to check it against: None means the broker's own metadata.
_Entry: TypeAlias = tuple[str, object, SignalType | None]

_T_co = TypeVar("_T_co", covariant=True)

@final
class Reading(Generic[_T_co]):
    """The value of a signal at a moment, or why there is none."""

    def __new__(
        cls,
        path: str,
        value: _T_co | None = None,
        timestamp: datetime | None = None,
        reason: str | None = None,
        initial: bool = False,
    ) -> Reading[_T_co]: ...
    @property
    def path(self) -> str: ...
    @property
    def value(self) -> _T_co | None:
        """None when the signal has no value; nothing stands in for a missing one."""
    @property
    def available(self) -> bool:
        """Whether there is a value."""
    @property
    def timestamp(self) -> datetime | None:
        """When the value was set, as an aware datetime in UTC; None when there is none."""
    @property
    def reason(self) -> str | None:
        """Why there is no value; None when there is one."""
    @property
    def initial(self) -> bool:
        """Whether it is the value that a subscription began with, also after a reconnect."""

@final
class Condition:
    """What must hold for an update to be delivered."""

    @staticmethod
    def parse(text: str) -> Condition:
        """Read a text such as `Vehicle.Speed > 50 AND NOT Vehicle.Body.Hood.IsOpen`; raise
        InvalidCondition, with the column, for one that is none."""
    @staticmethod
    def compare(path: str, comparison: str, value: bool | float | str) -> Condition:
        """A signal and a value side by side; `comparison` is a symbol such as `>=`."""
    @staticmethod
    def compare_signals(path: str, comparison: str, other: str) -> Condition:
        """Two signals side by side."""
    @staticmethod
    def between(path: str, low: object, high: object) -> Condition:
        """A signal that is neither below `low` nor above `high`."""
    @property
    def signals(self) -> list[str]:
        """The paths of the signals it names, each once."""
    def __and__(self, other: Condition, /) -> Condition: ...
    def __rand__(self, other: Condition, /) -> Condition: ...
    def __or__(self, other: Condition, /) -> Condition: ...
    def __ror__(self, other: Condition, /) -> Condition: ...
    def __invert__(self) -> Condition: ...

@final
class Metadata:
    """What the broker knows about a signal."""

    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str:
        """`sensor`, `actuator` or `attribute`."""
    @property
    def datatype(self) -> str:
        """As the model writes it, `uint8[]`; empty where the broker does not say."""
    @property
    def unit(self) -> str | None: ...
    @property
    def description(self) -> str: ...
    @property
    def comment(self) -> str | None: ...
    @property
    def deprecation(self) -> str | None: ...
    @property
    def min(self) -> float | None: ...
    @property
    def max(self) -> float | None: ...
    @property
    def allowed(self) -> tuple[Any, ...]:
        """The values it may hold; empty when it may hold any."""

@final
class SignalType:
    """A datatype with its bounds."""

    def __new__(
        cls,
        datatype: str,
        min: float | None = None,
        max: float | None = None,
        allowed: list[Any] | None = None,
    ) -> SignalType: ...
    def check(self, value: object, path: str = "") -> None:
        """Raise InvalidValue when a signal of this type may not hold `value`."""

@final
class Stream:
    """Items of one subscription, taken one by one or handed to a callback."""

    def next(self) -> Any:
        """The item that has waited longest, or None."""
    def serve(
        self,
        callback: Callable[[Any], object],
        failed: Callable[[Any, Exception], object],
        seconds: float,
    ) -> Awaitable[None]:
        """Call `callback` with each item until the subscription ends; to be awaited by one
        task. After about so many seconds of calls other tasks have a turn."""
    def wait(self) -> Awaitable[None]: ...
    def close(self) -> None: ...
    @property
    def dropped(self) -> int: ...

@final
class Topic:
    """A subscription to one topic, whose messages are taken in batches."""

    def take(self) -> list[bytes]: ...
    def wait(self) -> Awaitable[None]: ...
    @property
    def dropped(self) -> int: ...

@final
class Topics:
    """A connection to an MQTT broker, made at once and again after each loss."""

    def __new__(
        cls, host: str, port: int, client_id: str, user: str | None = None, password: str = ""
    ) -> Topics: ...
    @staticmethod
    def at_socket(path: str, client_id: str) -> Topics: ...
    def publish(self, topic: str, payload: bytes) -> bool: ...
    def subscribe(self, topic: str) -> Topic: ...
    def changed(self) -> Future[None]: ...
    @property
    def trouble(self) -> str | None: ...
    @property
    def refused(self) -> bool: ...
    def close(self) -> Future[None]: ...

@final
class Actuation:
    """What the vehicle asks of an actuator. The answer is given once."""

    @property
    def path(self) -> str: ...
    @property
    def value(self) -> Any: ...
    def accept(self) -> None: ...
    def refuse(self, reason: str) -> None: ...

@final
class Provider:
    """An open provider: what it is asked for, taken in batches, and what it publishes."""

    def take(self) -> list[Actuation]: ...
    def wait(self) -> Awaitable[None]: ...
    def publish(self, values: list[_Entry]) -> Future[None]: ...
    def close(self) -> Future[None]: ...
    @property
    def conflict(self) -> str | None: ...

@final
class Client:
    """A connection to a broker, made at the first call and again after each loss."""

    def __new__(cls, address: str) -> Client: ...
    @property
    def address(self) -> str: ...
    def again(self) -> Client: ...
    def ready(self) -> Future[int]: ...
    def lost(self, connection: int) -> Future[str]: ...
    def get(self, path: str, members: dict[Any, Any] | None = None) -> Future[Reading[Any]]: ...
    def get_many(
        self, paths: list[str], members: list[dict[Any, Any] | None]
    ) -> Future[list[Reading[Any]]]: ...
    def batch(self, sets: list[_Entry], publishes: list[_Entry]) -> Future[None]: ...
    def actuate(
        self, path: str, value: object, signal_type: SignalType | None = None
    ) -> Future[None]: ...
    def publish(
        self, path: str, value: object, signal_type: SignalType | None = None
    ) -> Future[None]: ...
    def clear(self, path: str) -> Future[None]: ...
    def metadata(self, path: str) -> Future[Metadata]: ...
    def provide(
        self, actuators: list[tuple[str, dict[Any, Any] | None]], publishes: list[str]
    ) -> Future[Provider]: ...
    def subscribe(
        self,
        signals: list[tuple[str, dict[Any, Any] | None]],
        options: Options,
        whole: bool = False,
        snapshot: Callable[[list[Any]], Any] | None = None,
        condition: Condition | None = None,
    ) -> Future[Stream]: ...

@final
class MockBroker:
    """A real broker in this process, for tests."""

    def __new__(
        cls, manifest: str, echo: bool = True, grants: list[tuple[str, str]] | None = None
    ) -> MockBroker: ...
    @property
    def running(self) -> bool: ...
    def client(self) -> Client: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def get(self, path: str, members: dict[Any, Any] | None = None) -> Reading[Any]: ...
    def target(self, path: str, members: dict[Any, Any] | None = None) -> Reading[Any]: ...
    def publish(self, path: str, value: object) -> None: ...
    def actuate(self, path: str, value: object) -> None: ...
    def actuations(self, first: int) -> list[tuple[str, Any]]: ...
    def wait_for_actuation(self, known: int, timeout: float) -> bool: ...
    def watch(self, path: str, members: dict[Any, Any] | None = None) -> MockWatch: ...
    def provide(self, path: str) -> MockProvider: ...

@final
class MockProvider:
    """Carries out the actuations of an actuator of a MockBroker."""

    def next(self, timeout: float) -> list[tuple[str, Any]]: ...
    def close(self) -> None: ...

@final
class MockWatch:
    """What a signal of a MockBroker holds from now on."""

    def next(self, timeout: float) -> list[Reading[Any]]: ...

def calls_under_way() -> int:
    """How many calls of this thread's loop the broker has not answered yet."""

def shutdown() -> None:
    """End the background thread; the next call starts a new one."""
