"""`vehicle_signal_runtime.compat.subscriptions` for existing apps."""

from vehicle_signal_runtime.compat.subscriptions import *  # noqa: F403
from vehicle_signal_runtime.compat.subscriptions import __all__ as __all__
