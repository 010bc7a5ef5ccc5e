"""Log formats and the log level from the environment."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

__all__ = [
    "LogLevelValueError",
    "get_default_date_format",
    "get_default_log_date_format",
    "get_default_log_format",
    "get_log_level",
    "get_opentelemetry_log_factory",
    "get_opentelemetry_log_format",
]

LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


class LogLevelValueError(ValueError):
    """LOGLEVEL is not a level."""


def get_log_level() -> str:
    """The level that LOGLEVEL names, in any case of letters; ERROR where it is not set."""
    level = os.environ.get("LOGLEVEL", "ERROR").upper()
    if level not in LEVELS:
        raise LogLevelValueError(f"LOGLEVEL is {level!r}: it must be one of {', '.join(LEVELS)}")
    return level


def get_default_log_format() -> str:
    """Time, logger, level, message."""
    return "%(asctime)s - %(name)s - %(levelname)s - %(message)s"


def get_default_log_date_format() -> str:
    """`12/31/2026 11:59:59 PM`."""
    return "%m/%d/%Y %I:%M:%S %p"


get_default_date_format = get_default_log_date_format


def get_opentelemetry_log_format() -> str:
    """A format with the fields that the factory below adds to each record."""
    return (
        "%(asctime)s %(levelname)s [%(name)s] [%(filename)s:%(lineno)d] "
        "[trace_id=%(otelTraceID)s span_id=%(otelSpanID)s "
        "resource.service.name=%(otelServiceName)s] - %(message)s"
    )


def get_opentelemetry_log_factory() -> Callable[..., logging.LogRecord]:
    """A factory of log records with the fields of OpenTelemetry. No tracing runs here, so the
    ids are 0."""
    make = logging.getLogRecordFactory()

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = make(*args, **kwargs)
        made.otelTraceID = made.otelSpanID = "0"
        made.otelTraceSampled = False
        made.otelServiceName = sys.argv[0]
        return made

    return record
