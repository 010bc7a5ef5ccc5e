"""The log of an app: a message and its fields, one line each on standard error.

    2026-11-23T18:27:25.123Z INFO     MyApp: door opened door=Row1 count=2

It is the standard `logging` underneath, so other libraries' logs come out the same way.
VEHICLE_APP_LOG is `text` or `json` (one object a line), VEHICLE_APP_LOG_LEVEL the lowest level
that is shown; without them `text` and `INFO`. An app that has set up `logging` for itself, as
with `logging.basicConfig`, keeps its own formats and level.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone
from typing import Any

FORMAT = "VEHICLE_APP_LOG"
LEVEL = "VEHICLE_APP_LOG_LEVEL"

_COLOURS = {"DEBUG": 36, "INFO": 32, "WARNING": 33, "ERROR": 31, "CRITICAL": 35}


class Log:
    """What `VehicleApp.log` is: messages with fields.

    `log.info("door opened", door="Row1", count=2)`. Positional arguments fill a message with
    `%s` in it, as those of the standard `logging` do; `exc_info` adds a traceback.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, message: str, /, *args: object, exc_info: Any = None, **fields: object) -> None:
        """What only who looks for a fault wants to know."""
        self._log(logging.DEBUG, message, args, exc_info, fields)

    def info(self, message: str, /, *args: object, exc_info: Any = None, **fields: object) -> None:
        """What happens."""
        self._log(logging.INFO, message, args, exc_info, fields)

    def warning(
        self, message: str, /, *args: object, exc_info: Any = None, **fields: object
    ) -> None:
        """What should not be so, though the app can do its work."""
        self._log(logging.WARNING, message, args, exc_info, fields)

    def error(self, message: str, /, *args: object, exc_info: Any = None, **fields: object) -> None:
        """What the app could not do."""
        self._log(logging.ERROR, message, args, exc_info, fields)

    def exception(self, message: str, /, *args: object, **fields: object) -> None:
        """The same, with the traceback of the exception that is being handled."""
        self._log(logging.ERROR, message, args, True, fields)

    def critical(
        self, message: str, /, *args: object, exc_info: Any = None, **fields: object
    ) -> None:
        """What the app cannot go on with."""
        self._log(logging.CRITICAL, message, args, exc_info, fields)

    def _log(
        self,
        level: int,
        message: str,
        args: tuple[object, ...],
        exc_info: Any,
        fields: dict[str, object],
    ) -> None:
        # The caller is the app's own line, not one of these.
        self._logger.log(level, Event(message, args, fields), exc_info=exc_info, stacklevel=3)


class Event:
    """A message with its fields; as a string, as any format of `logging` shows it."""

    def __init__(self, message: str, args: tuple[object, ...], fields: dict[str, object]) -> None:
        self._message = message
        self._args = args
        self.fields = fields

    @property
    def message(self) -> str:
        """The message alone."""
        return self._message % self._args if self._args else self._message

    def __str__(self) -> str:
        return " ".join([self.message, *(f"{k}={_shown(v)}" for k, v in self.fields.items())])


# The names of the methods below are those of `logging`.
class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        at = datetime.fromtimestamp(record.created, timezone.utc)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(_Formatter):
    """Lines for people. Only a terminal gets colours."""

    def __init__(self, colour: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s")
        self._colour = colour

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        line = super().formatMessage(record)
        if not self._colour or record.levelname not in _COLOURS:
            return line
        coloured = f"\x1b[{_COLOURS[record.levelname]}m{record.levelname}\x1b[0m"
        return line.replace(record.levelname, coloured, 1)


class JsonFormatter(_Formatter):
    """Lines for programs: `time`, `level`, `logger`, `message`, and where there are such
    `fields`, `exception` and `stack`."""

    def format(self, record: logging.LogRecord) -> str:
        event = record.msg if isinstance(record.msg, Event) else None
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if event is None else event.message,
        }
        if event is not None and event.fields:
            line["fields"] = event.fields
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return _json(line)


def set_up() -> None:
    """Have everything logged as the module says, unless something has been set up already."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter())
    root.setLevel(_level())
    root.addHandler(handler)


def _formatter() -> logging.Formatter:
    match os.environ.get(FORMAT) or "text":
        case "json":
            return JsonFormatter()
        case "text":
            return TextFormatter(colour=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
        case other:
            raise ValueError(f"{FORMAT} is {other!r}: write text or json")


def _level() -> int:
    text = os.environ.get(LEVEL) or "INFO"
    level = int(text) if text.isdecimal() else getattr(logging, text.upper(), None)
    if isinstance(level, int):
        return level
    raise ValueError(f"{LEVEL} is {text!r}: write DEBUG, INFO, WARNING, ERROR or CRITICAL")


def _shown(value: object) -> str:
    """As it is, where that is one word; else quoted as JSON does, so that a line stays one."""
    text = str(value)
    is_word = text.isprintable() and text != "" and not set(' "=') & set(text)
    return text if is_word else json.dumps(text, ensure_ascii=False)


def _json(line: dict[str, object]) -> str:
    try:
        return json.dumps(line, default=str, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        # JSON has no NaN, no keys but strings, no circles: their text stands for the fields.
        return json.dumps(line | {"fields": str(line.get("fields"))}, ensure_ascii=False)
