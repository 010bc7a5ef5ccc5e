"""What the generated model is made of. Apps need nothing from here but `Branch`, as a type."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .signals import QUEUE, Actuator, Attribute, Sensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # Type checkers know this module by themselves; nobody has to install it.
    from typing_extensions import deprecated

    from ._core import Condition, Reading
    from .selection import Selection
    from .signals import Signal
    from .streams import Stream
    from .subscription import Subscription
else:

    def deprecated(_: str) -> Any:
        """Mark a signal or a branch as deprecated, for editors and type checkers alone."""
        return lambda getter: getter


__all__ = [
    "Actuator",
    "Attribute",
    "Branch",
    "Instances",
    "Sensor",
    "StringEnum",
    "deprecated",
]

N = TypeVar("N")


class Branch:
    """A branch of the vehicle's tree. What is below it is built when first touched."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._nodes: dict[str, Any] = {}

    @property
    def path(self) -> str:
        """The full name, `Vehicle.Cabin.Door`."""
        return self._path

    def signals(self) -> Iterator[Signal[Any]]:
        """Every signal below this branch, in the order of the model. Each is built when its
        turn comes."""
        for node in self._children():
            if isinstance(node, Branch):
                yield from node.signals()
            else:
                yield node

    async def subscribe(
        self,
        callback: Callable[[Reading[Any]], object],
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Subscription:
        """Call `callback` with the reading of every sensor and actuator below this branch, and
        with each one that follows; options as for a signal."""
        return await self._changing().subscribe(
            callback, queue=queue, max_rate=max_rate, changes_only=changes_only
        )

    def stream(
        self,
        *,
        queue: int = QUEUE,
        max_rate: float | None = None,
        changes_only: bool = False,
    ) -> Stream[Reading[Any]]:
        """The same readings for `async for`."""
        return self._changing().stream(queue=queue, max_rate=max_rate, changes_only=changes_only)

    def where(self, condition: Condition | str) -> Selection[Reading[Any]]:
        """The same readings while a condition holds, an expression or text. A change of what
        only the condition names delivers nothing by itself."""
        return self._changing().where(condition)

    def _changing(self) -> Selection[Reading[Any]]:
        from .selection import Selection

        return Selection(node for node in self.signals() if not isinstance(node, Attribute))

    def _children(self) -> Iterator[Any]:
        """What is right below: branches and signals."""
        for kind in type(self).__mro__:
            if kind.__module__ == __name__:
                return
            for name, attribute in vars(kind).items():
                if isinstance(attribute, property):
                    yield getattr(self, name)

    def _branch(self, kind: type[N], name: str) -> N:
        node = self._nodes.get(name)
        if node is None:
            make: Any = kind
            node = self._nodes[name] = make(f"{self._path}.{name}")
        found: N = node
        return found

    def _sensor(self, name: str, datatype: str, **facts: Any) -> Sensor[Any]:
        found: Sensor[Any] = self._leaf(Sensor, name, datatype, facts)
        return found

    def _actuator(self, name: str, datatype: str, **facts: Any) -> Actuator[Any]:
        found: Actuator[Any] = self._leaf(Actuator, name, datatype, facts)
        return found

    def _attribute(self, name: str, datatype: str, **facts: Any) -> Attribute[Any]:
        found: Attribute[Any] = self._leaf(Attribute, name, datatype, facts)
        return found

    def _leaf(self, kind: Any, name: str, datatype: str, facts: dict[str, Any]) -> Any:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = kind(f"{self._path}.{name}", datatype, **facts)
        return node

    def __repr__(self) -> str:
        return f"<branch {self._path}>"


class Instances(Branch):
    """A branch whose children are instances of one thing: `Seat["Row1"]`, `len(Seat)`,
    `for row in Seat`."""

    #: The attribute of each instance by its label, which is its name in the model.
    _instances: ClassVar[dict[str, str]]

    def __len__(self) -> int:
        """How many instances there are."""
        return len(self._instances)

    def __iter__(self) -> Iterator[Any]:
        """The instances, in the order of the model."""
        return (getattr(self, name) for name in self._instances.values())

    def __getitem__(self, label: Any) -> Any:
        """The instance of this label; KeyError where there is none."""
        name = self._instances.get(label)
        if name is None:
            labels = ", ".join(self._instances)
            raise KeyError(f"{self._path} has no instance {label!r}, only {labels}")
        return getattr(self, name)


class StringEnum(str, Enum):
    """An enum whose members are the strings they stand for, also when printed."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
