"""Plays the vehicle's hood: it takes half a second to move, and stays shut while driving."""

import asyncio

from vehicle_signal_runtime import Reading, Reject, VehicleApp, VehicleSignal, provides

HOOD = VehicleSignal("Vehicle.Body.Hood.IsOpen")
SPEED = VehicleSignal("Vehicle.Speed")


class HoodSimulator(VehicleApp):
    def __init__(self) -> None:
        super().__init__()
        self.speed = 0.0

    async def on_start(self) -> None:
        await SPEED.subscribe(self.on_speed)
        await HOOD.publish(False)
        print("the hood is closed")

    def on_speed(self, speed: Reading[float]) -> None:
        self.speed = speed.value or 0.0

    @provides(HOOD)
    async def move(self, is_open: bool) -> None:
        if self.speed > 0:
            print(f"refused: the vehicle moves at {self.speed} km/h")
            raise Reject(f"the vehicle moves at {self.speed} km/h")
        print("the hood opens" if is_open else "the hood closes")
        await asyncio.sleep(0.5)
        await HOOD.publish(is_open)
        print("the hood is open" if is_open else "the hood is closed")


if __name__ == "__main__":
    HoodSimulator().run()
