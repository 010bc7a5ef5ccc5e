"""Plays the vehicle's hood: it takes half a second to move, and stays as it is while driving."""

import asyncio

from vehicle_signal_runtime import Reject, VehicleApp, VehicleSignal, provides

HOOD = VehicleSignal("Vehicle.Body.Hood.IsOpen")
SPEED = VehicleSignal("Vehicle.Speed")


class HoodSimulator(VehicleApp):
    async def on_start(self) -> None:
        await HOOD.publish(False)
        print("the hood is closed")

    @provides(HOOD)
    async def move(self, is_open: bool) -> None:
        speed = await SPEED.get()
        if speed.value:
            print(f"refused: the vehicle moves at {speed.value} km/h")
            raise Reject(f"the vehicle moves at {speed.value} km/h")
        print("the hood opens" if is_open else "the hood closes")
        await asyncio.sleep(0.5)
        await HOOD.publish(is_open)
        print("the hood is open" if is_open else "the hood is closed")


if __name__ == "__main__":
    HoodSimulator().run()
