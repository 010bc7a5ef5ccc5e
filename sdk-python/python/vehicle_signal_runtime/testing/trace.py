"""Traces: what signals held over a time, recorded to a file and published again.

A trace is JSON Lines, one object a line. The first says what it is, each other one what a
signal held from a moment on, in seconds since the start; null where it had no value:

    {"format": "vehicle-signal-trace", "version": 1, "model": {"name": "Vehicle", …}, …}
    {"t": 0.25, "path": "Vehicle.Speed", "value": 12.5}
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from .. import broker as current
from ..errors import VehicleSignalError
from ..generated import Branch
from ..selection import Selection
from ..signals import Attribute, Signal, VehicleSignal

if TYPE_CHECKING:
    from types import TracebackType

    from .._core import Reading
    from ..subscription import Subscription
    from .mock_broker import MockBroker

FORMAT = "vehicle-signal-trace"
VERSION = 1

#: How many updates may wait to be written.
QUEUE = 100_000


class TraceError(ValueError):
    """A file that is no trace, or one that does not fit the broker. The message names the
    line and the field."""


class Replayed(NamedTuple):
    """What became of a trace."""

    #: How many updates were published.
    published: int
    #: Whether the last line was not written to its end, as after a crash. It is left out.
    torn: bool


def record(path: str | Path, *what: Signal[Any] | Branch) -> Recording:
    """Record signals, and all below branches, while the `async with` of this lasts.

    The trace begins with the current values. Each line is handed to the operating system at
    once, so that a crash of the app costs at most the last one. An existing file is replaced.
    """
    return Recording(path, *what)


class Recording:
    """A trace that is being written; `count` is how many values are in it so far."""

    def __init__(self, path: str | Path, *what: Signal[Any] | Branch) -> None:
        if not what:
            raise ValueError("record needs at least one signal or branch")
        self.path = Path(path)
        self.count = 0
        self._signals = {signal.path: signal for signal in _expanded(what)}
        self._file: TextIO | None = None
        self._subscription: Subscription | None = None
        self._start = 0.0
        self._error: OSError | None = None

    @property
    def dropped(self) -> int:
        """How many values came faster than they could be written."""
        return 0 if self._subscription is None else self._subscription.dropped

    async def __aenter__(self) -> Recording:
        # Line by line, in one write each.
        self._file = self.path.open("w", encoding="utf-8", buffering=1)
        self._line(_header(list(self._signals)))
        self._start = asyncio.get_running_loop().time()
        try:
            await self._begin()
        except BaseException:
            self._file.close()
            raise
        return self

    async def _begin(self) -> None:
        changing = []
        for signal in self._signals.values():
            if not isinstance(signal, Attribute):
                changing.append(signal)
            elif (reading := await signal.get()).available:
                self._write(reading)
        if changing:
            selection = Selection[Any](changing)
            self._subscription = await selection.subscribe(self._write, queue=QUEUE)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._subscription is not None:
            self._subscription.unsubscribe()
        if self._file is not None:
            self._file.close()
        if self.dropped:
            current.logger().warning("%s lacks %s values", self.path, self.dropped)
        if self._error is not None and error is None:
            raise self._error

    def _write(self, reading: Reading[Any]) -> None:
        t = round(asyncio.get_running_loop().time() - self._start, 6)
        try:
            self._line({"t": t, "path": reading.path, "value": _plain(reading.value)})
            self.count += 1
        except OSError as error:
            # A full disk, say: nothing more can be written, and the end says so.
            self._error = error
            if self._subscription is not None:
                self._subscription.unsubscribe()

    def _line(self, content: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


async def replay(
    path: str | Path, *, speed: float | None = 1.0, broker: MockBroker | None = None
) -> Replayed:
    """Publish what a trace holds, in its order and at its times.

    `speed` 2.0 takes half of the time, None no time at all: as fast as can be. The values go
    to `broker`, else to the one that is current, as those of a provider of these signals.

    The whole file is read before the first value is published. TraceError names the line and
    the field that is wrong; a last line that a crash has torn is no error, but logged.
    """
    if speed is not None and not speed > 0:
        raise ValueError(f"speed is a factor above 0, or None for as fast as can be, not {speed}")
    path = Path(path)
    torn = await asyncio.to_thread(_check, path)
    if torn is not None:
        current.logger().warning("%s, line %s, is torn and left out", path, torn)
    loop = asyncio.get_running_loop()
    start = loop.time()
    signals: dict[str, VehicleSignal] = {}
    published = 0
    for event in _events(path, torn):
        if speed is not None and (pause := start + event.t / speed - loop.time()) > 0:
            await asyncio.sleep(pause)
        try:
            if broker is not None:
                broker.publish(event.path, event.value)
            elif event.value is None:
                await current.client().clear(event.path)
            else:
                signal = signals.setdefault(event.path, VehicleSignal(event.path))
                await signal.publish(event.value)
        except VehicleSignalError as error:
            raise TraceError(f"{path}, line {event.line}: {error}") from error
        published += 1
    return Replayed(published, torn is not None)


class _Event(NamedTuple):
    line: int
    t: float
    path: str
    value: Any


def _check(path: Path) -> int | None:
    """Reads a trace to its end: the number of the line that is torn, if there is one."""
    try:
        for _ in _events(path, None):
            pass
    except _Torn as torn:
        return torn.line
    return None


class _Torn(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


def _events(path: Path, end: int | None) -> Iterator[_Event]:
    """What a trace holds, up to the line `end`, which is torn."""
    last = 0.0
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        number = 0
        for number, line in enumerate(file, 1):
            if number == end:
                return
            where = f"{path}, line {number}"
            content = _parsed(line, number, where)
            if number == 1:
                _check_header(content, where)
                continue
            event = _event(content, number, where)
            if event.t < last:
                raise TraceError(f"{where}: t is {event.t}, before the {last} of the line above")
            last = event.t
            yield event
        if number == 0:
            raise TraceError(f"{path} is empty: a trace begins with a line that says so")


def _parsed(line: str, number: int, where: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        # The header is written before anything else happens: without it there is no trace.
        if not line.endswith("\n") and number > 1:
            raise _Torn(number) from None
        raise TraceError(f"{where} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise TraceError(f"{where} is no object, but {content!r}")
    return content


def _check_header(content: dict[str, Any], where: str) -> None:
    if content.get("format") != FORMAT:
        raise TraceError(f"{where}: format is {content.get('format')!r}, not {FORMAT!r}")
    if content.get("version") != VERSION:
        found = content.get("version")
        raise TraceError(f"{where}: version is {found!r}, and only {VERSION} can be read here")


def _event(content: dict[str, Any], number: int, where: str) -> _Event:
    for field in ("t", "path", "value"):
        if field not in content:
            raise TraceError(f"{where}: {field} is missing")
    t, path, value = content["t"], content["path"], content["value"]
    if isinstance(t, bool) or not isinstance(t, (int, float)) or not 0 <= t < float("inf"):
        raise TraceError(f"{where}: t is {t!r}, not a number of seconds from 0 on")
    if not isinstance(path, str) or not path:
        raise TraceError(f"{where}: path is {path!r}, not the name of a signal")
    if isinstance(value, dict):
        raise TraceError(f"{where}: value is {value!r}, which is no value of a signal")
    return _Event(number, float(t), path, value)


def _header(paths: list[str]) -> dict[str, Any]:
    generated = sys.modules.get("vehicle_signal_model")
    model = {
        "name": paths[0].partition(".")[0],
        "version": getattr(generated, "__version__", None),
    }
    start = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return {"format": FORMAT, "version": VERSION, "model": model, "start": start}


def _expanded(what: tuple[Signal[Any] | Branch, ...]) -> Iterator[Signal[Any]]:
    for each in what:
        if isinstance(each, Branch):
            yield from each.signals()
        else:
            yield each


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
