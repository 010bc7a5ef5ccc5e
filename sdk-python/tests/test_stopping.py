"""The end of an app: whatever it is doing, it can be asked to stop, and made to."""

from __future__ import annotations

import signal

import pytest
from harness import Broker, Run

FRAME = """
import asyncio, sys, time
from vehicle_signal_runtime import VehicleApp, VehicleSignal

SPEED = VehicleSignal("Vehicle.Speed")

class MyApp(VehicleApp):
    async def on_start(self):
        {on_start}
        print("started")
    async def on_stop(self):
        print("stopping")
        {on_stop}
        print("stopped")

MyApp().run()
"""


def app(on_start: str = "pass", on_stop: str = "pass") -> str:
    return FRAME.format(on_start=on_start, on_stop=on_stop)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_an_on_stop_that_hangs(number: int, broker: str, run_app: Run) -> None:
    """It is cancelled, and the code is still 0."""
    hangs = "asyncio.get_running_loop().call_soon(print, 'hangs'); await asyncio.sleep(1000)"
    running = run_app(app(on_stop=hangs), broker)
    assert running.line() == "started"
    running.process.send_signal(signal.SIGTERM)
    assert (running.line(), running.line()) == ("stopping", "hangs")
    message = "WARNING MyApp: asked to stop once more: what runs is cancelled\n"
    assert running.end(number) == (0, message)


def test_a_second_signal_ends_an_on_stop_that_holds_up_the_loop(broker: str, run_app: Run) -> None:
    """Nothing can be cancelled there; it is interrupted where it is."""
    running = run_app(FOREVER + app(on_stop="forever()"), broker)
    assert running.line() == "started"
    running.process.send_signal(signal.SIGTERM)
    assert running.line() == "stopping"
    assert running.end(signal.SIGTERM) == (0, "")


def test_an_on_stop_that_hangs_ends_before_the_grace_period(
    broker: str, run_app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of which the runtime tells the app; the log says what was cut off."""
    monkeypatch.setenv("VEHICLE_APP_STOP_GRACE", "0.5")
    running = run_app(app(on_stop="await asyncio.sleep(1000)"), broker)
    assert running.line() == "started"
    code, errors = running.end(signal.SIGTERM)
    assert (code, errors) == (0, "ERROR MyApp: did not stop within 0.45 s: cancelled\n")


def test_an_on_start_that_hangs_in_its_cleanup_ends_too(
    broker: str, run_app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grace period is for both."""
    monkeypatch.setenv("VEHICLE_APP_STOP_GRACE", "0.5")
    source = CLEANUP + app("print('in'); await cleanup()")
    running = run_app(source, broker)
    assert running.line() == "in"
    code, errors = running.end(signal.SIGTERM)
    assert (code, errors) == (0, "ERROR MyApp: did not stop within 0.45 s: cancelled\n")


# Short sleeps, because a signal that comes just before a sleep begins waits for its end.
FOREVER = """
def forever():
    while True:
        time.sleep(0.01)
"""

CLEANUP = """
import asyncio
async def cleanup():
    try:
        await asyncio.sleep(1000)
    finally:
        await asyncio.sleep(1000)
"""

BUSY = "await SPEED.publish(1.0); await SPEED.subscribe(busy)\n        await asyncio.sleep(1000)"


def test_a_plain_callback_that_runs_long_is_waited_for(broker: str, run_app: Run) -> None:
    """The first signal interrupts nothing."""
    busy = "def busy(_): print('busy'); print(sys.stdin.readline().strip())\n"
    running = run_app(busy + app(BUSY), broker)
    assert running.line() == "busy"
    running.process.send_signal(signal.SIGTERM)
    output, errors = running.process.communicate("done\n", timeout=20)
    assert (running.process.returncode, output, errors) == (0, "done\nstopping\nstopped\n", "")


def test_a_plain_callback_that_never_returns_ends_at_the_second_signal(
    broker: str, run_app: Run
) -> None:
    """What comes after it is done all the same."""
    busy = "def busy(_): print('busy'); forever()\n"
    running = run_app(FOREVER + busy + app(BUSY), broker)
    assert running.line() == "busy"
    running.process.send_signal(signal.SIGTERM)
    running.process.send_signal(signal.SIGINT)
    output, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, output, errors) == (0, "stopping\nstopped\n", "")


def test_an_app_that_has_lost_its_broker_can_be_stopped(own_broker: Broker, run_app: Run) -> None:
    """While it waits for the next attempt."""
    own_broker.start()
    running = run_app(app(), own_broker.address)
    assert running.line() == "started"
    own_broker.stop()
    lost = "connection to the broker lost (the broker closed the connection), trying again"
    assert running.logged() == f"WARNING MyApp: {lost}\n"
    running.process.send_signal(signal.SIGTERM)
    output, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, output, errors) == (0, "stopping\nstopped\n", "")
