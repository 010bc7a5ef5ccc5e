"""Switches the low beam: `on`, `off` or `status` on standard input, answers on standard output."""

import asyncio
import sys
from collections.abc import AsyncIterator

from vehicle_signal_runtime import Reading, VehicleApp, VehicleSignalError
from vehicle_signal_runtime.model import vehicle

LOW_BEAM = vehicle.Body.Lights.Beam.Low.IsOn


class LightSwitch(VehicleApp):
    async def on_start(self) -> None:
        await LOW_BEAM.subscribe(self.on_light)
        print("ready: on, off or status")
        async for line in lines():
            print(await self.answer(line.strip()))
        print("no more input")

    async def on_light(self, light: Reading[bool]) -> None:
        print(f"low beam is {shown(light)}")

    async def answer(self, command: str) -> str:
        try:
            match command:
                case "on" | "off":
                    await LOW_BEAM.set(command == "on")
                    return f"asked the low beam to go {command}"
                case "status":
                    return f"status: {shown(await LOW_BEAM.get())}"
                case _:
                    return f"unknown command {command!r}: say on, off or status"
        except VehicleSignalError as error:
            return f"{command} failed: {error}"


def shown(light: Reading[bool]) -> str:
    match light.value:
        case None:
            return f"not available: {light.reason}"
        case is_on:
            return "on" if is_on else "off"


async def lines() -> AsyncIterator[str]:
    """Lines of standard input, without holding up the loop while there are none."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace")


if __name__ == "__main__":
    LightSwitch().run()
