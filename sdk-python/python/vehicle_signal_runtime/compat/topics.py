"""MQTT topics: publishing, and callbacks for messages.

The broker of topics is optional. SDV_MQTT_ADDRESS says where it is, `mqtt://host:1883` or
`unix:///path/of/a/socket`; without that an app runs all the same, what it publishes goes nowhere,
and the log says so once.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote, urlsplit

from .. import broker
from .._core import Topic
from .._core import Topics as Connection

ENVIRONMENT = "SDV_MQTT_ADDRESS"

#: The usual one of MQTT, where the address has none.
PORT = 1883


class Topics:
    """The topics of one app."""

    def __init__(self) -> None:
        address = os.environ.get(ENVIRONMENT)
        self._tasks: list[asyncio.Task[None]] = []
        self._connection: Connection | None = None
        self._is_full = False
        if not address:
            broker.logger().warning(
                "topics are off: %s is not set, so messages are neither sent nor received",
                ENVIRONMENT,
            )
            return
        self._connection = connection = _connect(address)
        self._spawn(_report(connection, _place(address)), "topics")

    def publish(self, topic: str, data: str) -> None:
        """Send a message, or let it wait for the connection."""
        if self._connection is None:
            return
        was_full = self._is_full
        self._is_full = not self._connection.publish(topic, data.encode())
        if self._is_full and not was_full:
            broker.logger().warning(
                "too many messages wait for the broker of topics: new ones are dropped (on %s)",
                topic,
            )

    def subscribe(self, topic: str, callback: Callable[[str], object]) -> None:
        """Call `callback` with the text of each message."""
        if self._connection is not None:
            messages = self._connection.subscribe(topic)
            self._spawn(_deliver(messages, topic, callback), f"topic {topic}")

    async def close(self) -> None:
        """Send what waits, and end the connection and all callbacks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work, name=name))


def _connect(address: str) -> Connection:
    name = f"{os.environ.get('VEHICLE_APP_ID', 'vehicle-app')}-{uuid.uuid4().hex[:12]}"
    if address.startswith("unix:///"):
        return Connection.at_socket(_place(address), name)
    wrong = (
        f"{ENVIRONMENT} is {address!r}: write mqtt://host:port, mqtt://user:password@host:port or "
        "unix:///path"
    )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in ("mqtt", "tcp") or not host:
        raise ValueError(wrong)
    user = None if parts.username is None else unquote(parts.username)
    host = f"[{host}]" if ":" in host else host
    return Connection(host, port or PORT, name, user, unquote(parts.password or ""))


def _place(address: str) -> str:
    """The address without its scheme, user and password, for the log; of a socket, its path."""
    if address.startswith("unix:///"):
        return address.removeprefix("unix://")
    return address.rpartition("@")[2].rpartition("//")[2]


async def _report(connection: Connection, place: str) -> None:
    """Log a loss and the return of the connection."""
    is_lost = False
    while not connection.refused:
        changed = connection.changed()
        trouble = connection.trouble
        if trouble and not is_lost:
            broker.logger().warning(
                "no connection to the broker of topics at %s (%s), trying again", place, trouble
            )
        if is_lost and not trouble:
            broker.logger().warning("connection to the broker of topics restored")
        is_lost = trouble is not None
        await changed
    broker.logger().error(
        "topics are off: the broker at %s refuses this app (%s); look at %s",
        place,
        connection.trouble,
        ENVIRONMENT,
    )


async def _deliver(messages: Topic, topic: str, callback: Callable[[str], object]) -> None:
    dropped = 0
    while True:
        for payload in messages.take():
            await _call(callback, topic, payload)
            # A plain callback never gives the loop a chance by itself.
            await asyncio.sleep(0)
        if messages.dropped > dropped:
            lost, dropped = messages.dropped - dropped, messages.dropped
            broker.logger().warning(
                "topic %s: %d messages were dropped, its callback is too slow", topic, lost
            )
        await messages.wait()


async def _call(callback: Callable[[str], Any], topic: str, payload: bytes) -> None:
    try:
        result = callback(payload.decode())
        if hasattr(result, "__await__"):
            await result
    except Exception:
        broker.logger().exception("the callback for topic %s failed", topic)
