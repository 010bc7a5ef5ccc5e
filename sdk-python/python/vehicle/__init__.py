"""The vehicle of existing apps: the class of the model's root, and its instance `vehicle`."""

from typing import Any

from vehicle_signal_runtime.compat.tree import root_class

# The root may have any name, so a type checker sees Any here.
_root: Any = root_class()
vehicle: Any = _root()
globals()[_root.__name__] = _root

__all__ = ["vehicle"]
__all__ += [_root.__name__]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"the model's root is {_root.__name__}: there is no {name!r} here")
