"""`vehicle_signal_runtime.compat.log` for existing apps."""

from vehicle_signal_runtime.compat.log import *  # noqa: F403
from vehicle_signal_runtime.compat.log import __all__ as __all__
