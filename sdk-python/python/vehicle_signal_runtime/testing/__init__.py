"""Testing apps without anything running: a broker inside the test's own process.

`MockBroker` is the runtime's own broker, reached by the SDK's own client, without a socket.
With pytest, `broker` and `run_app`, which runs an app beside a test, are fixtures that are
there by themselves. `record` and `replay` keep what signals held in a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mock_broker import Actuation, MockBroker
    from .running import RunApp, RunningApp
    from .trace import Recording, Replayed, TraceError, record, replay

__all__ = [
    "Actuation",
    "MockBroker",
    "Recording",
    "Replayed",
    "RunApp",
    "RunningApp",
    "TraceError",
    "record",
    "replay",
]

# Loaded when first used: pytest loads the plugin in this package also where no test needs it.
_HOMES = {
    "mock_broker": ("Actuation", "MockBroker"),
    "running": ("RunApp", "RunningApp"),
    "trace": ("Recording", "Replayed", "TraceError", "record", "replay"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
