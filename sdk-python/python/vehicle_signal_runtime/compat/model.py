"""Nodes of a vehicle model: branches, typed signals, and setting several at once.

The package `vehicle` makes them from the generated model; an app may also write a model of its
own with them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .. import BatchRefused, NotAnActuator, VehicleSignal, batch
from .subscriptions import DataPointReply, VdbSubscription, subscribe
from .types import TypedDataPointResult

__all__ = [
    "BatchSetBuilder",
    "DataPoint",
    "DataPointBoolean",
    "DataPointBooleanArray",
    "DataPointDouble",
    "DataPointDoubleArray",
    "DataPointFloat",
    "DataPointFloatArray",
    "DataPointInt8",
    "DataPointInt8Array",
    "DataPointInt16",
    "DataPointInt16Array",
    "DataPointInt32",
    "DataPointInt32Array",
    "DataPointInt64",
    "DataPointInt64Array",
    "DataPointString",
    "DataPointStringArray",
    "DataPointUint8",
    "DataPointUint8Array",
    "DataPointUint16",
    "DataPointUint16Array",
    "DataPointUint32",
    "DataPointUint32Array",
    "DataPointUint64",
    "DataPointUint64Array",
    "Model",
    "Node",
]

T = TypeVar("T")


class Node:
    """A branch or a signal, below its parent."""

    def __init__(self, parent: Node | None = None) -> None:
        self.name = type(self).__name__
        self.parent = parent

    def get_path(self) -> str:
        """The full name, `Vehicle.Cabin.Door`."""
        return self.name if self.parent is None else f"{self.parent.get_path()}.{self.name}"


class Model(Node):
    """A branch."""

    @staticmethod
    def set_many() -> BatchSetBuilder:
        """Begin to set several signals at once."""
        return BatchSetBuilder()

    def getNode(self, datapoint_str: str) -> Any:  # noqa: N802
        """The node of a full name below this branch. ValueError when the name does not begin
        with this branch's own, AttributeError when there is no such node."""
        path = self.get_path()
        if datapoint_str != path and not datapoint_str.startswith(f"{path}."):
            raise ValueError(f"{datapoint_str!r} does not begin with {path!r}")
        node: Any = self
        for name in datapoint_str[len(path) :].split(".")[1:]:
            node = node._child(name) if isinstance(node, Model) else None
            if node is None:
                raise AttributeError(f"the model has no node {datapoint_str!r}")
        return node

    def _child(self, name: str) -> Any:
        """The node of this name in the model, or None."""
        return getattr(self, name, None)


class _Followed(ABC):
    """What can be subscribed to: signals, and the conditions under which they count."""

    @abstractmethod
    def _named(self) -> tuple[list[str], list[str]]:
        """The signals' paths and the conditions' texts."""

    def join(self, *nodes: DataPoint[Any]) -> Query:
        """These signals and more."""
        paths, conditions = self._named()
        return Query([*paths, *(node.get_path() for node in nodes)], conditions)

    def where(self, condition: str) -> Query:
        """Only while a condition holds: `Vehicle.Speed > 50 AND NOT Vehicle.IsMoving = true`."""
        paths, conditions = self._named()
        return Query(paths, [*conditions, condition])

    async def subscribe(self, on_update: Callable[[DataPointReply], object]) -> VdbSubscription:
        """Call `on_update`, async or plain, with the values of the moment and at each change."""
        return await subscribe(*self._named(), on_update)


class Query(_Followed):
    """Several signals, or signals with conditions."""

    def __init__(self, paths: list[str], conditions: list[str]) -> None:
        self._paths = paths
        self._conditions = conditions

    def _named(self) -> tuple[list[str], list[str]]:
        return self._paths, self._conditions


class DataPoint(Node, _Followed, Generic[T]):
    """A signal of any type."""

    def __init__(self, name: str, parent: Node) -> None:
        super().__init__(parent)
        self.name = name

    def _named(self) -> tuple[list[str], list[str]]:
        return [self.get_path()], []

    async def get(self) -> TypedDataPointResult[T]:
        """The current value; a signal without one gives the value None."""
        reading = await VehicleSignal(self.get_path()).get()
        return TypedDataPointResult(reading.path, reading.value, reading.timestamp)

    async def set(self, value: T) -> None:
        """Set the target of an actuator; TypeError on any other signal."""
        await VehicleSignal(self.get_path()).set(self._as_sent(value))

    def _as_sent(self, value: Any) -> Any:
        """The value as the broker takes it: existing apps mix numbers and truth values."""
        return value


class _Number(DataPoint[T]):
    def _as_sent(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else value


class DataPointBoolean(DataPoint[bool]):
    """A signal of type boolean."""

    def _as_sent(self, value: Any) -> Any:
        return bool(value) if isinstance(value, int) else value


class DataPointBooleanArray(DataPoint[list[bool]]):
    """A signal of type boolean[]."""


class DataPointInt8(_Number[int]):
    """A signal of type int8."""


class DataPointInt8Array(DataPoint[list[int]]):
    """A signal of type int8[]."""


class DataPointInt16(_Number[int]):
    """A signal of type int16."""


class DataPointInt16Array(DataPoint[list[int]]):
    """A signal of type int16[]."""


class DataPointInt32(_Number[int]):
    """A signal of type int32."""


class DataPointInt32Array(DataPoint[list[int]]):
    """A signal of type int32[]."""


class DataPointInt64(_Number[int]):
    """A signal of type int64."""


class DataPointInt64Array(DataPoint[list[int]]):
    """A signal of type int64[]."""


class DataPointUint8(_Number[int]):
    """A signal of type uint8."""


class DataPointUint8Array(DataPoint[list[int]]):
    """A signal of type uint8[]."""


class DataPointUint16(_Number[int]):
    """A signal of type uint16."""


class DataPointUint16Array(DataPoint[list[int]]):
    """A signal of type uint16[]."""


class DataPointUint32(_Number[int]):
    """A signal of type uint32."""


class DataPointUint32Array(DataPoint[list[int]]):
    """A signal of type uint32[]."""


class DataPointUint64(_Number[int]):
    """A signal of type uint64."""


class DataPointUint64Array(DataPoint[list[int]]):
    """A signal of type uint64[]."""


class DataPointFloat(_Number[float]):
    """A signal of type float."""


class DataPointFloatArray(DataPoint[list[float]]):
    """A signal of type float[]."""


class DataPointDouble(_Number[float]):
    """A signal of type double."""


class DataPointDoubleArray(DataPoint[list[float]]):
    """A signal of type double[]."""


class DataPointString(DataPoint[str]):
    """A signal of type string."""


class DataPointStringArray(DataPoint[list[str]]):
    """A signal of type string[]."""


class BatchSetBuilder:
    """Actuators to be set together, in one message."""

    def __init__(self) -> None:
        self._values: list[tuple[DataPoint[Any], Any]] = []

    def add(self, node: DataPoint[T], value: T) -> BatchSetBuilder:
        """Add an actuator with its target; gives the builder back."""
        self._values.append((node, value))
        return self

    async def apply(self) -> None:
        """Set them; when one is refused, none is sent. TypeError for what is no actuator."""
        try:
            async with batch() as together:
                for node, value in self._values:
                    together.set(VehicleSignal(node.get_path()), node._as_sent(value))
        except BatchRefused as refused:
            for error in refused.errors:
                if isinstance(error, NotAnActuator):
                    raise error from refused
            raise
