"""Providers: actuations that are carried out or refused, values that are published."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import Broker, Run, broker_command, built, until
from test_app import EXAMPLES
from test_values import LIGHT, SEAT, Mode, settled

from vehicle_signal_runtime import (
    Actuator,
    AlreadyProvided,
    BatchRefused,
    InvalidValue,
    NotAnActuator,
    NotConnected,
    Provider,
    Reject,
    Sensor,
    UnknownSignal,
    VehicleApp,
    VehicleSignal,
    get_many,
    provide,
    provides,
    use_broker,
)
from vehicle_signal_runtime.provider import provider_of

HOOD = Actuator[bool]("Vehicle.Body.Hood.IsOpen", "boolean")
LOW_BEAM = Actuator[bool](LIGHT, "boolean")
TRUNK = Actuator[bool]("Vehicle.Body.Trunk.Rear.IsOpen", "boolean")
MODE = Actuator[Mode]("Vehicle.Body.Windshield.Front.Wiping.Mode", "string", enum=Mode)
SPEED = Sensor[float]("Vehicle.Speed", "float", min=0.0, max=250.0)
ANGLE = VehicleSignal("Vehicle.Chassis.SteeringWheel.Angle")


async def test_actuations_come_as_the_type_of_their_signal(broker: str) -> None:
    """To async and plain handlers, and what they publish is the current value."""
    seen: list[object] = []

    async def move(is_open: bool) -> None:
        seen.append(is_open)
        await HOOD.publish(is_open)

    async with provide({HOOD: move, MODE: seen.append, VehicleSignal(SEAT): seen.append}):
        await HOOD.set(True)
        await settled(HOOD, True)
        await MODE.set(Mode.FAST)
        await until(lambda: len(seen) == 2)
        await VehicleSignal(SEAT).set(7)
        await until(lambda: len(seen) == 3)
    assert seen == [True, Mode.FAST, 7] and isinstance(seen[1], Mode)


async def test_a_handler_that_refuses_or_fails_is_called_again(
    broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is logged with its traceback, a refusal is no failure."""
    seen: list[bool] = []

    async def move(is_open: bool) -> None:
        seen.append(is_open)
        if len(seen) == 1:
            raise Reject("the vehicle moves")
        if len(seen) == 2:
            raise RuntimeError("no luck")

    async with provide({HOOD: move}):
        for count, value in enumerate((True, False, True), start=1):
            await HOOD.set(value)
            await until(lambda: len(seen) == count)  # noqa: B023
    assert seen == [True, False, True]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == [f"the handler of {HOOD.path} failed"]
    assert errors[0].exc_info is not None and "no luck" in str(errors[0].exc_info[1])


async def test_a_slow_handler_holds_up_its_own_actuator_alone(broker: str) -> None:
    """Whose actuations are carried out one at a time, in order."""
    gate = asyncio.Event()
    log: list[str] = []

    async def slow(value: int) -> None:
        log.append(f"begin {value}")
        await gate.wait()
        log.append(f"end {value}")

    seat = VehicleSignal(SEAT)
    async with provide({seat: slow, HOOD: lambda value: log.append(f"hood {value}")}):
        for value in (1, 2, 3):
            await seat.set(value)
        await HOOD.set(True)
        await until(lambda: "hood True" in log)
        assert log == ["begin 1", "hood True"]
        gate.set()
        await until(lambda: "end 3" in log)
    assert log[2:] == ["end 1", "begin 2", "end 2", "begin 3", "end 3"]


async def test_what_a_handler_cannot_keep_up_with_is_refused(broker: str) -> None:
    """1024 wait, the others are not kept; afterwards it goes on."""
    gate = asyncio.Event()
    seen: list[int] = []

    async def slow(value: int) -> None:
        await gate.wait()
        seen.append(value)

    seat = VehicleSignal(SEAT)
    arrived: list[bool] = []
    async with provide({seat: slow, HOOD: arrived.append}):
        for value in range(1100):
            await seat.set(value)
        # They come in order, so all others have arrived by then.
        await HOOD.set(True)
        await until(lambda: arrived)
        gate.set()
        await until(lambda: len(seen) == 1024)
        assert seen == list(range(1024))
        await seat.set(2000)
        await until(lambda: seen[-1] == 2000)


