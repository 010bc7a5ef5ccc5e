"""What the runtime tells an app in its environment, and what holds where there is none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "VEHICLE_APP_CONFIG"
ID = "VEHICLE_APP_ID"
DATA = "VEHICLE_APP_DATA"
GRACE = "VEHICLE_APP_STOP_GRACE"

#: What the runtime grants as well where a manifest does not say.
DEFAULT_GRACE = 10.0


def config() -> Mapping[str, Any]:
    """The `config` of the manifest, empty outside of the runtime. It cannot be changed: lists
    in it are tuples. ValueError when the variable is no JSON object."""
    import json

    text = os.environ.get(CONFIG) or "{}"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{CONFIG} is not JSON: {error}: {_HOW}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{CONFIG} is {text}, not an object: {_HOW}")
    frozen: Mapping[str, Any] = _frozen(value)
    return frozen


_HOW = 'write something like {"limit": 100}'


def _frozen(value: Any) -> Any:
    from types import MappingProxyType

    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value


def app_id(name: str) -> str:
    """The id under which the runtime knows the app; `name` outside of the runtime."""
    return os.environ.get(ID) or name


def data_dir(name: str) -> Path:
    """The folder that the runtime keeps for the app; outside of the runtime
    `vehicle-apps/NAME` in the user's data folder (XDG_DATA_HOME, ~/.local/share)."""
    from pathlib import Path

    if given := os.environ.get(DATA):
        return Path(given)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = Path(base, "vehicle-apps", name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stop_grace() -> float:
    """How many seconds the app may take to end. The runtime kills it after its own grace
    period, so a tenth of that is left for the end of the process."""
    text = os.environ.get(GRACE) or str(DEFAULT_GRACE)
    try:
        return float(text) * 0.9
    except ValueError:
        raise ValueError(f"{GRACE} is {text!r}: write a number of seconds") from None
