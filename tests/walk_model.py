"""Touches everything in a generated `vehicle_signal_model` and compares it with the manifest.

Called as `walk_model.py MANIFEST`, with the package on the path. Prints one line.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path

from vehicle_signal_runtime import Signal
from vehicle_signal_runtime.generated import Branch, Instances
from vehicle_signal_runtime.model import vehicle


def signals(branch: Branch) -> Iterator[Signal]:
    """Every signal below, each touched twice."""
    own = set(dir(Instances))
    assert branch.__doc__
    for name, descriptor in vars(type(branch)).items():
        if not isinstance(descriptor, property):
            continue
        assert name.isidentifier() and not name.startswith("_"), name
        assert name not in own, f"{name} hides an attribute of the SDK"
        assert descriptor.__doc__, name
        node = getattr(branch, name)
        assert node is getattr(branch, name), "a node is built once"
        if isinstance(node, Branch):
            yield from signals(node)
        else:
            assert not hasattr(Signal, name), f"{name} hides an attribute of the SDK"
            yield node
    if isinstance(branch, Instances):
        check_instances(branch)


def check_instances(branch: Instances) -> None:
    """Each is found by its label, by going through all, and as an attribute."""
    instances = list(branch)
    assert len(branch) == len(instances) > 0
    for instance in instances:
        above, _, label = instance.path.rpartition(".")
        assert above == branch.path and branch[label] is instance
        assert any(getattr(branch, name) is instance for name in vars(type(branch)))
    for label in ("no such label", 0):
        try:
            branch[label]
        except KeyError as error:
            assert branch.path in str(error)
        else:
            raise AssertionError(branch.path)


def check(signal: Signal, expected: dict) -> None:
    """One signal says what the manifest says."""
    assert type(signal).__name__.lower() == expected["type"], signal
    for fact in ("datatype", "unit", "min", "max", "comment", "deprecation"):
        assert getattr(signal, fact) == expected.get(fact), (signal, fact)
    assert signal.description == expected.get("description", ""), signal
    for fact, empty in (("allowed", []), ("default", None)):
        value = getattr(signal, fact)
        value = list(value) if fact == "allowed" else plain(value)
        assert value == expected.get(fact, empty), (signal, fact, value)
    if not is_struct(expected):
        kind = signal._checked_type()
        if signal.default is not None:
            kind.check(signal.default)


def plain(value: object) -> object:
    """A value as the manifest has it: structs are maps there."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return asdict(value) if is_dataclass(value) else value


def is_struct(expected: dict) -> bool:
    return "." in expected["datatype"]


def main() -> None:
    expected = {s["path"]: s for s in json.loads(Path(sys.argv[1]).read_text())["signals"]}
    found = {signal.path: signal for signal in signals(vehicle)}
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    assert [s.path for s in vehicle.signals()] == list(found), "signals() goes through all"
    for path, signal in found.items():
        check(signal, expected[path])
    print(f"{len(found)} signals of {type(vehicle).__name__}")


if __name__ == "__main__":
    main()