async def test_the_end_of_the_block_ends_claims_and_handlers(broker: str) -> None:
    """A handler that runs is cancelled; the mock carries the actuator out again."""
    began = asyncio.Event()
    ended: list[str] = []

    async def never(_: bool) -> None:
        began.set()
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("cancelled")

    for _ in range(20):
        async with provide({HOOD: never}, publishes=[SPEED]) as provider:
            await HOOD.set(True)
            await asyncio.wait_for(began.wait(), 10)
            assert provider.active
        assert ended == ["cancelled"] and not provider.active
        began.clear()
        ended.clear()
        for value in (True, False):
            await HOOD.set(value)
            await settled(HOOD, value)
    with pytest.raises(NotConnected, match="the provider is not open"):
        await provider.publish(SPEED, 1.0)


async def test_values_are_published_alone_and_together(broker: str) -> None:
    """They are there when `publish` returns."""
    async with provide(publishes=[SPEED, ANGLE]) as provider:
        for turn in range(1, 100):
            await provider.publish(SPEED, float(turn))
            assert (await SPEED.get()).value == turn
            await provider.publish_many({SPEED: turn + 0.5, ANGLE: -turn})
            snapshot = await get_many(SPEED, ANGLE)
            assert (snapshot[SPEED].value, snapshot[ANGLE].value) == (turn + 0.5, -turn)
        many = [provider.publish(ANGLE, angle) for angle in range(500)]
        await asyncio.gather(*many)
        assert (await ANGLE.get()).value == 499


async def test_wrong_values_are_refused_before_sending(broker: str) -> None:
    """One by its own error, several together; the provider goes on."""
    async with provide(publishes=[SPEED, ANGLE]) as provider:
        await provider.publish(SPEED, 1.0)
        with pytest.raises(InvalidValue, match=r"^Vehicle\.Speed: 300 is above the maximum 250$"):
            await provider.publish(SPEED, 300.0)
        with pytest.raises(BatchRefused, match=r"^nothing was sent: ") as caught:
            await provider.publish_many({SPEED: -1.0, ANGLE: "left"})
        assert {error.path for error in caught.value.errors} == {SPEED.path, ANGLE.path}
        with pytest.raises(ValueError, match=r"Body\.Hood\.IsOpen is not among the signals"):
            await provider.publish(HOOD, True)
        assert (await SPEED.get()).value == 1.0


async def test_what_the_broker_refuses_is_an_error_of_the_publish(broker: str) -> None:
    """Where the app's model allows what the broker's does not."""
    seat = Actuator[int](SEAT, "int32")
    wrong = Actuator[float]("Vehicle.Body.Lights.Beam.High.IsOn", "float")
    async with provide(publishes=[seat, wrong, SPEED]) as provider:
        with pytest.raises(InvalidValue) as caught:
            await provider.publish(seat, -1)
        assert caught.value.path == SEAT
        with pytest.raises(BatchRefused, match=r"^the other values were published: ") as several:
            await provider.publish_many({seat: -1, wrong: 1.5, SPEED: 77.0})
        assert {error.path for error in several.value.errors} == {SEAT, wrong.path}
        assert (await SPEED.get()).value == 77.0


async def test_a_signal_has_one_provider(broker: str) -> None:
    """A second one hears so at once, for actuations and for values; then it is free."""
    async with provide({HOOD: print}, publishes=[SPEED]):
        for second in (provide({HOOD: print}), provide({TRUNK: print}, publishes=[SPEED])):
            with pytest.raises(AlreadyProvided, match="is already claimed by another provider"):
                await second.open()
        async with provide({TRUNK: print}):
            pass
    async with provide({HOOD: print, TRUNK: print}, publishes=[SPEED]):
        pass


async def test_what_cannot_be_provided_is_said_at_once(broker: str) -> None:
    """Most of it without asking the broker."""
    sensor: Any = SPEED
    with pytest.raises(NotAnActuator, match=r"Sensor\('Vehicle\.Speed'\): only an actuator"):
        provide({sensor: print})
    with pytest.raises(NotAnActuator, match=r"Vehicle\.Speed: is a sensor: only an actuator"):
        await provide({VehicleSignal("Vehicle.Speed"): print}).open()
    with pytest.raises(TypeError, match=r"the handler of Vehicle\.Body\.Hood\.IsOpen is None"):
        provide({HOOD: None})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="IsOpen has two handlers"):
        provide({HOOD: print, VehicleSignal(HOOD.path): print})
    with pytest.raises(ValueError, match="a provider needs an actuator"):
        provide()
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Nothing"):
        await provide({VehicleSignal("Vehicle.Nothing"): print}).open()


