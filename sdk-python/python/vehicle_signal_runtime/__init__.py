"""Vehicle signals for Python apps.

`VehicleApp` is the frame of an app, `VehicleSignal` any signal by its path, and
`vehicle_signal_runtime.model` the typed tree of the vehicle's own model.
"""

from ._core import Metadata, Reading
from .app import VehicleApp
from .batch import batch, get_many
from .broker import use_broker
from .errors import (
    AlreadyProvided,
    BatchRefused,
    BrokerError,
    InvalidValue,
    NoProvider,
    NotAnActuator,
    NotConnected,
    PermissionDenied,
    UnknownSignal,
    VehicleSignalError,
)
from .signals import Actuator, Attribute, Sensor, Signal, VehicleSignal
from .snapshot import Snapshot
from .subscription import Subscription

__all__ = [
    "Actuator",
    "AlreadyProvided",
    "Attribute",
    "BatchRefused",
    "BrokerError",
    "InvalidValue",
    "Metadata",
    "NoProvider",
    "NotAnActuator",
    "NotConnected",
    "PermissionDenied",
    "Reading",
    "Sensor",
    "Signal",
    "Snapshot",
    "Subscription",
    "UnknownSignal",
    "VehicleApp",
    "VehicleSignal",
    "VehicleSignalError",
    "batch",
    "get_many",
    "use_broker",
]
