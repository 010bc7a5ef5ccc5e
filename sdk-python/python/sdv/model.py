"""`vehicle_signal_runtime.compat.model` for existing apps."""

from vehicle_signal_runtime.compat.model import *  # noqa: F403
from vehicle_signal_runtime.compat.model import __all__ as __all__
