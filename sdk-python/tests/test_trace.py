"""Traces: recorded to a file, published again, and what is wrong with one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vehicle_signal_runtime import (
    Actuator,
    Attribute,
    Sensor,
    Signal,
    UnknownSignal,
    VehicleSignal,
    use_broker,
)
from vehicle_signal_runtime.generated import Branch, StringEnum
from vehicle_signal_runtime.testing import MockBroker, Recording, TraceError, record, replay


class Mode(StringEnum):
    OFF = "OFF"
    FAST = "FAST"


class Cabin(Branch):
    @property
    def Wiping(self) -> Actuator[Mode]:  # noqa: N802
        return self._actuator("Wiping", "string", enum=Mode)

    @property
    def Levels(self) -> Sensor[list[int]]:  # noqa: N802
        return self._sensor("Levels", "uint8[]")

    @property
    def Doors(self) -> Attribute[int]:  # noqa: N802
        return self._attribute("Doors", "uint8")


CABIN = Cabin("Vehicle.Cabin")
SPEED = Sensor[float]("Vehicle.Speed", "float", max=250)
MODEL: list[Signal[Any]] = [SPEED, CABIN.Wiping, CABIN.Levels, CABIN.Doors]
HEADER = '{"format": "vehicle-signal-trace", "version": 1, "model": {"name": "Vehicle"}}\n'


@pytest.fixture
def mock() -> Iterator[MockBroker]:
    with MockBroker(MODEL) as mock:
        yield mock


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace of 0.3 seconds, of a test that wrote it by hand."""
    lines = [
        '{"t": 0, "path": "Vehicle.Speed", "value": 1.5}',
        '{"t": 0.1, "path": "Vehicle.Cabin.Wiping", "value": "FAST"}',
        '{"t": 0.2, "path": "Vehicle.Cabin.Levels", "value": [1, 2]}',
        '{"t": 0.2, "path": "Vehicle.Speed", "value": null}',
        '{"t": 0.3, "path": "Vehicle.Speed", "value": 2.5}',
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


async def until(recording: Recording, count: int) -> None:
    for _ in range(1000):
        if recording.count >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"only {recording.count} of {count} came")


async def test_what_was_recorded_replays_the_same(mock: MockBroker, tmp_path: Path) -> None:
    """Signals and branches, enums, lists, and values that were missing."""
    path = tmp_path / "trace.jsonl"
    mock.publish(SPEED, 10.1)
    mock.publish(CABIN.Doors, 4)
    async with record(path, SPEED, CABIN) as recording:
        await until(recording, 2)
        changes: list[tuple[Signal[Any], Any]] = [
            (SPEED, 20.0),
            (CABIN.Wiping, Mode.FAST),
            (CABIN.Levels, [1, 2, 3]),
            (SPEED, None),
            (SPEED, 30.0),
        ]
        for count, (signal, value) in enumerate(changes, 3):
            mock.publish(signal, value)
            await until(recording, count)
        assert recording.dropped == 0
    header, *events = [json.loads(line) for line in path.read_text().splitlines()]
    assert (header["format"], header["version"]) == ("vehicle-signal-trace", 1)
    assert header["model"]["name"] == "Vehicle"
    values = [(event["path"], event["value"]) for event in events]
    assert set(values[:2]) == {(SPEED.path, 10.1), (CABIN.Doors.path, 4)}
    assert values[2:] == [
        (SPEED.path, 20.0),
        (CABIN.Wiping.path, "FAST"),
        (CABIN.Levels.path, [1, 2, 3]),
        (SPEED.path, None),
        (SPEED.path, 30.0),
    ]
    times = [event["t"] for event in events]
    assert times == sorted(times) and times[0] >= 0

    with MockBroker(MODEL) as other:
        seen: asyncio.Queue[float | None] = asyncio.Queue()
        subscription = await SPEED.subscribe(lambda reading: seen.put_nowait(reading.value))
        assert await replay(path, speed=None) == (7, False)
        assert other.get(CABIN.Wiping).value is Mode.FAST
        assert other.get(CABIN.Doors).value == 4
        for value in (10.1, 20.0, None, 30.0):
            assert await asyncio.wait_for(seen.get(), 10) == value
        subscription.unsubscribe()


async def test_a_replay_keeps_the_times(trace: Path, mock: MockBroker) -> None:
    """Scaled by the speed, and none of them early."""
    loop = asyncio.get_running_loop()
    for speed, least in ((1.0, 0.3), (2.0, 0.15)):
        start = loop.time()
        assert (await replay(trace, speed=speed)).published == 5
        assert loop.time() - start >= least
    assert mock.get(SPEED).value == 2.5


async def test_a_replay_goes_to_the_broker_that_is_named(trace: Path, mock: MockBroker) -> None:
    """A mock one that is not current, or a real one, as a publisher."""
    other = MockBroker(MODEL)
    assert await replay(trace, speed=None, broker=other) == (5, False)
    assert other.get(SPEED).value == 2.5 and not mock.get(SPEED).available


