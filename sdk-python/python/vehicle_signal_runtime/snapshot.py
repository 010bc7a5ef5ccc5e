"""The readings of several signals at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ._core import Reading
    from .signals import Signal

T = TypeVar("T")


class Snapshot:
    """The readings of several signals at one moment, each found by its signal."""

    def __init__(self, readings: Iterable[Reading[Any]]) -> None:
        self._readings = {reading.path: reading for reading in readings}

    def __getitem__(self, signal: Signal[T]) -> Reading[T]:
        """The reading of one of the signals; KeyError for any other signal."""
        reading: Reading[T] | None = self._readings.get(signal.path)
        if reading is None:
            paths = ", ".join(self._readings)
            raise KeyError(f"{signal.path} is not in this snapshot, which has {paths}")
        return reading

    def __contains__(self, signal: Signal[Any]) -> bool:
        return signal.path in self._readings

    def __iter__(self) -> Iterator[Reading[Any]]:
        """The readings, in the order of the signals."""
        return iter(self._readings.values())

    def __len__(self) -> int:
        return len(self._readings)

    def __repr__(self) -> str:
        return f"Snapshot({', '.join(map(repr, self))})"
