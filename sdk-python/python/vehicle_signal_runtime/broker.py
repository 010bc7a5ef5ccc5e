"""Which broker this process talks to, and the one client that does it."""

from __future__ import annotations

import atexit
import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from ._core import Client, shutdown

if TYPE_CHECKING:
    # Imported late at run time: a bare import of the model need not pay for it.
    from asyncio import AbstractEventLoop, Future, Task
    from logging import Logger

    from .testing import MockBroker

ENVIRONMENT = "VEHICLE_EDGE_BROKER"
#: Where existing apps are told it, `grpc://localhost:55555`.
EXISTING = "SDV_VEHICLEDATABROKER_ADDRESS"
DEFAULT = "127.0.0.1:55555"

#: After this many seconds without a broker the log says what is being waited for.
PATIENCE = 2.0

R = TypeVar("R")

# The background thread must be gone before the interpreter is.
atexit.register(shutdown)

_client: Client | None = None
_inherited: list[Client] = []
_app = ContextVar("app", default="vehicle_signal_runtime")

# Who follows the connection; a loop alone keeps only weak references to its tasks.
_watching: dict[tuple[Client, AbstractEventLoop], Task[None]] = {}


def _nothing(*_: object) -> None:
    """What is done at a loss or a return where there is no app."""


def use_broker(address: str | MockBroker | None = None) -> None:
    """Talk to another broker from now on.

    `address` is `unix:///path`, `host:port`, or a `MockBroker` of a test; None means the
    environment variable VEHICLE_EDGE_BROKER, where that is not set
    SDV_VEHICLEDATABROKER_ADDRESS, and else 127.0.0.1:55555. Subscriptions that exist already
    stay with the broker they were made at.
    """
    global _client
    if address is None or isinstance(address, str):
        address = address or os.environ.get(ENVIRONMENT) or os.environ.get(EXISTING) or DEFAULT
        _client = Client(address)
    else:
        _client = address.client()


def _leave_to_parent() -> None:
    """After a fork the background thread is the parent's alone: connect anew, to the same broker.
    The old client is kept, because taking it down would disturb the parent's."""
    global _client
    if _client is not None:
        _inherited.append(_client)
        _client = _client.again()


os.register_at_fork(after_in_child=_leave_to_parent)


def client() -> Client:
    """The client of this process; it connects at the first call."""
    if _client is None:
        use_broker()
    assert _client is not None
    return _client


async def patiently(answer: Future[R]) -> R:
    """Wait for what comes once the broker is there, however long that takes."""
    import asyncio

    address = client().address

    def notice() -> None:
        logger().warning("waiting for the broker at %s", address)

    timer = asyncio.get_running_loop().call_later(PATIENCE, notice)
    try:
        return await answer
    finally:
        timer.cancel()


def watch(
    connection: int | None = None,
    on_disconnect: Callable[[str], object] = _nothing,
    on_reconnect: Callable[..., object] = _nothing,
) -> Task[None]:
    """Follow the connection while the running loop runs: log when it is lost and when the
    broker answers again, and call the handlers, one after the other.

    There is one such task for all who use the client in a loop; with a `connection` to begin
    with it is an app's own. It fails with what does not heal.
    """
    import asyncio

    key = client(), asyncio.get_running_loop()
    task = _watching.get(key)
    if task is None or connection is not None:
        if task is not None:
            task.cancel()
        following = _follow(key[0], connection, on_disconnect, on_reconnect)
        task = _watching[key] = key[1].create_task(following, name="connection")
        task.add_done_callback(lambda done: _forget(key, done))
    return task


def _forget(key: tuple[Client, AbstractEventLoop], done: Task[None]) -> None:
    if _watching.get(key) is done:
        del _watching[key]
    if not done.cancelled():
        # What a subscription meets too, and logs; unless asked for here, asyncio reports it.
        done.exception()


def unwatch(client: Client) -> None:
    """Follow a client's connection no more, from any thread: its broker goes on purpose."""
    from contextlib import suppress

    for (watched, loop), task in list(_watching.items()):
        if watched is client:
            # A loop that is closed follows nothing.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)


async def _follow(
    client: Client,
    connection: int | None,
    on_disconnect: Callable[[str], object],
    on_reconnect: Callable[[], object],
) -> None:
    if connection is None:
        connection = await client.ready()
    while True:
        reason = await client.lost(connection)
        logger().warning("connection to the broker lost (%s), trying again", reason)
        # Tried from now on, however long the handler takes.
        back = client.ready()
        try:
            await _tell(on_disconnect, reason)
            connection = await back
        finally:
            back.cancel()
        logger().warning("connection to the broker restored")
        await _tell(on_reconnect)


async def _tell(handler: Callable[..., object], *arguments: object) -> None:
    """Call a handler, async or plain."""
    try:
        result = handler(*arguments)
        if isinstance(result, Awaitable):
            await result
    except Exception:
        logger().exception("%s failed", getattr(handler, "__name__", handler))


def logger() -> Logger:
    """The logger of the app that runs here, else that of this package."""
    import logging

    return logging.getLogger(_app.get())


def name_app(name: str) -> None:
    """Have what happens from here on in this task, and in those it makes, logged under the
    name of an app."""
    _app.set(name)
