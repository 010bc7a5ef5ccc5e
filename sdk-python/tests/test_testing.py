"""The pytest plugin: apps run beside tests, as a user's own tests have them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import pytest_alone

from vehicle_signal_runtime import Actuator, Reading, Reject, Sensor, VehicleApp, provides
from vehicle_signal_runtime.testing import MockBroker, RunApp
from vehicle_signal_runtime.testing.running import running_apps

SPEED = Sensor[float]("Vehicle.Speed", "float")
HOOD = Actuator[bool]("Vehicle.Hood", "boolean")


class Closer(VehicleApp):
    """Closes the hood when the vehicle moves."""

    async def on_start(self) -> None:
        self.steps = ["start"]
        self.subscription = await SPEED.subscribe(self.on_speed)
        self.steps.append("subscribed")

    async def on_speed(self, speed: Reading[float]) -> None:
        if speed.value is not None and speed.value > 5:
            await HOOD.set(False)

    async def on_stop(self) -> None:
        self.steps.append(f"stopped at {(await SPEED.get()).value}")


@pytest.fixture
def mock() -> Iterator[MockBroker]:
    with MockBroker([SPEED, HOOD]) as mock:
        yield mock


@pytest.fixture
def run(mock: MockBroker) -> Iterator[RunApp]:
    with running_apps() as run:
        yield run


def test_an_app_runs_beside_a_plain_test(mock: MockBroker, run: RunApp) -> None:
    """It is ready when `run_app` returns, and its end is awaited."""
    app = Closer()
    running = run(app)
    assert app.steps == ["start", "subscribed"] and running.running
    mock.publish(SPEED, 3.0)
    mock.publish(SPEED, 30.0)
    assert mock.wait_for_actuation(HOOD) == (HOOD.path, False)
    assert len(mock.actuations) == 1
    running.stop()
    assert app.steps[2:] == ["stopped at 30.0"] and not running.running
    running.stop()


async def test_an_app_runs_beside_an_async_test(mock: MockBroker, run: RunApp) -> None:
    """Whose loop goes on meanwhile, with calls of its own under way."""
    call = asyncio.ensure_future(SPEED.get())
    await asyncio.sleep(0)
    run(Closer())
    mock.publish(SPEED, 6.0)
    assert (await asyncio.to_thread(mock.wait_for_actuation, HOOD)).value is False
    assert (await HOOD.get()).value is False
    assert not (await call).available


def test_an_app_that_stays_in_on_start_is_ready_when_it_waits(
    mock: MockBroker, run: RunApp
) -> None:
    """For anything but an answer of the broker."""

    class Loop(VehicleApp):
        async def on_start(self) -> None:
            self.woken = asyncio.Event()
            self.loop = asyncio.get_running_loop()
            await asyncio.gather(SPEED.subscribe(print), *(HOOD.set(True) for _ in range(100)))
            self.ready = True
            await self.woken.wait()
            self.stop()

    app = Loop()
    running = run(app)
    assert app.ready and len(mock.actuations) == 100
    app.loop.call_soon_threadsafe(app.woken.set)
    running.stop()


class Fails(VehicleApp):
    async def on_start(self) -> None:
        raise RuntimeError("no luck")


def test_what_an_app_dies_of_is_raised_once(mock: MockBroker) -> None:
    """Where it died: at the start, while it is stopped, or when the test has ended."""
    with running_apps() as run:
        with pytest.raises(RuntimeError, match="no luck") as caught:
            run(Fails())
        assert caught.traceback[-1].name == "on_start"

    class Late(VehicleApp):
        async def on_stop(self) -> None:
            raise RuntimeError("at last")

    with pytest.raises(RuntimeError, match="at last"), running_apps() as run:
        run(Late())


def test_an_app_that_is_not_ready_says_where_it_stands(mock: MockBroker, run: RunApp) -> None:
    """As one does whose broker is away; without `wait` that is no error."""
    mock.stop()
    with pytest.raises(TimeoutError, match=r"(?s)Closer was not ready after 0\.01 s.*app\.py"):
        run(Closer(), timeout=0.01)
    second = Closer()
    later = run(second, wait=False)
    mock.start()
    later.wait()
    assert second.steps == ["start", "subscribed"]


def test_an_app_that_does_not_stop_says_where_it_stands(mock: MockBroker) -> None:
    """And is cancelled, so that the next test has nothing of it."""

    class Stays(VehicleApp):
        async def on_stop(self) -> None:
            await asyncio.Event().wait()

    with running_apps() as run:
        running = run(Stays())
        with pytest.raises(TimeoutError, match=r"(?s)Stays did not stop within 0\.01 s.*on_stop"):
            running.stop(0.01)
        assert not running.running


class Bonnet(VehicleApp):
    """Opens the hood only while the vehicle stands."""

    @provides(HOOD)
    async def move(self, is_open: bool) -> None:
        if is_open and (await SPEED.get()).value:
            raise Reject("the vehicle moves")
        await HOOD.publish(is_open)


def test_an_app_that_provides_is_asked_as_in_a_vehicle(mock: MockBroker, run: RunApp) -> None:
    """It goes before the echo, and has claimed its actuators when `run_app` returns."""
    running = run(Bonnet())
    mock.publish(SPEED, 0.0)
    mock.set(HOOD, True)
    assert mock.wait_for(HOOD, True).value is True
    mock.publish(SPEED, 3.0)
    mock.set(HOOD, False)
    mock.wait_for(HOOD, False)
    mock.set(HOOD, True)
    running.stop()
    assert mock.get(HOOD).value is False
    assert [value for _, value in mock.actuations] == [True, False, True]


def test_apps_do_not_disturb_each_other(mock: MockBroker, run: RunApp) -> None:
    """Each has a loop and a thread of its own, and subscriptions that end with it alone."""
    first, second = Closer(), Closer()
    one, other = run(first), run(second)
    one.stop()
    assert not first.subscription.active and second.subscription.active
    mock.publish(SPEED, 9.0)
    mock.wait_for_actuation(HOOD)
    other.stop()
    assert [thread.name for thread in threading.enumerate()].count("Closer") == 0


SUITE = '''
import asyncio

import pytest

from vehicle_signal_runtime import NoProvider, Reading, VehicleApp, use_broker
from vehicle_signal_runtime import broker as current
from vehicle_signal_runtime.model import vehicle

LIGHT = vehicle.Body.Lights.Beam.Low.IsOn
WIPING = vehicle.Body.Windshield.Front.Wiping.Mode


class NightLight(VehicleApp):
    """Switches the low beam on while the wipers wipe."""

    async def on_start(self):
        await WIPING.subscribe(self.on_wiping)

    async def on_wiping(self, mode):
        await LIGHT.set(mode.value != "OFF")


def test_the_light_goes_on_with_the_wipers(broker, run_app):
    run_app(NightLight())
    broker.publish(WIPING, "FAST")
    broker.wait_for(LIGHT, True)
    broker.publish(WIPING, "OFF")
    broker.wait_for(LIGHT, False)
    assert broker.actuations == [(LIGHT.path, True), (LIGHT.path, False)]


def test_the_light_survives_an_outage(broker, run_app):
    run_app(NightLight())
    broker.stop()
    broker.publish(WIPING, "FAST")
    broker.start()
    broker.wait_for(LIGHT, True, timeout=10)


def test_the_broker_is_fresh(broker):
    assert broker.actuations == []
    assert not broker.get(WIPING).available


def test_it_can_be_used_without_an_app(broker):
    asyncio.run(LIGHT.set(True))
    assert broker.wait_for_actuation(LIGHT).value is True


def test_two_things_at_once(run_app, broker):
    """In any order of the fixtures, the broker outlives the app."""
    run_app(NightLight())


def test_the_broker_from_before_is_back():
    assert current._client is None


class TestASmallModel:
    @pytest.fixture
    def broker_model(self):
        return {"Vehicle.Hood": "actuator boolean"}

    def test_it_is_the_one(self, broker):
        broker.set("Vehicle.Hood", True)
        assert broker.get("Vehicle.Hood").value is True
'''

ASYNC = """

