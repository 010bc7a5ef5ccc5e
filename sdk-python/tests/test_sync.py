"""The synchronous face: the same calls without `async`, in scripts and notebooks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import pytest
from harness import Run
from test_values import LIGHT, SEAT

from vehicle_signal_runtime import (
    Actuator,
    InvalidValue,
    NotConnected,
    Reading,
    Sensor,
    VehicleSignal,
    join,
    sync,
    use_broker,
)

SPEED = Sensor[float]("Vehicle.Speed", "float")
POSITION = Actuator[int](SEAT, "uint16", min=0, max=1000)


def eventually(condition: object) -> None:
    """Wait for something to become true in the background thread."""
    assert callable(condition)
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_values_without_await(broker: str) -> None:
    """Read, set, published; errors are the same as with `await`."""
    sync.publish(SPEED, 12.5)
    assert sync.get(SPEED).value == 12.5
    sync.set(POSITION, 7)
    eventually(lambda: sync.get(POSITION).value == 7)
    snapshot = sync.get_many(SPEED, POSITION)
    assert (snapshot[SPEED].value, snapshot[POSITION].value) == (12.5, 7)
    with pytest.raises(InvalidValue, match=f"^{SEAT}: 1001 is above the maximum 1000$"):
        sync.set(POSITION, 1001)
    use_broker("127.0.0.1:1")
    with pytest.raises(NotConnected):
        sync.get(SPEED)


async def test_it_works_where_a_loop_runs(broker: str) -> None:
    """As in a notebook, whose cells run inside one; both kinds of calls side by side."""
    sync.publish(SPEED, 1.5)
    assert (await SPEED.get()).value == sync.get(SPEED).value == 1.5


def test_a_callback_is_called_in_the_background(broker: str) -> None:
    """Until it is unsubscribed, from outside or from the callback itself."""
    sync.publish(POSITION, 0)
    seen: list[int | None] = []
    threads: set[str] = set()

    def note(reading: Reading[int]) -> None:
        seen.append(reading.value)
        threads.add(threading.current_thread().name)
        if reading.value == 2:
            subscription.unsubscribe()

    subscription = sync.subscribe(POSITION, note)
    assert subscription.paths == (SEAT,) and subscription.active
    for value in (1, 2):
        sync.publish(POSITION, value)
    eventually(lambda: not subscription.active)
    sync.publish(POSITION, 3)
    assert seen == [0, 1, 2] and subscription.dropped == 0
    assert threads == {"vehicle-signals-sync"}


def test_a_stream_is_an_iterator(broker: str) -> None:
    """It begins with the current value, ends with its loop, and can time out."""
    sync.publish(POSITION, 0)
    seen: list[int | None] = []
    for reading in sync.stream(POSITION, timeout=10):
        seen.append(reading.value)
        if len(seen) == 5:
            break
        sync.publish(POSITION, len(seen))
    assert seen == [0, 1, 2, 3, 4]
    quiet = sync.stream(POSITION, timeout=0.05)
    assert next(quiet).value == 4
    with pytest.raises(TimeoutError, match=r"no result within 0\.05 seconds"):
        next(quiet)
    together = sync.stream(join(POSITION, VehicleSignal(LIGHT)), timeout=10)
    assert next(together)[POSITION].value == 4


def test_any_coroutine_can_be_run(broker: str) -> None:
    """It is cancelled when it takes too long, and its own errors are its own."""
    ended = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.set()

    async def own() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="no result within"):
        sync.run(forever(), timeout=0.05)
    assert ended.wait(10)
    with pytest.raises(TimeoutError, match="mine"):
        sync.run(own(), timeout=10)


def test_a_callback_that_waits_for_its_own_thread_is_told(
    broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It would wait for ever."""
    subscription = sync.subscribe(SPEED, lambda _: sync.get(SPEED))
    sync.publish(SPEED, 1.0)
    eventually(lambda: caplog.records)
    error = caplog.records[0].exc_info
    assert error is not None and "use `await` there" in str(error[1])
    subscription.unsubscribe()


def test_a_forked_child_has_a_loop_of_its_own(broker: str) -> None:
    """The parent's thread does not exist there."""
    assert sync.get(SPEED).path == SPEED.path
    child = os.fork()
    if child == 0:
        reading = sync.get(SPEED, timeout=10)
        os._exit(0 if reading.path == SPEED.path else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sync.get(SPEED).path == SPEED.path


SCRIPT = """
from vehicle_signal_runtime import VehicleSignal, sync

speed = VehicleSignal("Vehicle.Speed")
subscription = sync.subscribe(speed, lambda reading: None)
print(sync.get(speed).path)
{rest}
"""


def test_a_script_ends_by_itself(broker: str, run_app: Run) -> None:
    """Though a subscription is open, without a word and with code 0."""
    script = run_app(SCRIPT.format(rest=""), broker)
    output, errors = script.process.communicate(timeout=20)
    assert (script.process.returncode, output, errors) == (0, "Vehicle.Speed\n", "")


@pytest.mark.parametrize(
    "rest",
    ["for _ in sync.stream(VehicleSignal('Vehicle.Cabin.Seat.Row1.DriverSide.Position')): pass",
     "import asyncio; sync.run(asyncio.sleep(1000))"],
)  # fmt: skip
def test_ctrl_c_ends_the_waiting(rest: str, broker: str, run_app: Run) -> None:
    """As in any script: a KeyboardInterrupt where it waits."""
    script = run_app(
        SCRIPT.format(rest=f"print('waiting'); {rest}" if rest[0] == "i" else rest), broker
    )
    assert script.line() == "Vehicle.Speed"
    code, errors = script.end(signal.SIGINT)
    assert code == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt")
