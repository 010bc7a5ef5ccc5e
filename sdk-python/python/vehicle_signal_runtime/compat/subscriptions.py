"""Subscriptions to one or several signals, with or without a condition."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import VehicleSignal, join
from .types import TypedDataPointResult

if TYPE_CHECKING:
    from .. import Reading, Subscription
    from .model import DataPoint

__all__ = ["DataPointReply", "VdbSubscription"]


class DataPointReply:
    """The values of a subscription's signals at one moment."""

    def __init__(self, readings: Iterable[Reading[Any]]) -> None:
        self._readings = {reading.path: reading for reading in readings}

    def get(self, datapoint: DataPoint[Any]) -> TypedDataPointResult[Any]:
        """The value of one of the subscription's signals; KeyError for any other signal."""
        path = datapoint.get_path()
        reading = self._readings.get(path)
        if reading is None:
            known = ", ".join(self._readings)
            raise KeyError(f"{path} is not in this subscription, only {known}: join it")
        return TypedDataPointResult(path, reading.value, reading.timestamp)


class Done:
    """What a call gives that is done already but may be awaited, as existing apps do."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


class VdbSubscription:
    """A running subscription."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    def unsubscribe(self) -> Done:
        """End it, with or without `await`."""
        self._subscription.unsubscribe()
        return Done()


async def subscribe(
    paths: Sequence[str],
    conditions: Sequence[str],
    callback: Callable[[DataPointReply], object],
) -> VdbSubscription:
    """Call `callback` with the values of the moment and at each change, while all conditions
    hold."""
    selection = join(*map(VehicleSignal, paths))
    for condition in conditions:
        selection = selection.where(condition)
    return VdbSubscription(
        await selection.subscribe(lambda snapshot: callback(DataPointReply(snapshot)))
    )
