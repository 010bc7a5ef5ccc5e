"""What existing apps import as `sdv`; it is all in `vehicle_signal_runtime.compat`."""

from vehicle_signal_runtime.compat.app import VehicleApp, subscribe_data_points, subscribe_topic

__all__ = ["VehicleApp", "subscribe_data_points", "subscribe_topic"]