async def test_a_real_broker_is_recorded_and_replayed(broker: str, tmp_path: Path) -> None:
    """Over its own socket."""
    use_broker(broker)
    path = tmp_path / "trace.jsonl"
    seat = VehicleSignal("Vehicle.Cabin.Seat.Row1.DriverSide.Position")
    await seat.publish(1)
    async with record(path, seat) as recording:
        await until(recording, 1)
        await seat.publish(2)
        await until(recording, 2)
    await seat.publish(3)
    assert await replay(path, speed=None) == (2, False)
    assert (await seat.get()).value == 2


def test_a_torn_last_line_is_reported_and_left_out(
    trace: Path, mock: MockBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest replays, wherever a crash has cut."""
    whole = trace.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last + 1, len(whole) - 1):
        caplog.clear()
        trace.write_bytes(whole[:cut])
        assert asyncio.run(replay(trace, speed=None)) == (4, True)
        assert caplog.messages == [f"{trace}, line 6, is torn and left out"]
    trace.write_bytes(whole[:-1])
    assert asyncio.run(replay(trace, speed=None)) == (5, False)
    trace.write_bytes(whole[:last])
    assert asyncio.run(replay(trace, speed=None)) == (4, False)


LINE = '{"t": 1, "path": "Vehicle.Speed", "value": 1}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " is empty: a trace begins with a line that says so"),
        (LINE, ", line 1: format is None, not 'vehicle-signal-trace'"),
        (HEADER.replace("1", "2"), ", line 1: version is 2, and only 1 can be read here"),
        (HEADER[:-10], ", line 1 is not JSON: "),
        (HEADER + "{}\n" + LINE, ", line 2: t is missing"),
        (HEADER + LINE + "nonsense\n", ", line 3 is not JSON: "),
        (HEADER + LINE + "[]\n", ", line 3 is no object, but []"),
        (HEADER + LINE.replace("1,", '"1",'), ", line 2: t is '1', not a number of seconds"),
        (HEADER + LINE.replace("1,", "true,"), ", line 2: t is True, not a number of seconds"),
        (HEADER + LINE.replace("1,", "-1,"), ", line 2: t is -1, not a number of seconds"),
        (HEADER + LINE.replace("1,", "NaN,"), ", line 2: t is nan, not a number of seconds"),
        (
            HEADER + LINE + LINE.replace("1,", "0.5,"),
            ", line 3: t is 0.5, before the 1.0 of the line above",
        ),
        (HEADER + LINE.replace('"Vehicle.Speed"', "7"), ", line 2: path is 7, not the name"),
        (HEADER + LINE.replace("1}", '{"a": 1}}'), ", line 2: value is {'a': 1}, which is no"),
    ],
)
async def test_what_is_no_trace_publishes_nothing(
    text: str, message: str, mock: MockBroker, tmp_path: Path
) -> None:
    """The line and the field are named, before the first value is published."""
    path = tmp_path / "trace.jsonl"
    path.write_text(text)
    with pytest.raises(TraceError) as caught:
        await replay(path, speed=None)
    assert str(caught.value).startswith(f"{path}{message}")
    assert not mock.get(SPEED).available


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINE.replace("1}", "300}"), "Vehicle.Speed: 300 is above the maximum 250"),
        (LINE.replace("Speed", "Nothing"), "Vehicle.Nothing"),
    ],
)
async def test_a_trace_that_does_not_fit_the_broker_names_its_line(
    line: str, message: str, mock: MockBroker, tmp_path: Path
) -> None:
    """Whichever way it is published."""
    path = tmp_path / "trace.jsonl"
    path.write_text(HEADER + LINE + line)
    for to in (None, mock):
        with pytest.raises(TraceError) as caught:
            await replay(path, speed=None, broker=to)
        assert str(caught.value).startswith(f"{path}, line 3: ") and message in str(caught.value)


async def test_mistakes_are_told_at_once(mock: MockBroker, trace: Path, tmp_path: Path) -> None:
    """Speeds that are none, nothing to record, signals that are not there."""
    for speed in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="speed is a factor above 0"):
            await replay(trace, speed=speed)
    with pytest.raises(ValueError, match="at least one signal or branch"):
        record(tmp_path / "new.jsonl")
    with pytest.raises(UnknownSignal):
        async with record(tmp_path / "new.jsonl", VehicleSignal("Vehicle.Nothing")):
            pass
    with pytest.raises(FileNotFoundError):
        await replay(tmp_path / "nowhere.jsonl")


async def test_a_disk_that_is_full_ends_the_recording(mock: MockBroker) -> None:
    """With its own error, at the end of the block."""
    with pytest.raises(OSError, match="No space left on device"):
        async with record("/dev/full", SPEED):
            pass
