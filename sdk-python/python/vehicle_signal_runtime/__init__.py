"""Vehicle signals for Python apps.

`VehicleApp` is the frame of an app, `VehicleSignal` any signal by its path, and
`vehicle_signal_runtime.model` the typed tree of the vehicle's own model.
"""

from ._core import Condition, Metadata, Reading
from .app import VehicleApp
from .batch import batch, get_many
from .broker import use_broker
from .errors import (
    AlreadyProvided,
    BatchRefused,
    BrokerError,
    InvalidCondition,
    InvalidValue,
    NoProvider,
    NotAnActuator,
    NotConnected,
    PermissionDenied,
    Reject,
    UnknownSignal,
    VehicleSignalError,
)
from .provider import Provider, provide, provides
from .selection import Selection, join
from .signals import LATEST, Actuator, Attribute, Sensor, Signal, VehicleSignal
from .snapshot import Snapshot
from .streams import Stream
from .subscription import Subscription

__all__ = [
    "LATEST",
    "Actuator",
    "AlreadyProvided",
    "Attribute",
    "BatchRefused",
    "BrokerError",
    "Condition",
    "InvalidCondition",
    "InvalidValue",
    "Metadata",
    "NoProvider",
    "NotAnActuator",
    "NotConnected",
    "PermissionDenied",
    "Provider",
    "Reading",
    "Reject",
    "Selection",
    "Sensor",
    "Signal",
    "Snapshot",
    "Stream",
    "Subscription",
    "UnknownSignal",
    "VehicleApp",
    "VehicleSignal",
    "VehicleSignalError",
    "batch",
    "get_many",
    "join",
    "provide",
    "provides",
    "use_broker",
]
