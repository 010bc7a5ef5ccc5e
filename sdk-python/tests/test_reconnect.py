"""The broker goes and comes back: an app notices, reconnects, and receives again."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from harness import Broker, model_options, until

from vehicle_signal_runtime import (
    NotConnected,
    PermissionDenied,
    Reading,
    Sensor,
    UnknownSignal,
    VehicleApp,
    broker,
    use_broker,
)

SPEED = Sensor[float]("Vehicle.Speed", "float")
DISTANCE = Sensor[float]("Vehicle.TraveledDistance", "float")

#: A model in which there is no speed.
OTHER_MODEL = """
Vehicle:
  type: branch
  description: Another vehicle.
Vehicle.TraveledDistance:
  type: sensor
  datatype: float
  description: How far it went.
"""


class Witness(VehicleApp):
    """Notes what happens to it, and how often it is told of each speed."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.speeds: Counter[float] = Counter()

    async def on_start(self) -> None:
        await SPEED.subscribe(self.on_speed)
        self.events.append("started")

    async def on_speed(self, speed: Reading[float]) -> None:
        # The mock provider begins with 0.
        if speed.value:
            self.speeds[speed.value] += 1

    async def on_disconnect(self, reason: str) -> None:
        self.events.append(f"lost: {reason}")

    def on_reconnect(self) -> None:
        self.events.append("back")

    def is_told(self, event: str) -> bool:
        return self.events[-1].startswith(event)


@asynccontextmanager
async def running(app: Witness, broker: Broker, address: str | None = None) -> AsyncIterator[None]:
    """The broker and the app at it; the app must not have ended by itself."""
    await asyncio.to_thread(broker.start)
    use_broker(address or broker.address)
    life = asyncio.ensure_future(app.serve())
    await until(lambda: life.done() or app.events)
    try:
        yield
        assert not life.done()
    finally:
        app.stop()
        await life
        # Nothing of it goes on in a loop that does.
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def feed(numbers: Iterator[int]) -> None:
    """Publish one speed after the other for as long as there is a broker."""
    try:
        for number in numbers:
            await SPEED.publish(float(number))
    except NotConnected:
        return


async def receives(app: Witness, speeds: list[float]) -> None:
    """Publish speeds, each of which the app is told."""
    await asyncio.gather(*map(SPEED.publish, speeds))
    await until(lambda: all(speed in app.speeds for speed in speeds))


async def goes_through(restarts: int, broker: Broker, address: str) -> None:
    """Kill the broker in the midst of a stream and start it again, so many times."""
    app = Witness()
    numbers = itertools.count(1)
    async with running(app, broker, address):
        for _ in range(restarts):
            told = len(app.speeds)
            feeder = asyncio.ensure_future(feed(numbers))
            await until(lambda: len(app.speeds) > told + 3)  # noqa: B023
            broker.stop()
            await until(lambda: app.is_told("lost"))
            await feeder
            await asyncio.to_thread(broker.start)
            await until(lambda: app.is_told("back"))
            # From the first that comes on, the subscription is there again.
            await receives(app, [float(next(numbers))])
            await receives(app, [float(next(numbers)) for _ in range(20)])
    assert len(app.events) == 1 + 2 * restarts
    for lost, back in zip(app.events[1::2], app.events[2::2], strict=True):
        assert lost.startswith("lost: ") and back == "back"
    assert set(app.speeds.values()) == {1}, "a value that came twice has two subscriptions"


async def test_an_app_goes_through_50_restarts_of_50(own_broker: Broker) -> None:
    """It is told of each loss and each return, in order, and of each value once."""
    await goes_through(50, own_broker, own_broker.address)


async def test_the_same_over_a_socket(socket_broker: Broker) -> None:
    """As inside the runtime."""
    await goes_through(10, socket_broker, socket_broker.socket)


