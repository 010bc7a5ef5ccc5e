"""Topics of an app, against a real MQTT broker in a process of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from harness import Broker

from vehicle_signal_runtime import InvalidValue
from vehicle_signal_runtime.compat.app import VehicleApp, subscribe_topic
from vehicle_signal_runtime.compat.topics import Topics


@pytest.fixture
def address(topics: Broker, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where apps are told to find a broker that is not started yet."""
    monkeypatch.setenv("SDV_MQTT_ADDRESS", f"mqtt://{topics.address}")
    return topics.address


@pytest.fixture
async def connected(address: str) -> AsyncIterator[Topics]:
    """Topics at that broker."""
    made = Topics()
    yield made
    await made.close()


async def next_of(heard: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(heard.get(), 20)


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Wait until the log has a text."""
    deadline = asyncio.get_running_loop().time() + 20
    while text not in caplog.text:
        assert asyncio.get_running_loop().time() < deadline, f"no {text!r} in {caplog.text}"
        await asyncio.sleep(0.01)


async def test_wildcards_bring_what_they_stand_for(topics: Broker, connected: Topics) -> None:
    """Each callback gets its own topics, async or plain, in order."""
    topics.start()
    level: asyncio.Queue[str] = asyncio.Queue()
    rest: asyncio.Queue[str] = asyncio.Queue()
    connected.subscribe("seat/+/position", level.put_nowait)
    connected.subscribe("door/#", rest.put)
    # Until both subscriptions have arrived there, messages of the same connection would be lost.
    await settled(connected, "seat/0/position", level)
    await settled(connected, "door/0", rest)
    for topic in ("seat/1/position", "seat/1/heat", "seat/position", "door/left/open", "door"):
        connected.publish(topic, topic)
    assert [await next_of(rest), await next_of(rest)] == ["door/left/open", "door"]
    assert await next_of(level) == "seat/1/position"
    assert level.empty() and rest.empty()


async def settled(topics: Topics, topic: str, heard: asyncio.Queue[str]) -> None:
    """Publish until it comes back, and take all of it."""
    sent = 0
    deadline = asyncio.get_running_loop().time() + 20
    while heard.empty():
        assert asyncio.get_running_loop().time() < deadline
        topics.publish(topic, str(sent))
        sent += 1
        await asyncio.sleep(0.05)
    while await next_of(heard) != str(sent - 1):
        pass


async def test_topics_come_back_with_their_broker(
    topics: Broker, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The app may start first; a loss and the return are logged once each."""
    connected = Topics()
    heard: asyncio.Queue[str] = asyncio.Queue()
    connected.subscribe("news", heard.put_nowait)
    await logged(caplog, f"no connection to the broker of topics at {address} (")
    topics.start()
    await logged(caplog, "connection to the broker of topics restored")
    await settled(connected, "news", heard)
    topics.stop()
    caplog.clear()
    await logged(caplog, "no connection to the broker of topics")
    topics.start()
    await logged(caplog, "connection to the broker of topics restored")
    await settled(connected, "news", heard)
    assert len(caplog.records) == 2
    await connected.close()


@pytest.mark.parametrize("folder", ["short", "long" * 30])
async def test_topics_go_through_a_unix_socket(
    topics: Broker,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of any length, and it may come later than the app."""
    topics.start()
    (tmp_path / folder).mkdir()
    socket = tmp_path / folder / "mqtt.sock"
    monkeypatch.setenv("SDV_MQTT_ADDRESS", f"unix://{socket}")
    connected = Topics()
    heard: asyncio.Queue[str] = asyncio.Queue()
    connected.subscribe("news", heard.put_nowait)
    await logged(caplog, f"no connection to the broker of topics at {socket} (")
    host, port = topics.address.rsplit(":", 1)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pipe(reader, to_broker), pipe(from_broker, writer))

    # Its own address is as short as ours.
    monkeypatch.chdir(socket.parent)
    server = await asyncio.start_unix_server(forward, "mqtt.sock")
    await settled(connected, "news", heard)
    await connected.close()
    server.close()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
    writer.close()


async def test_what_is_published_too_early_is_sent_later(topics: Broker, address: str) -> None:
    """Messages wait for the first connection, and closing sends what still waits."""
    topics.start()
    heard: asyncio.Queue[str] = asyncio.Queue()
    other = Topics()
    other.subscribe("early", heard.put_nowait)
    await settled(other, "early", heard)
    for number in range(0, 20, 2):
        # Its connection is only being made while all this happens.
        hasty = Topics()
        hasty.publish("early", str(number))
        hasty.publish("early", str(number + 1))
        await hasty.close()
    assert [await next_of(heard) for _ in range(20)] == [str(number) for number in range(20)]
    await other.close()


async def test_a_failing_callback_is_logged_and_the_topic_goes_on(
    topics: Broker, connected: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    """So is a message that is no text."""
    topics.start()
    heard: asyncio.Queue[str] = asyncio.Queue()

    def callback(data: str) -> None:
        if data == "bad":
            raise RuntimeError("cannot do that")
        heard.put_nowait(data)

    connected.subscribe("orders", callback)
    await settled(connected, "orders", heard)
    connected.publish("orders", "bad")
    assert connected._connection is not None
    connected._connection.publish("orders", b"\xff")
    connected.publish("orders", "good")
    assert await next_of(heard) == "good"
    assert caplog.text.count("the callback for topic orders failed") == 2
    assert "RuntimeError: cannot do that" in caplog.text and "UnicodeDecodeError" in caplog.text


async def test_a_broker_that_refuses_the_app_is_not_tried_again(
    closed_topics: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the reason; with a user's name it is let in."""
    closed_topics.start()
    monkeypatch.setenv("SDV_MQTT_ADDRESS", f"mqtt://{closed_topics.address}")
    refused = Topics()
    await logged(caplog, f"topics are off: the broker at {closed_topics.address} refuses this app")
    assert "look at SDV_MQTT_ADDRESS" in caplog.text
    refused.publish("a", "b")
    await refused.close()

    monkeypatch.setenv("SDV_MQTT_ADDRESS", f"mqtt://anna:s%40crt@{closed_topics.address}")
    named = Topics()
    heard: asyncio.Queue[str] = asyncio.Queue()
    named.subscribe("news", heard.put_nowait)
    await settled(named, "news", heard)
    await named.close()
    assert "s%40crt" not in caplog.text and "s@crt" not in caplog.text


async def test_too_many_waiting_messages_are_dropped(
    connected: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    """The app is not held up, and the log says so once."""
    for number in range(1100):
        connected.publish("flood", str(number))
    assert caplog.text.count("too many messages wait for the broker of topics") == 1


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        ("", "a topic has a name"),
        ("a/#", "a topic to publish on has no wildcards (+ and #)"),
        ("x" * 65536, "a topic has at most 65535 bytes"),
        ("a\0", "a topic has no zero byte"),
    ],
)
async def test_a_topic_to_publish_on_is_one_topic(
    connected: Topics, topic: str, problem: str
) -> None:
    """What the broker would end the connection for is refused before."""
    with pytest.raises(InvalidValue) as caught:
        connected.publish(topic, "x")
    assert problem in str(caught.value)


@pytest.mark.parametrize("topic", ["a#", "a/#/b", "a+/b"])
async def test_wildcards_stand_for_whole_levels(connected: Topics, topic: str) -> None:
    """As MQTT has them."""
    with pytest.raises(InvalidValue, match="stands for a whole level of a topic"):
        connected.subscribe(topic, print)


@pytest.mark.parametrize(
    "address", ["localhost", "http://localhost", "mqtt://", "mqtt://h:99999", "unix://h/s"]
)
async def test_a_wrong_address_says_how_to_write_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was found, and what it is."""
    monkeypatch.setenv("SDV_MQTT_ADDRESS", address)
    with pytest.raises(ValueError, match=f"SDV_MQTT_ADDRESS is '{address}': write mqtt://host"):
        Topics()


async def test_an_app_that_asks_to_stop_ends_its_topics(
    topics: Broker, address: str, broker: str
) -> None:
    """`stop` with `await`, from a topic's callback; then `on_stop`, then `run` returns."""
    topics.start()
    told = []

    class Stopping(VehicleApp):
        @subscribe_topic("stop")
        async def on_stop_message(self, data: str) -> None:
            told.append(data)
            await self.stop()

        async def on_stop(self) -> None:
            told.append("on_stop")
            await self.publish_event("stopped", "yes")

    heard: asyncio.Queue[str] = asyncio.Queue()
    other = Topics()
    other.subscribe("stopped", heard.put_nowait)
    await settled(other, "stopped", heard)
    running = asyncio.create_task(Stopping().run())
    while not running.done():
        other.publish("stop", "please")
        await asyncio.wait({running}, timeout=0.1)
    await running
    assert told[0] == "please" and told[-1] == "on_stop"
    assert await next_of(heard) == "yes"
    await other.close()


async def test_the_older_name_of_publishing_says_the_newer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And without topics the log says once that they are off."""
    monkeypatch.delenv("SDV_MQTT_ADDRESS", raising=False)
    caplog.set_level(logging.WARNING)
    app = VehicleApp()
    with pytest.warns(DeprecationWarning, match="publish_mqtt_event is deprecated: use publish_ev"):
        await app.publish_mqtt_event("a", "b")
    await app.publish_event("a", "b")
    assert caplog.text.count("topics are off: SDV_MQTT_ADDRESS is not set") == 1
