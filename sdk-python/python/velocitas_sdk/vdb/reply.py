"""The reply of a subscription, for existing apps."""

from vehicle_signal_runtime.compat.subscriptions import DataPointReply

__all__ = ["DataPointReply"]
