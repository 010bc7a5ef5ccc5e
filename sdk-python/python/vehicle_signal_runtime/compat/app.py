"""The frame of existing apps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from .. import app as runtime
from .deprecation import warn
from .subscriptions import Done, subscribe

if TYPE_CHECKING:
    from .topics import Topics

__all__ = ["VehicleApp", "subscribe_data_points", "subscribe_topic"]

F = TypeVar("F", bound=Callable[..., Any])


def subscribe_topic(topic: str) -> Callable[[F], F]:
    """Call a method of the app with each message of an MQTT topic, as text. The topic may
    have wildcards: `seat/+/position`, `seat/#`."""
    return _mark("_subscribed_topic", topic)


def subscribe_data_points(data_point_names: str, condition: str = "") -> Callable[[F], F]:
    """Call a method of the app with the values of signals, whose full names are separated by
    commas, as far as a condition holds."""
    paths = [path.strip() for path in data_point_names.split(",")]
    return _mark("_subscribed_data_points", (paths, [condition] if condition else []))


def _mark(name: str, value: object) -> Callable[[F], F]:
    def mark(method: F) -> F:
        setattr(method, name, value)
        return method

    return mark


class VehicleApp:
    """Base class of existing apps; new ones use the one of `vehicle_signal_runtime`.

    An app that handles SIGTERM itself, as most do with `LOOP.stop`, is left alone with it;
    otherwise SIGTERM ends `run`, after `on_stop`.
    """

    _life: _Life | None = None
    _topics: Topics | None = None

    def __init__(self, vehicle: object = None) -> None:
        """Nothing happens here yet. Older apps hand over the vehicle, which is not needed."""

    async def on_start(self) -> None:
        """Called once the broker answers and what the decorators name is subscribed to."""

    async def on_stop(self) -> None:
        """Called when the app has been asked to stop; the broker can still be used."""

    async def run(self) -> None:
        """Start the app and stay until it is stopped."""
        self._life = _Life(self)
        await self._life.serve()

    def stop(self) -> Done:
        """Ask the app to stop, with or without `await`. Call it from the app's own loop."""
        if self._life is not None:
            self._life.stop()
        return Done()

    async def publish_event(self, topic: str, data: str) -> None:
        """Publish a message on an MQTT topic."""
        self._open_topics().publish(topic, data)

    async def publish_mqtt_event(self, topic: str, data: str) -> None:
        """The same as `publish_event`."""
        warn("publish_mqtt_event", "publish_event")
        await self.publish_event(topic, data)

    def _open_topics(self) -> Topics:
        from .topics import Topics

        if self._topics is None:
            self._topics = Topics()
        return self._topics

    async def _begin(self) -> None:
        for topic, method in _marked(self, "_subscribed_topic"):
            self._open_topics().subscribe(topic, method)
        for (paths, conditions), method in _marked(self, "_subscribed_data_points"):
            await subscribe(paths, conditions, method)
        await self.on_start()

    async def _end(self) -> None:
        try:
            await self.on_stop()
        finally:
            if self._topics is not None:
                await self._topics.close()


class _Life(runtime.VehicleApp):
    """The life of such an app. It is kept apart, because an existing app may use any name for
    an attribute of its own."""

    def __init__(self, app: VehicleApp) -> None:
        super().__init__()
        self._app = app

    @cached_property
    def _app_name(self) -> str:
        return type(self._app).__name__

    async def on_start(self) -> None:
        await self._app._begin()

    async def on_stop(self) -> None:
        await self._app._end()


def _marked(app: VehicleApp, mark: str) -> Iterator[tuple[Any, Callable[[Any], object]]]:
    """What a decorator has noted at methods of the app, and those methods."""
    for name in dir(type(app)):
        noted = getattr(getattr(type(app), name, None), mark, None)
        if noted is not None:
            yield noted, getattr(app, name)
