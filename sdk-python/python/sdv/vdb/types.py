"""`vehicle_signal_runtime.compat.types` for existing apps."""

from vehicle_signal_runtime.compat.types import *  # noqa: F403
from vehicle_signal_runtime.compat.types import __all__ as __all__