async def test_a_broker_that_hangs_is_noticed_by_its_silence(own_broker: Broker) -> None:
    """It closes nothing, but it does not answer pings; once it does, the app is back."""
    app = Witness()
    async with running(app, own_broker):
        await receives(app, [1.0])
        own_broker.pause()
        try:
            await until(lambda: app.is_told("lost"), 60)
        finally:
            own_broker.resume()
        await until(lambda: app.is_told("back"), 60)
        await receives(app, [2.0])
        await receives(app, [3.0])
    assert app.events == ["started", "lost: the broker does not answer", "back"]
    # The value of the moment comes again with the new subscription.
    assert app.speeds[2.0] == app.speeds[3.0] == 1


async def test_what_the_next_broker_does_not_know_ends_and_the_rest_goes_on(
    own_broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a clear error in the log, at once."""
    caplog.set_level(logging.INFO)
    model = tmp_path / "other.vspec"
    model.write_text(OTHER_MODEL)
    distances: list[float | None] = []

    class Traveller(Witness):
        async def on_start(self) -> None:
            await DISTANCE.subscribe(lambda reading: distances.append(reading.value))
            await super().on_start()

    app = Traveller()
    async with running(app, own_broker):
        own_broker.stop()
        await until(lambda: app.is_told("lost"))
        await asyncio.to_thread(own_broker.start, *model_options(model))
        await until(lambda: app.is_told("back"))
        await DISTANCE.publish(12.5)
        await until(lambda: 12.5 in distances)
        await until(lambda: any(record.levelno == logging.ERROR for record in caplog.records))
        with pytest.raises(UnknownSignal):
            await SPEED.get()
    (error,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert error.name == "Traveller"
    assert error.getMessage().startswith("the subscription to Vehicle.Speed ended: ")
    assert distances.count(12.5) == 1


async def test_handlers_are_called_one_after_the_other_and_may_fail(
    own_broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """`on_reconnect` waits for `on_disconnect`; the connection is back all the same."""
    gate = asyncio.Event()

    class Slow(Witness):
        async def on_disconnect(self, reason: str) -> None:
            await super().on_disconnect(reason)
            await gate.wait()
            self.events.append("on_disconnect ends")
            raise RuntimeError("no luck")

        def on_reconnect(self) -> None:
            super().on_reconnect()
            raise RuntimeError("no luck either")

    app = Slow()
    async with running(app, own_broker):
        own_broker.stop()
        await until(lambda: app.is_told("lost"))
        await asyncio.to_thread(own_broker.start)
        for speed in itertools.count(1):
            # Nobody says when the broker is back while the handler stays.
            try:
                await SPEED.publish(float(speed))
                break
            except NotConnected:
                await asyncio.sleep(0.01)
        await until(lambda: app.speeds)
        assert len(app.events) == 2
        gate.set()
        await until(lambda: app.is_told("back"))
        await receives(app, [1000.0])
    assert [event.partition(":")[0] for event in app.events[1:]] == [
        "lost",
        "on_disconnect ends",
        "back",
    ]
    failed = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in failed] == [
        "on_disconnect failed",
        "on_reconnect failed",
    ]
    assert all(record.exc_info and record.name == "Slow" for record in failed)


class Closing:
    """Stands for a client whose broker does not let it in again."""

    address = "nowhere"

    def __init__(self) -> None:
        self.has_answered = False

    def ready(self) -> asyncio.Future[int]:
        answer = asyncio.get_running_loop().create_future()
        if self.has_answered:
            answer.set_exception(PermissionDenied("no longer admitted"))
        else:
            answer.set_result(1)
        self.has_answered = True
        return answer

    async def lost(self, connection: int) -> str:
        return f"connection {connection} is gone"


async def test_what_keeps_an_app_out_for_good_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the error, after `on_stop`, so that its restart policy applies."""
    monkeypatch.setattr(broker, "_client", Closing())

    class Refused(Witness):
        async def on_start(self) -> None:
            self.events.append("started")

        async def on_stop(self) -> None:
            self.events.append("stopped")

    app = Refused()
    with pytest.raises(PermissionDenied, match="no longer admitted"):
        await asyncio.wait_for(app.serve(), 30)
    assert app.events == ["started", "lost: connection 1 is gone", "stopped"]