async def test_values_in_an_async_test(broker):
    await LIGHT.set(True)
    assert broker.get(LIGHT).value is True
    assert (await LIGHT.get()).value is True


async def test_an_app_beside_an_async_test(broker, run_app):
    run_app(NightLight())
    await WIPING.publish("FAST")
    await asyncio.to_thread(broker.wait_for, LIGHT, True)
"""


@pytest.mark.parametrize(
    ("suite", "options", "count"),
    [
        (SUITE, [], 7),
        (SUITE + ASYNC, ["-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto"], 9),
    ],
    ids=["plain", "async"],
)
def test_a_users_suite_passes(
    suite: str, options: list[str], count: int, tmp_path: Path, model: Path
) -> None:
    """With the model that is installed, and nothing running."""
    (tmp_path / "test_night_light.py").write_text(suite)
    run = pytest_alone(tmp_path, model, *options)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{count} passed" in run.stdout


def test_what_an_app_dies_of_fails_its_test(tmp_path: Path, model: Path) -> None:
    """Also when the test itself saw nothing of it."""
    suite = SUITE + "\n\nclass Dies(VehicleApp):\n    async def on_stop(self):\n"
    suite += "        raise RuntimeError('no luck')\n\n\ndef test_dying(broker, run_app):\n"
    suite += "    run_app(Dies())\n"
    (tmp_path / "test_dies.py").write_text(suite)
    run = pytest_alone(tmp_path, model, "-k", "dying")
    assert run.returncode == 1
    assert "1 passed" in run.stdout and "1 error" in run.stdout
    assert "RuntimeError: no luck" in run.stdout


def test_the_plugin_loads_nothing_that_no_test_needs(tmp_path: Path, model: Path) -> None:
    """Neither the broker nor asyncio nor a model."""
    suite = "import sys\n\n\ndef test_modules():\n"
    suite += "    loaded = {'asyncio', 'vehicle_signal_runtime.testing.mock_broker',\n"
    suite += (
        "              'vehicle_signal_model'} & set(sys.modules)\n    assert loaded == set()\n"
    )
    (tmp_path / "test_modules.py").write_text(suite)
    run = pytest_alone(tmp_path, model)
    assert run.returncode == 0, run.stdout


def test_without_a_model_the_fixture_says_how_to_make_one(tmp_path: Path) -> None:
    """As everywhere."""
    (tmp_path / "test_none.py").write_text("def test_it(broker):\n    pass\n")
    run = pytest_alone(tmp_path, tmp_path)
    assert run.returncode == 1
    assert "make one with `vssc generate python MODEL -o DIR`" in run.stdout
