"""Values: get, set, publish, and what each of them refuses."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from vehicle_signal_runtime import (
    Actuator,
    InvalidValue,
    NotAnActuator,
    NotConnected,
    Reading,
    Sensor,
    UnknownSignal,
    VehicleSignal,
    use_broker,
)
from vehicle_signal_runtime.generated import StringEnum

LIGHT = "Vehicle.Body.Lights.Beam.Low.IsOn"
SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.Position"


class Mode(StringEnum):
    OFF = "OFF"
    FAST = "FAST"


async def settled(signal: VehicleSignal | Actuator[Any], value: object) -> Reading[Any]:
    """The reading once the vehicle has carried out a target."""
    for _ in range(200):
        reading = await signal.get()
        if reading.value == value:
            return reading
        await asyncio.sleep(0.01)
    raise AssertionError(f"{signal} never became {value}: {reading}")


async def test_a_target_becomes_the_current_value(broker: str) -> None:
    """An actuator is set by path, and read back as the type of its signal."""
    light = VehicleSignal(LIGHT)
    for value in (True, False):
        await light.set(value)
        reading = await settled(light, value)
        assert reading.value is value
        assert reading.available and reading.reason is None
        assert reading.path == LIGHT
        assert reading.timestamp is not None
        assert abs((datetime.now(timezone.utc) - reading.timestamp).total_seconds()) < 60


async def test_a_float_reads_as_it_was_written(broker: str) -> None:
    """32-bit floats come back as the shortest decimal, not as the 64-bit neighbour."""
    speed = Sensor[float]("Vehicle.Speed", "float")
    await speed.publish(50.1)
    reading = await speed.get()
    assert reading.value == 50.1


async def test_values_that_a_signal_may_not_hold_are_refused_before_sending(broker: str) -> None:
    """Type and bounds are the broker's for a path, the model's for a generated leaf."""
    for value in (-1, 70000, 1.5, "1", True, None, [1], object()):
        with pytest.raises(InvalidValue) as caught:
            await VehicleSignal(SEAT).set(value)
        assert caught.value.path == SEAT
        assert SEAT in str(caught.value)
    use_broker("127.0.0.1:1")
    percent = Actuator[int](SEAT, "uint8", max=100)
    with pytest.raises(InvalidValue, match=f"^{SEAT}: 101 is above the maximum 100$"):
        await percent.set(101)
    with pytest.raises(NotConnected):
        await percent.set(100)


async def test_only_an_actuator_can_be_set(broker: str) -> None:
    """By path the broker's metadata says so; a generated sensor has no `set` at all."""
    with pytest.raises(NotAnActuator, match=r"Vehicle\.Speed: is a sensor") as caught:
        await VehicleSignal("Vehicle.Speed").set(1.0)
    assert isinstance(caught.value, TypeError)
    assert not hasattr(Sensor("Vehicle.Speed", "float"), "set")


async def test_an_unknown_path_is_an_error_of_its_own(broker: str) -> None:
    """For every kind of call, and it is a LookupError too."""
    nothing = VehicleSignal("Vehicle.Nothing")
    for call in (
        nothing.get(),
        nothing.set(1),
        nothing.publish(1),
        nothing.metadata(),
        nothing.subscribe(print),
    ):
        with pytest.raises(UnknownSignal) as caught:
            await call
        assert isinstance(caught.value, LookupError)
        assert "Vehicle.Nothing" in str(caught.value)


async def test_a_branch_is_no_signal(broker: str) -> None:
    """And that is what the error says, where the broker tells."""
    cabin = VehicleSignal("Vehicle.Cabin")
    for call in (cabin.metadata(), cabin.set(1), cabin.publish(1)):
        with pytest.raises(UnknownSignal) as caught:
            await call
        assert str(caught.value) == "Vehicle.Cabin: is a branch or a pattern, not one signal"


