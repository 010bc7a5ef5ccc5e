"""Existing apps as whole programs, in processes of their own at a real broker."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from amqtt.client import MQTTClient  # type: ignore[import-untyped]
from harness import App, Broker

from vehicle_signal_runtime import VehicleSignal

from .conftest import Existing, bring

ENDING = "RuntimeError: Event loop stopped before Future completed."


async def until(app: App, pattern: str) -> str:
    """The next line of output that begins with a pattern."""
    while line := await asyncio.wait_for(asyncio.to_thread(app.line), 20):
        if re.match(pattern, line):
            return line
    raise AssertionError(f"the app ended before {pattern!r}: {app.end(0)}")


@asynccontextmanager
async def mqtt(topics: Broker, *filters: str) -> AsyncIterator[MQTTClient]:
    """A client of the topics' broker beside the app."""
    client = MQTTClient(config={"auto_reconnect": False})
    await client.connect(f"mqtt://{topics.address}")
    await client.subscribe([(topic, 0) for topic in filters])
    yield client
    await client.disconnect()


async def test_the_playground_app_reads_back_what_it_set(existing: Existing) -> None:
    """The mock provider brings the light to its target; the usual ending ends it."""
    app = existing("playground")
    for value in ("True", "False", "True"):
        await until(app, f"Light changed {value}")
        assert await until(app, "Light value") == f"Light value {value}"
    code, errors = app.end(signal.SIGTERM)
    assert code == 1 and ENDING in errors


async def test_the_plugin_reads_in_a_loop_of_its_own(existing: Existing) -> None:
    """Without an app class, under `asyncio.run`."""
    await VehicleSignal("Vehicle.Speed").publish(33.5)
    app = existing("plugin-reader")
    assert await until(app, "Vehicle") == "Vehicle.Speed = 33.5, door False, again False"


async def test_queries_and_several_targets_work(existing: Existing) -> None:
    """Join with a condition, a decorator's condition, and several targets at once."""
    await bring(
        False,
        VehicleSignal("Vehicle.Body.Horn.IsActive"),
        VehicleSignal("Vehicle.Body.Lights.Beam.Low.IsOn"),
    )
    app = existing("queries")
    assert await until(app, "alarm") == "alarm True True"
    assert await until(app, "light") == "light True horn True"


async def test_the_template_answers_on_its_topics(
    existing: Existing, topics: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It publishes each speed, and answers a request with the one of the moment."""
    topics.start()
    monkeypatch.setenv("SDV_MQTT_ADDRESS", f"mqtt://{topics.address}")
    speed = VehicleSignal("Vehicle.Speed")
    await speed.publish(10.0)
    async with mqtt(topics, "sampleapp/currentSpeed", "sampleapp/getSpeed/response") as client:
        app = existing("template")
        assert await received(client) == {"speed": 10.0}
        await speed.publish(20.5)
        assert await received(client) == {"speed": 20.5}
        await client.publish("sampleapp/getSpeed", b'{"requestId": 7}')
        assert await received(client) == {
            "requestId": 7,
            "result": {"status": 0, "message": "Current Speed = 20.5"},
        }
    code, errors = app.end(signal.SIGTERM)
    assert code == 1 and ENDING in errors


async def received(client: MQTTClient) -> object:
    message = await client.deliver_message(timeout_duration=20)
    assert message is not None and message.data is not None
    return json.loads(message.data)


async def test_the_template_runs_without_topics(
    existing: Existing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says once that they are off, and nothing else is different."""
    monkeypatch.delenv("SDV_MQTT_ADDRESS", raising=False)
    app = existing("template")
    assert app.process.stderr is not None
    speed = VehicleSignal("Vehicle.Speed")
    log = ""
    for value in (1.5, 2.5, 3.5):
        await speed.publish(value)
        while f"speed {value}" not in log:
            log += await asyncio.wait_for(asyncio.to_thread(app.process.stderr.readline), 20)
    _, errors = app.end(signal.SIGTERM)
    log += errors
    assert log.count("topics are off: SDV_MQTT_ADDRESS is not set") == 1
    assert log.count("Traceback") == log.count(ENDING) == 1