async def test_a_provider_claims_again_after_a_loss(own_broker: Broker) -> None:
    """While there is no broker, publishing says so; then all is as before."""
    own_broker.start()
    use_broker(own_broker.address)
    seen: list[bool] = []
    async with provide({HOOD: seen.append}, publishes=[SPEED]) as provider:
        for turn in range(1, 4):
            await HOOD.set(True)
            await until(lambda: len(seen) == turn)  # noqa: B023
            await provider.publish(SPEED, float(turn))
            own_broker.stop()
            with pytest.raises(NotConnected, match="no connection to the broker at"):
                while True:
                    await provider.publish(SPEED, 0.0)
            own_broker.start()
            await published(provider, 100.0 + turn)
            assert (await SPEED.get()).value == 100.0 + turn
        assert provider.active


async def published(provider: Provider, value: float) -> None:
    """Publish the speed as soon as that is possible again."""
    for _ in range(1000):
        try:
            return await provider.publish(SPEED, value)
        except NotConnected:
            await asyncio.sleep(0.01)
    raise AssertionError("the provider never came back")


async def test_a_provider_waits_for_its_broker(own_broker: Broker) -> None:
    """As a subscription does."""
    use_broker(own_broker.address)
    opening = asyncio.ensure_future(provide(publishes=[SPEED]).open())
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(opening), 0.2)
    own_broker.start()
    await asyncio.wait_for(opening, 20)


