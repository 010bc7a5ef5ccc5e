"""Testing apps without anything running: a broker inside the test's own process.

`MockBroker` is the runtime's own broker, reached by the SDK's own client, without a socket.
`run_app` runs an app beside a test; with pytest, `broker` and `run_app` are fixtures that are
there by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mock_broker import Actuation, MockBroker
    from .running import RunApp, RunningApp

__all__ = ["Actuation", "MockBroker", "RunApp", "RunningApp"]

# Loaded when first used: pytest loads the plugin in this package also where no test needs it.
_HOMES = {
    "Actuation": "mock_broker",
    "MockBroker": "mock_broker",
    "RunApp": "running",
    "RunningApp": "running",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
