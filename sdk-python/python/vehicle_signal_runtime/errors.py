"""Everything this package raises.

VehicleSignalError
├── NotConnected       the broker cannot be reached; also a ConnectionError
├── UnknownSignal      the broker knows no such signal; also a LookupError
├── PermissionDenied   this app may not do that with this signal; also a PermissionError
├── InvalidValue       wrong type, out of bounds, not an allowed value; also a ValueError
├── InvalidCondition   a condition that cannot be read or decided; also a ValueError
├── NotAnActuator      `set` on a sensor or an attribute; also a TypeError
├── NoProvider         nothing in the vehicle carries out this actuation at the moment
├── AlreadyProvided    another provider carries out or publishes this signal
├── BatchRefused       several values at once of which some are refused; also a ValueError
├── Reject             what a handler of `provides` raises to refuse an actuation
└── BrokerError        anything else that the broker refuses
"""

from __future__ import annotations


class VehicleSignalError(Exception):
    """Base of all errors of this package. `path` is the signal's, where one is meant."""

    path: str | None

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class NotConnected(VehicleSignalError, ConnectionError):
    """The broker cannot be reached. Trying again later may work."""


class UnknownSignal(VehicleSignalError, LookupError):
    """The broker knows no signal of this path."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class PermissionDenied(VehicleSignalError, PermissionError):
    """The app's manifest does not declare this use of the signal."""


class InvalidValue(VehicleSignalError, ValueError):
    """The signal may not hold this value. Nothing was sent."""


class InvalidCondition(VehicleSignalError, ValueError):
    """The text is no condition, or compares what cannot be compared."""


class NotAnActuator(VehicleSignalError, TypeError):
    """Only an actuator can be set."""


class NoProvider(VehicleSignalError):
    """Nothing in the vehicle carries out this actuation at the moment."""


class AlreadyProvided(VehicleSignalError):
    """Another provider has claimed to carry out or to publish this signal."""


class BatchRefused(VehicleSignalError, ValueError):
    """Some values of several given at once are refused; the message says what became of the
    others. `errors` holds one error for each refused value."""

    errors: tuple[VehicleSignalError, ...]

    def __init__(self, message: str, errors: tuple[VehicleSignalError, ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors


class Reject(VehicleSignalError):
    """Raised by a handler of `provides` or `provide`: the actuation is refused, for the
    reason that is given."""


class BrokerError(VehicleSignalError):
    """The broker refused for another reason, which the message gives."""
