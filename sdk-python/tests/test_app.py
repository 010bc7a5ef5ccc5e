"""Apps: they start when there is a broker, and end cleanly when asked to."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from harness import Broker, Run

from vehicle_signal_runtime import VehicleApp, VehicleSignal, use_broker

EXAMPLES = Path(__file__).parents[1] / "examples"

FRAME = """
import asyncio
from vehicle_signal_runtime import VehicleApp, VehicleSignal

class MyApp(VehicleApp):
    def __init__(self):
        super().__init__()
        self.light = VehicleSignal("Vehicle.Body.Lights.Beam.Low.IsOn")
    async def on_start(self):
{on_start}
    async def on_stop(self):
        print("stopped", (await self.light.get()).available)

if __name__ == "__main__":
    MyApp().run()
"""

CLEANUP = """
import asyncio

async def cleanup():
    try:
        await asyncio.sleep(1000)
    finally:
        [].pop()
"""


# What a newcomer copies first: untyped, and with a handler too few.
FIRST_EXAMPLE = """
from vehicle_signal_runtime import VehicleApp, VehicleSignal


class MyApp(VehicleApp):
    def __init__(self):
        super().__init__()
        self.speed_signal = VehicleSignal("Vehicle.Speed")
        self.steering_signal = VehicleSignal("Vehicle.Steering.Angle")

    async def on_start(self):
        await self.speed_signal.subscribe(self.on_speed_change)
        await self.steering_signal.subscribe(self.on_steering_change)

    async def on_speed_change(self, data):
        vehicle_speed = data.value
        print(f"Vehicle speed: {vehicle_speed} km/h")


if __name__ == "__main__":
    MyApp().run()