class Gate:
    """A way to a broker that can be shut while others use the broker itself."""

    def __init__(self, address: str) -> None:
        self._host, port = address.split(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, to = await asyncio.open_connection(self._host, self._port)
        self._writers += [writer, to]
        await asyncio.gather(_copy(reader, to), _copy(beyond, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()


async def test_a_claim_that_somebody_else_took_is_tried_again(
    broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once when it is lost, and once when it is made again."""
    gate = Gate(broker)
    await gate.open()
    use_broker(f"127.0.0.1:{gate.port}")
    seen: list[bool] = []
    async with provide({HOOD: seen.append}, publishes=[SPEED]) as provider:
        gate.shut()
        use_broker(broker)
        other = provide({HOOD: print})
        while not other.active:
            # The broker may not have noticed yet.
            with contextlib.suppress(AlreadyProvided):
                await other.open()
        await gate.open()
        claimed = f"{HOOD.path} is already claimed by another provider"
        taken = f"cannot provide any more, trying again: {claimed}"
        await until(lambda: taken in caplog.messages)
        with pytest.raises(NotConnected, match=claimed):
            await provider.publish(SPEED, 1.0)
        await other.close()
        await until(lambda: "all is provided again" in caplog.messages, 30)
        await HOOD.set(True)
        await until(lambda: seen == [True])
        assert caplog.messages.count(taken) == 1
    gate.shut()


async def test_what_cannot_heal_ends_a_provider(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker that comes back with another model: it is logged, and publishing says why."""
    vssc = built("vssc")
    assert vssc is not None
    command = [str(vssc), "generate", "manifest", "-o", str(tmp_path)]
    await asyncio.to_thread(lambda: subprocess.run(command, check=True))
    manifest = tmp_path / "manifest.json"
    broker = Broker(tmp_path, [*broker_command(), str(manifest)])
    broker.start()
    use_broker(broker.address)
    async with provide(publishes=[SPEED]) as provider:
        broker.stop()
        model = json.loads(manifest.read_text())
        model["signals"] = [each for each in model["signals"] if each["path"] != SPEED.path]
        manifest.write_text(json.dumps(model))
        broker.start()
        await until(lambda: not provider.active)
        with pytest.raises(UnknownSignal, match=SPEED.path):
            await provider.publish(SPEED, 1.0)
    assert any("the provider ended: " in text and SPEED.path in text for text in caplog.messages)
    broker.stop()


class Doors(VehicleApp):
    """Marks methods in each of the ways there are."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    async def on_start(self) -> None:
        await HOOD.set(True)

    async def on_stop(self) -> None:
        await HOOD.set(False)
        await until(lambda: self.seen[-1] == "hood False")

    @provides(HOOD)
    async def move(self, is_open: bool) -> None:
        self.seen.append(f"hood {is_open}")
        await HOOD.publish(is_open)

    @provides(TRUNK, LOW_BEAM)
    def note(self, value: bool, signal: Actuator[bool]) -> None:
        self.seen.append((signal.path, value))

    @provides(MODE)
    def wipe(self, mode: Mode) -> None:
        self.seen.append(mode)


class Quieter(Doors):
    """A subclass keeps what is marked, unless it overrides it without a mark."""

    def wipe(self, mode: Mode) -> None:
        raise AssertionError("this is not marked")


async def test_an_app_provides_what_its_methods_are_marked_for(broker: str) -> None:
    """From before `on_start` until after `on_stop`."""
    app = Doors()
    serving = asyncio.ensure_future(app.serve())
    await until(lambda: app.seen == ["hood True"])
    await settled(HOOD, True)
    await TRUNK.set(True)
    await LOW_BEAM.set(False)
    await MODE.set(Mode.FAST)
    await until(lambda: len(app.seen) == 4)
    assert set(app.seen) == {"hood True", (TRUNK.path, True), (LOW_BEAM.path, False), Mode.FAST}
    app.stop()
    await asyncio.wait_for(serving, 20)
    assert app.seen[-1] == "hood False"
    await HOOD.set(True)
    await settled(HOOD, True)
    assert app.seen[-1] == "hood False"


async def test_a_subclass_decides_what_it_provides(broker: str) -> None:
    """The mark belongs to the method, not to its name."""
    app = Quieter()
    serving = asyncio.ensure_future(app.serve())
    await until(lambda: app.seen == ["hood True"])
    await MODE.set(Mode.OFF)
    await settled(MODE, Mode.OFF)
    app.stop()
    await asyncio.wait_for(serving, 20)


async def test_an_app_whose_signal_is_taken_ends_with_the_error(broker: str) -> None:
    """It would wait in vain for what somebody else gets."""
    async with provide({HOOD: print}):
        with pytest.raises(AlreadyProvided, match=HOOD.path):
            await Doors().serve()


def test_marks_need_actuators() -> None:
    """At least one, and each has one method."""

    class Twice(VehicleApp):
        @provides(HOOD)
        @provides(TRUNK)
        def one(self, is_open: bool) -> None: ...

        @provides(HOOD)
        def other(self, is_open: bool) -> None: ...

    with pytest.raises(ValueError, match="IsOpen has two handlers"):
        provider_of(Twice())
    with pytest.raises(TypeError, match="needs an actuator"):
        provides()  # type: ignore[call-overload]


FEEDER = """
import asyncio
from vehicle_signal_runtime import VehicleSignal, provide

async def main():
    speed = VehicleSignal("Vehicle.Speed")
    angle = VehicleSignal("Vehicle.Chassis.SteeringWheel.Angle")
    async with provide(publishes=[speed, angle]) as feed:
        for value in range(1, 1001):
            await feed.publish_many({speed: value / 10, angle: value % 90})
        print("fed")
        await asyncio.sleep(1000)

asyncio.run(main())
"""


async def test_a_simulator_and_a_feeder_are_apps(broker: str, run_app: Run) -> None:
    """Each in a process of its own, as a vehicle would have them."""
    hood = Actuator[bool](HOOD.path, "boolean")
    simulator = run_app((EXAMPLES / "hood-simulator" / "main.py").read_text(), broker)
    assert await asyncio.to_thread(simulator.line) == "the hood is closed"
    seen: list[float | None] = []
    await SPEED.publish(0.0)
    subscription = await SPEED.subscribe(lambda reading: seen.append(reading.value), queue=2000)
    await hood.set(True)
    assert await asyncio.to_thread(simulator.line) == "the hood opens"
    assert await asyncio.to_thread(simulator.line) == "the hood is open"
    await settled(hood, True)

    feeder = run_app(FEEDER, broker)
    assert await asyncio.to_thread(feeder.line) == "fed"
    await until(lambda: seen[-1] == 100.0)
    await hood.set(False)
    assert await asyncio.to_thread(simulator.line) == "refused: the vehicle moves at 100.0 km/h"
    assert (await hood.get()).value is True
    subscription.unsubscribe()
    assert simulator.end(signal.SIGTERM)[0] == 0
