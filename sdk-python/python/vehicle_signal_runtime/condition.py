"""Conditions as expressions: `(vehicle.Speed > 50) & (vehicle.Body.Hood.IsOpen == False)`."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from ._core import Condition

T = TypeVar("T")


class Comparable(Generic[T]):
    """A signal within a condition: compared with a value of its type, or with another signal.

    Nothing is asked of the broker here. Conditions are combined with `&`, `|` and `~`, each
    part in parentheses; where a signal has no value a comparison is neither true nor false,
    and what is not true does not pass.

    A value of another type is refused by type checkers, except after `==` and `!=`, where
    Python lets everything stand; `subscribe` raises InvalidCondition for all of them. As `==`
    makes a condition, whether a list holds a signal is a question for `is` or `path`.
    """

    path: str

    def __lt__(self, other: T | Comparable[Any]) -> Condition:
        return self._compared("<", other)

    def __le__(self, other: T | Comparable[Any]) -> Condition:
        return self._compared("<=", other)

    def __gt__(self, other: T | Comparable[Any]) -> Condition:
        return self._compared(">", other)

    def __ge__(self, other: T | Comparable[Any]) -> Condition:
        return self._compared(">=", other)

    def __eq__(self, other: T | Comparable[Any]) -> Condition:  # type: ignore[override]
        return self._compared("=", other)

    def __ne__(self, other: T | Comparable[Any]) -> Condition:  # type: ignore[override]
        return self._compared("!=", other)

    # Signals are keys of dictionaries, where each is itself alone.
    __hash__ = object.__hash__

    def between(self, low: T, high: T) -> Condition:
        """At least `low` and at most `high`."""
        return Condition.between(self.path, low, high)

    def _compared(self, comparison: str, other: Any) -> Condition:
        if isinstance(other, Comparable):
            return Condition.compare_signals(self.path, comparison, other.path)
        if isinstance(other, (bool, int, float, str)):
            return Condition.compare(self.path, comparison, other)
        unknown: Condition = NotImplemented
        return unknown
