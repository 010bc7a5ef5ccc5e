"""What a mock broker must know about its signals: the manifest of a model, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, TypeAlias

from ..generated import Branch
from ..signals import Actuator, Attribute, Sensor, Signal

#: A tree or a branch of it; signals; or paths, each with a datatype and perhaps a kind.
Model: TypeAlias = "Branch | Iterable[Signal[Any]] | Mapping[str, str]"

KINDS: dict[str, type[Signal[Any]]] = {
    "sensor": Sensor,
    "actuator": Actuator,
    "attribute": Attribute,
}


def manifest(model: Model | None) -> str:
    """The manifest of a model; None means the generated package that is installed."""
    if model is None:
        from ..model import vehicle

        tree: Branch = vehicle
        return _of_tree(tree)
    if isinstance(model, Branch):
        return _of_tree(model)
    if isinstance(model, Mapping):
        return _of_signals([_described(str(path), text) for path, text in model.items()])
    return _of_signals(model)


@lru_cache(maxsize=8)
def _of_tree(tree: Branch) -> str:
    """Once for each tree: it does not change, and touching each leaf of it takes time."""
    return _of_signals(tree.signals())


def _of_signals(signals: Iterable[Signal[Any]]) -> str:
    facts = [_facts(signal) for signal in signals]
    root = facts[0]["path"].partition(".")[0] if facts else "Vehicle"
    return json.dumps(
        {
            "model": {"name": root, "hash": ""},
            "sdk": {"name": "vehicle_signal_model", "version": ""},
            "signals": facts,
        }
    )


def _described(path: str, text: str) -> Signal[Any]:
    """The signal of `"float"` or `"actuator boolean"`."""
    first, _, rest = text.partition(" ")
    kind, datatype = (KINDS[first], rest.strip()) if first in KINDS else (Sensor, text)
    return kind(path, datatype)


def _facts(signal: Signal[Any]) -> dict[str, Any]:
    kind = next((name for name, kind in KINDS.items() if isinstance(signal, kind)), None)
    if kind is None or not signal.datatype:
        raise ValueError(
            f"{signal!r} does not say what it holds: "
            "use Sensor, Actuator or Attribute with a datatype"
        )
    access = ["read", "write", "provide"] if kind == "actuator" else ["read", "provide"]
    facts = {
        "path": signal.path,
        "type": kind,
        "datatype": signal.datatype,
        "access": access,
        "unit": signal.unit,
        "min": signal.min,
        "max": signal.max,
        "allowed": [_plain(value) for value in signal.allowed],
        "default": _plain(signal.default),
        "description": signal.description,
        "comment": signal.comment,
        "deprecation": signal.deprecation,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _plain(value: Any) -> Any:
    """Without the enum around it."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