"""


def app(on_start: str) -> str:
    return FRAME.format(on_start="".join(f"        {line}\n" for line in on_start.split("; ")))


async def test_the_first_example_runs_as_written(broker: str, run_app: Run) -> None:
    """It prints speeds, says that one handler is missing, and ends with code 0."""
    speed = VehicleSignal("Vehicle.Speed")
    await speed.publish(88.5)
    monitor = run_app(FIRST_EXAMPLE, broker)
    assert await asyncio.to_thread(monitor.line) == "Vehicle speed: 88.5 km/h"
    await speed.publish(42.0)
    assert await asyncio.to_thread(monitor.line) == "Vehicle speed: 42.0 km/h"
    code, errors = monitor.end(signal.SIGTERM)
    assert code == 0
    message = "MyApp has no on_steering_change: what it would be called with is ignored"
    assert errors == f"WARNING MyApp: {message}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "on_start", ["print('started')", "print('started'); await asyncio.sleep(1000)"]
)
def test_an_app_ends_with_code_0_when_asked_to(
    number: int, on_start: str, broker: str, run_app: Run
) -> None:
    """Also one that stays in on_start; on_stop can still use the broker."""
    running = run_app(app(on_start), broker)
    assert running.line() == "started"
    running.process.send_signal(number)
    output, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, output, errors) == (0, "stopped True\n", "")


def test_an_app_that_cannot_start_ends_with_its_traceback(broker: str, run_app: Run) -> None:
    """And a code that is not 0, so that its restart policy applies."""
    running = run_app(app("raise RuntimeError('no luck')"), broker)
    output, errors = running.process.communicate(timeout=20)
    assert running.process.returncode == 1
    assert output == "" and errors.rstrip().endswith("RuntimeError: no luck")
    assert "raise RuntimeError('no luck')" in errors, "the app's own line"


def test_an_app_that_fails_while_it_is_stopped_ends_with_its_traceback(
    broker: str, run_app: Run
) -> None:
    """What goes wrong in the cleanup of an on_start is not lost."""
    running = run_app(CLEANUP + app("print('started'); await cleanup()"), broker)
    assert running.line() == "started"
    code, errors = running.end(signal.SIGTERM)
    assert code == 1 and errors.rstrip().endswith("IndexError: pop from empty list")


@pytest.mark.parametrize(
    ("on_start", "expected"),
    [
        ("import sys; sys.exit('no config')", ""),
        (
            "import sys; await self.light.subscribe(lambda _: sys.exit('no config'))",
            "stopped True\n",
        ),
    ],
    ids=["in on_start", "in a callback"],
)
def test_sys_exit_ends_the_app_with_its_code(
    on_start: str, expected: str, broker: str, run_app: Run
) -> None:
    """And with its message alone, as in any program; what was started is stopped."""
    running = run_app(app(on_start), broker)
    output, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, output, errors) == (1, expected, "no config\n")


async def test_what_on_stop_raises_ends_the_subscriptions_too(broker: str) -> None:
    """In a loop that goes on, nothing of the app is left."""

    class Mine(VehicleApp):
        async def on_start(self) -> None:
            self.subscription = await VehicleSignal("Vehicle.Speed").subscribe(print)
            self.stop()

        async def on_stop(self) -> None:
            raise RuntimeError("no luck")

    mine = Mine()
    with pytest.raises(RuntimeError, match="no luck"):
        await asyncio.wait_for(mine.serve(), 30)
    assert not mine.subscription.active


def test_an_app_waits_for_its_broker(own_broker: Broker, run_app: Run) -> None:
    """It starts when the broker does, and can be stopped while it waits."""
    source = app("print('started')")
    given_up = run_app(source, own_broker.address)
    waiting = run_app(source, own_broker.address)
    message = given_up.logged()
    assert message == f"WARNING MyApp: waiting for the broker at {own_broker.address}\n"
    assert given_up.end(signal.SIGTERM) == (0, "")
    own_broker.start()
    assert waiting.line() == "started"
    assert waiting.end(signal.SIGTERM)[0] == 0


def test_an_app_may_forget_the_base_and_stop_itself(broker: str, run_app: Run) -> None:
    """`stop` is the same as a signal, and no argument of __init__ is needed."""
    source = app("print('started'); self.stop()").replace("super().__init__()", "pass")
    running = run_app(source, broker)
    assert running.line() == "started"
    assert running.line() == "stopped True"
    assert running.process.wait(20) == 0


async def test_an_app_runs_inside_a_loop_that_runs_already(broker: str) -> None:
    """`serve` is `run` without a loop of its own, and ends its subscriptions."""
    seen: list[str] = []

    class Mine(VehicleApp):
        async def on_start(self) -> None:
            self.subscription = await VehicleSignal("Vehicle.Speed").subscribe(self.on_speed)

        async def on_speed(self, _: object) -> None:
            seen.append("speed")
            self.stop()

        async def on_stop(self) -> None:
            seen.append("stop")

    use_broker(broker)
    mine = Mine()
    await asyncio.wait_for(mine.serve(), 30)
    assert seen[0] == "speed" and seen[-1] == "stop"
    assert not mine.subscription.active


async def test_run_inside_a_loop_says_what_to_write_instead() -> None:
    """Before anything is started."""

    class Mine(VehicleApp):
        pass

    with pytest.raises(
        RuntimeError, match=r"^Mine\.run\(\) .* write `await app\.serve\(\)` instead$"
    ):
        Mine().run()


def test_a_callback_that_fails_is_logged_under_the_apps_name(broker: str, run_app: Run) -> None:
    """With its traceback; the app goes on."""
    failing = "def fails(_): print('called'); [].pop()\n"
    source = failing + app(
        "from vehicle_signal_runtime import VehicleSignal; await self.light.publish(True); "
        "await self.light.subscribe(fails); await self.light.publish(False)"
    )
    running = run_app(source, broker)
    assert running.line() == running.line() == "called"
    code, errors = running.end(signal.SIGTERM)
    assert code == 0
    first = "ERROR MyApp: the callback for Vehicle.Body.Lights.Beam.Low.IsOn failed\n"
    assert errors.startswith(f"{first}Traceback (most recent call last):\n")
    assert errors.count(first) == errors.count("IndexError: pop from empty list\n") == 2
    assert "print('called'); [].pop()" in errors


def test_the_light_switch_answers_its_input(
    broker: str, run_app: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard input is read without holding up the loop, and its end is no error."""
    monkeypatch.setenv("PYTHONPATH", str(model), prepend=os.pathsep)
    switch = run_app((EXAMPLES / "light-switch" / "main.py").read_text(), broker)
    assert switch.process.stdin is not None
    lines = [switch.line()]
    for command in ("on", "status", "off", "dance"):
        switch.process.stdin.write(f"{command}\n")
        switch.process.stdin.flush()
        while not any(command in line for line in lines[1:]):
            lines.append(switch.line())
    assert {"ready: on, off or status", "asked the low beam to go on"} <= set(lines)
    assert "unknown command 'dance': say on, off or status" in lines
    switch.process.stdin.close()
    switch.process.stdin = None
    while switch.line() != "no more input":
        pass
    assert switch.end(signal.SIGTERM) == (0, "")
