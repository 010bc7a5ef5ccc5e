"""What reading a signal gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["TypedDataPointResult"]

T = TypeVar("T")


@dataclass
class TypedDataPointResult(Generic[T]):
    """The value of a signal at a moment."""

    path: str
    #: None when the signal has no value.
    value: T | None
    #: When the value was set, in UTC; None when there is none.
    timestamp: datetime | None
