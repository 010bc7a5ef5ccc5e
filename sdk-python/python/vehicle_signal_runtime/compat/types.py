"""What reading a signal gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["TypedDataPointResult"]

T = TypeVar("T")


class TypedDataPointResult(Generic[T]):
    """The value of a signal at a moment: None when it has none. `timestamp` is when the value
    was set, in UTC, and also None when there is none."""

    def __init__(self, path: str, value: T | None, timestamp: datetime | None) -> None:
        self.path = path
        self.value = value
        self.timestamp = timestamp

    def __repr__(self) -> str:
        return f"TypedDataPointResult({self.path!r}, {self.value!r}, {self.timestamp!r})"
