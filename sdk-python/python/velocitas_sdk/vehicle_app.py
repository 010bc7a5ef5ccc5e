"""`vehicle_signal_runtime.compat.app` for existing apps."""

from vehicle_signal_runtime.compat.app import *  # noqa: F403
from vehicle_signal_runtime.compat.app import __all__ as __all__
