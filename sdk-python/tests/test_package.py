"""The package itself: what it exports, what it costs, what it says when a part is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

import vehicle_signal_runtime
from vehicle_signal_runtime import InvalidValue, Reading, VehicleSignalError, errors
from vehicle_signal_runtime._core import SignalType


def test_the_exported_names_are_these() -> None:
    """A name more or less here is a decision, not an accident."""
    assert vehicle_signal_runtime.__all__ == [
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


#: What may be imported from the package's modules besides; `compat` has a test of its own.
MODULES = {
    "errors": [
        "AlreadyProvided",
        "BatchRefused",
        "BrokerError",
        "InvalidCondition",
        "InvalidValue",
        "NoProvider",
        "NotAnActuator",
        "NotConnected",
        "PermissionDenied",
        "Reject",
        "UnknownSignal",
        "VehicleSignalError",
    ],
    "sync": ["Subscription", "get", "get_many", "publish", "run", "set", "stream", "subscribe"],
    "testing": [
        "Actuation",
        "MockBroker",
        "Recording",
        "Replayed",
        "RunApp",
        "RunningApp",
        "TraceError",
        "record",
        "replay",
    ],
}


@pytest.mark.parametrize("module", MODULES)
def test_the_names_that_other_modules_export_are_these(module: str) -> None:
    """Where there is no `__all__`, the classes that the module makes."""
    found = importlib.import_module(f"vehicle_signal_runtime.{module}")
    made = [name for name, kind in vars(found).items() if isinstance(kind, type)]
    assert getattr(found, "__all__", sorted(made)) == MODULES[module]


@pytest.mark.parametrize("module", ["", *(f".{module}" for module in MODULES)])
def test_every_exported_name_says_what_it_is(module: str) -> None:
    """The module too; a class or a function says it itself, not the one it derives from."""
    found = importlib.import_module(f"vehicle_signal_runtime{module}")
    assert found.__doc__
    names = MODULES[module[1:]] if module else found.__all__
    exported = [getattr(found, name) for name in names]
    silent = [one for one in exported if callable(one) and not one.__doc__]
    assert not silent


def test_importing_the_package_loads_nothing_heavy() -> None:
    """What takes its time is loaded when it is used: a script that only asks pays no more."""
    heavy = {"asyncio", "dataclasses", "inspect", "json", "logging", "socket", "ssl", "subprocess"}
    program = "import sys, vehicle_signal_runtime; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not heavy & set(run.stdout.split())


def test_the_documented_tree_of_errors_is_the_real_one() -> None:
    """Each class stands in the module's picture, and derives from the base."""
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert errors.__doc__ is not None
    drawn = [line.split()[1] for line in errors.__doc__.splitlines() if line[:1] in ("├", "└")]
    assert sorted(drawn) == sorted(
        kind.__name__ for kind in classes if kind is not VehicleSignalError
    )
    assert all(issubclass(kind, VehicleSignalError) for kind in classes)


def test_the_package_needs_no_other() -> None:
    """Nothing that could clash with an app's own dependencies."""
    assert importlib.metadata.requires("vehicle-signal-runtime") is None


def test_a_missing_model_says_which_command_makes_one(tmp_path: Path) -> None:
    """Instead of a bare ModuleNotFoundError about a package nobody has heard of."""
    program = "import sys; sys.modules['vehicle_signal_model'] = None; "
    program += "import vehicle_signal_runtime.model"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 1
    assert "make one with `vssc generate python MODEL -o DIR`" in run.stderr


def test_the_types_of_the_native_core_are_the_real_ones(tmp_path: Path) -> None:
    """Every class, method and parameter of the stub, as the interpreter sees them."""
    known = tmp_path / "known"
    module = "vehicle_signal_runtime._core"
    # The first is no concern of a stub's, the second is what Generic means there.
    known.write_text(f"{module}.__all__\n{module}.Reading.__class_getitem__\n")
    command = [sys.executable, "-m", "mypy.stubtest", module, "--allowlist", str(known)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stdout


def test_a_reading_can_be_made_for_a_test() -> None:
    """With or without a value; the generic form works in an annotation."""
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    reading = Reading("Vehicle.Speed", 12.5, at)
    assert (reading.path, reading.value, reading.timestamp) == ("Vehicle.Speed", 12.5, at)
    assert repr(reading) == "Reading('Vehicle.Speed', 12.5)"
    empty: Reading[float] = Reading("Vehicle.Speed", reason="asleep")
    assert not empty.available and empty.value is None and empty.timestamp is None
    assert repr(empty) == "Reading('Vehicle.Speed', not available: asleep)"
    assert str(Reading[float]) == "vehicle_signal_runtime.Reading[float]"


class Numpy:
    """Stands for numpy's scalars and arrays, which know their plain form."""

    def __init__(self, plain: object) -> None:
        self.plain = plain

    def tolist(self) -> object:
        return self.plain


# A list that holds itself.
ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("boolean", True),
        ("uint8", 255),
        ("int64", -(2**63)),
        ("uint64", 2**64 - 1),
        ("float", 1),
        ("double", 1e300),
        ("string", "x"),
        ("uint8[]", [1, 2]),
        ("string[]", ("a", "b")),
        ("float[]", [1, 2.5]),
        ("boolean[]", []),
        ("float", Numpy(1.5)),
        ("uint8[]", Numpy([1, 2])),
    ],
)
def test_values_of_the_right_type_pass(datatype: str, value: object) -> None:
    """Whole numbers do for floats, and tuples for lists."""
    SignalType(datatype).check(value)


@pytest.mark.parametrize(
    ("datatype", "value", "message"),
    [
        ("boolean", 1, "expected boolean, got 1"),
        ("uint8", 256, "256 does not fit uint8 (0 to 255)"),
        ("uint8", True, "expected uint8, got true"),
        ("uint64", 2**200, "1606938044258990275541962092341162602522202993782792835301376 (int) "),
        ("int8", 1.0, "expected int8, got 1.0"),
        ("float", "1", 'expected float, got "1"'),
        ("string", 1, "expected string, got 1"),
        ("uint8[]", 1, "expected uint8[], got 1"),
        ("uint8[]", [1, 300], "300 does not fit uint8 (0 to 255)"),
        ("uint8", Numpy(Numpy(1)), "is no value of a signal"),
        ("uint8[]", [[1]], "[[1]] (list) is no value of a signal"),
        ("uint8[]", ENDLESS, "[[...]] (list) is no value of a signal"),
        ("Some.Struct", 1, "struct values are not supported yet"),
    ],
)
def test_values_of_another_type_are_refused(datatype: str, value: object, message: str) -> None:
    """With the value, the type, and the range where there is one."""
    with pytest.raises(InvalidValue) as caught:
        SignalType(datatype).check(value)
    assert message in str(caught.value)


def test_bounds_and_allowed_values_hold_for_each_element() -> None:
    """NaN is within no bounds."""
    bounded = SignalType("float[]", 0, 1)
    bounded.check([0, 0.5, 1])
    for value in (-0.1, 1.1, float("nan"), float("inf")):
        with pytest.raises(InvalidValue):
            bounded.check([0.5, value])
    chosen = SignalType("uint8", allowed=[1, 3])
    chosen.check(3)
    with pytest.raises(InvalidValue, match=r"2 is not one of the allowed values \[1, 3\]"):
        chosen.check(2)