async def test_metadata_is_what_the_model_says(broker: str) -> None:
    """Datatype, unit, bounds and kind of a signal by path."""
    metadata = await VehicleSignal("Vehicle.Speed").metadata()
    assert (metadata.kind, metadata.datatype, metadata.unit) == ("sensor", "float", "km/h")
    seat = await VehicleSignal(SEAT).metadata()
    assert (seat.kind, seat.datatype, seat.min, seat.max) == ("actuator", "uint16", 0, None)


async def test_a_signal_without_a_broker_is_not_connected() -> None:
    """The error names the address and its fault, and can be handled as a ConnectionError."""
    use_broker("127.0.0.1:1")
    message = rf"^{LIGHT}: no connection to the broker at 127\.0\.0\.1:1: Connection refused"
    for call in (VehicleSignal(LIGHT).get(), VehicleSignal(LIGHT).set(True)):
        with pytest.raises(NotConnected, match=message):
            await call
    use_broker("unix:///nowhere/broker.sock")
    with pytest.raises(ConnectionError, match=r"at unix:///nowhere/broker\.sock: No such file"):
        await VehicleSignal(LIGHT).get()


@pytest.mark.parametrize("folder", ["short", "long" * 40])
async def test_a_socket_is_reached_also_at_a_long_path(
    folder: str, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel takes 107 bytes; a state folder may lie deeper."""
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    host, port = broker.split(":")

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, to = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copy(reader, to), copy(beyond, writer))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_unix_server(forward, "broker.sock")
    use_broker(f"unix://{tmp_path / folder / 'broker.sock'}")
    assert (await VehicleSignal(LIGHT).get()).path == LIGHT
    server.close()


@pytest.mark.parametrize("address", ["unix:relative", "host", "host:port", "https://host:1", ""])
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a message that says how addresses are written."""
    monkeypatch.setenv("VEHICLE_EDGE_BROKER", "nonsense")
    with pytest.raises(ValueError, match=r"write unix:///path or host:port"):
        use_broker(address)


async def test_an_enum_stands_for_the_strings_of_its_signal(broker: str) -> None:
    """Members go out as strings and come back as members; unknown strings are not available."""
    path = "Vehicle.Body.Windshield.Front.Wiping.Mode"
    mode = Actuator[Mode](path, "string", enum=Mode, default="OFF")
    assert mode.allowed == (Mode.OFF, Mode.FAST) and mode.default is Mode.OFF
    await mode.set(Mode.FAST)
    assert (await settled(mode, Mode.FAST)).value is Mode.FAST
    with pytest.raises(InvalidValue, match=r"is not one of the allowed values \[OFF, FAST\]"):
        await mode.set("SLOW")  # type: ignore[arg-type]
    await VehicleSignal(path).set("SLOW")
    await settled(VehicleSignal(path), "SLOW")
    reading = await mode.get()
    assert reading.value is None and not reading.available
    assert reading.reason == "the broker holds 'SLOW', which the model does not allow"


async def test_cancelled_calls_end_and_the_next_one_works(broker: str) -> None:
    """Also when they are so many that their end could be taken for an attack."""
    light = VehicleSignal(LIGHT)
    tasks = [asyncio.ensure_future(light.get()) for _ in range(500)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert (await light.get()).available


def test_each_loop_of_a_process_can_use_the_same_client(broker: str) -> None:
    """As a script does that calls asyncio.run twice."""
    for _ in range(3):
        assert asyncio.run(VehicleSignal(LIGHT).get()).path == LIGHT


def test_a_forked_child_has_a_connection_of_its_own(broker: str) -> None:
    """As a worker of multiprocessing has; the parent's goes on."""
    assert asyncio.run(VehicleSignal(LIGHT).get()).path == LIGHT
    child = os.fork()
    if child == 0:
        reading = asyncio.run(asyncio.wait_for(VehicleSignal(LIGHT).get(), 10))
        os._exit(0 if reading.path == LIGHT else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(VehicleSignal(LIGHT).get()).path == LIGHT
