"""Uses every signal of a generated `vehicle_signal_model` as an app does, at a broker in this
process: publishes, sets and reads. Prints one line."""

import asyncio
import math
from typing import Any

from vehicle_signal_runtime import Actuator, InvalidValue, Signal
from vehicle_signal_runtime.model import vehicle
from vehicle_signal_runtime.testing import MockBroker

FLOATS = ("float", "double", "numeric")


def some_value(signal: Signal[Any]) -> Any:
    """One that the signal may hold."""
    if signal.default is not None:
        return signal.default
    one = one_value(signal)
    return [one] if signal.datatype.endswith("[]") else one


def one_value(signal: Signal[Any]) -> Any:
    """Of an array, an element."""
    kind = signal.datatype.removesuffix("[]")
    if signal.allowed:
        return signal.allowed[0]
    if kind == "boolean":
        return True
    if kind == "string":
        return 'a "quoted" \\ text'
    number = next((bound for bound in (signal.min, signal.max) if bound is not None), 1)
    return float(number) if kind in FLOATS else math.ceil(number)


def is_same(value: Any, expected: Any) -> bool:
    """A float may have lost digits on its way, and a whole number is one by now."""
    if isinstance(value, float):
        return math.isclose(value, expected, rel_tol=1e-6)
    return value == expected and type(value) is type(expected)


async def use(signal: Signal[Any]) -> str:
    """Publish, set and read; what kind of signal it was."""
    reading = await signal.get()
    assert not reading.available and reading.value is None, signal
    if "." in signal.datatype:
        try:
            await signal.publish([1] if signal.datatype.endswith("[]") else 1)
        except InvalidValue as error:
            assert "struct values are not supported yet" in str(error), error
            return "struct"
        raise AssertionError(f"{signal} took a number")
    value = some_value(signal)
    if isinstance(signal, Actuator):
        # The mock carries it out at once.
        await signal.set(value)
        await asyncio.wait_for(carried_out(signal), 20)
        assert is_same((await signal.get()).value, value), signal
    await signal.publish(value)
    reading = await signal.get()
    assert is_same(reading.value, value), (signal, reading.value, value)
    return type(signal).__name__.lower()


async def carried_out(actuator: Signal[Any]) -> None:
    while not (await actuator.get()).available:
        await asyncio.sleep(0)


async def main() -> None:
    with MockBroker(vehicle):
        kinds = [await use(signal) for signal in vehicle.signals()]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    print(", ".join(f"{count} {kind}s" for kind, count in counts.items()))


if __name__ == "__main__":
    asyncio.run(main())
