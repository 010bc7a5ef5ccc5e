"""What the generated model is made of. Apps need nothing from here but `Branch`, as a type."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from .signals import Actuator, Attribute, Sensor

__all__ = ["Actuator", "Any", "Attribute", "Branch", "Sensor", "StringEnum"]

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

    def _branch(self, kind: type[N], name: str) -> N:
        node = self._nodes.get(name)
        if node is None:
            make: Any = kind
            node = self._nodes[name] = make(f"{self._path}.{name}")
        found: N = node
        return found

    def _leaf(self, kind: type[N], name: str, datatype: str, **facts: Any) -> N:
        node = self._nodes.get(name)
        if node is None:
            make: Any = kind
            node = self._nodes[name] = make(f"{self._path}.{name}", datatype, **facts)
        found: N = node
        return found

    def __repr__(self) -> str:
        return f"<branch {self._path}>"


class StringEnum(str, Enum):
    """An enum whose members are the strings they stand for, also when printed."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
