"""Updates for `async for`: an open subscription without a callback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import Future

    from . import _core

R = TypeVar("R")

#: After so many seconds of items that are there already the loop gets a chance.
SLICE = 0.005


class Stream(Generic[R]):
    """Updates as they come: `async for reading in vehicle.Speed.stream(): …`.

    The subscription is made when the first item is asked for, or by `async with`. It ends by
    `close`, when the `async with` is left, or, without one, when the `async for` is. Updates
    wait in a queue of their own; an error that does not heal is raised where the next item is
    awaited.
    """

    def __init__(self, subscribe: Callable[[], Awaitable[_core.Stream]]) -> None:
        self._subscribe = subscribe
        self._opening: Future[_core.Stream] | None = None
        self._stream: _core.Stream | None = None
        self._closed = False
        # Whether an `async with` says when it ends.
        self._held = False
        self._since = 0.0

    @property
    def dropped(self) -> int:
        """How many updates were dropped because they were taken more slowly than they came."""
        return 0 if self._stream is None else self._stream.dropped

    def close(self) -> None:
        """End the subscription; the loop over it ends, too."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()
        elif self._opening is not None:
            self._opening.cancel()

    async def _open(self) -> _core.Stream | None:
        """The subscription, made once however many wait for it; None when it was closed
        before there was a broker."""
        import asyncio

        if self._opening is None:
            self._opening = asyncio.ensure_future(self._subscribe())
        await asyncio.wait({self._opening})
        if self._opening.cancelled():
            return None
        self._stream = self._opening.result()
        if self._closed:
            self._stream.close()
        return self._stream

    async def __aenter__(self) -> Stream[R]:
        self._held = True
        try:
            await self._open()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[R]:
        return _Loop(self)

    async def __anext__(self) -> R:
        if self._stream is not None and monotonic() - self._since > SLICE:
            await self._give_way()
        while not self._closed:
            stream = self._stream or await self._open()
            if stream is None:
                break
            item: R | None = stream.next()
            if item is not None:
                return item
            await stream.wait()
            self._since = monotonic()
        raise StopAsyncIteration

    async def _give_way(self) -> None:
        """Items that are there already never give the loop a chance by themselves."""
        import asyncio

        await asyncio.sleep(0)
        self._since = monotonic()


class _Loop(AsyncIterator[R]):
    """One `async for` over a stream: when it is left nobody else holds this, and the
    subscription ends, unless an `async with` goes on with it."""

    def __init__(self, stream: Stream[R]) -> None:
        self._stream = stream

    async def __anext__(self) -> R:
        return await self._stream.__anext__()

    def __del__(self) -> None:
        if not self._stream._held:
            self._stream.close()
