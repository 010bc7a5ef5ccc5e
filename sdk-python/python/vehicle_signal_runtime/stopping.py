"""SIGTERM and SIGINT: asked once, an app ends by itself; asked again, it is made to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextvars import copy_context
from types import FrameType


class StopSignals:
    """While this is entered, the first signal calls `ask` in the running loop, and later ones
    `hurry`. One that finds the app's own code holding up the loop then ends that at once, with
    SystemExit(0): nothing else could.

    The handlers are Python's own, not the loop's, because those wait for the loop.
    """

    def __init__(self, ask: Callable[[], object], hurry: Callable[[], object]) -> None:
        self._ask = ask
        self._hurry = hurry
        self._received = 0
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # A signal comes in the context of whatever it interrupts.
        self._context = copy_context()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if number == signal.SIGTERM and callable(before):
                # The program's own; of SIGINT asyncio always has one.
                continue
            try:
                # One that was set for the loop would be called as well.
                self._loop.remove_signal_handler(number)
                signal.signal(number, self._handle)
            except (ValueError, RuntimeError):
                # Not the main thread: whoever runs the loop there stops it.
                return
            self._before[number] = before

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # None: it was set by something that is not Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._received += 1
        if self._received == 1:
            self._loop.call_soon_threadsafe(self._ask, context=self._context)
        elif self._received == 2 and asyncio.current_task(self._loop) is None:
            self._loop.call_soon_threadsafe(self._hurry, context=self._context)
        else:
            raise SystemExit(0)
