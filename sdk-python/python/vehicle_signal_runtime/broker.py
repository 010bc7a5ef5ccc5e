"""Which broker this process talks to, and the one client that does it."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING, TypeVar

from ._core import Client, shutdown

if TYPE_CHECKING:
    # Imported late at run time: a bare import of the model need not pay for it.
    from asyncio import Future
    from logging import Logger

ENVIRONMENT = "VEHICLE_EDGE_BROKER"
DEFAULT = "127.0.0.1:55555"

#: After this many seconds without a broker the log says what is being waited for.
PATIENCE = 2.0

R = TypeVar("R")

# The background thread must be gone before the interpreter is.
atexit.register(shutdown)

_client: Client | None = None
_lost: str | None = None
_inherited: list[Client] = []


def use_broker(address: str | None = None) -> None:
    """Talk to another broker from now on.

    `address` is `unix:///path` or `host:port`; None means the environment variable
    VEHICLE_EDGE_BROKER, and 127.0.0.1:55555 where that is not set. Subscriptions that
    exist already stay with the broker they were made at.
    """
    global _client
    _client = Client(address or os.environ.get(ENVIRONMENT) or DEFAULT)


def _leave_to_parent() -> None:
    """After a fork the background thread is the parent's alone: connect anew, same address.
    The old client is kept, because taking it down would disturb the parent's."""
    global _client
    if _client is not None:
        _inherited.append(_client)
        _client = Client(_client.address)


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


def note_connection(lost: str | None) -> None:
    """Log a loss and the return of the connection once, however many subscriptions see it."""
    global _lost
    if lost is not None and _lost is None:
        logger().warning("connection to the broker lost (%s), trying again", lost)
    if lost is None and _lost is not None:
        logger().warning("connection to the broker restored")
    _lost = lost


def logger() -> Logger:
    """The logger of this package, `vehicle_signal_runtime`."""
    import logging

    return logging.getLogger("vehicle_signal_runtime")
