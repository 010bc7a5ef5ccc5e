"""Shaped like the app that a playground offers first: set a light, read it back."""

import asyncio
import signal

from sdv.vdb.reply import DataPointReply
from sdv.vehicle_app import VehicleApp
from vehicle import Vehicle, vehicle


class PlaygroundApp(VehicleApp):
    def __init__(self, vehicle_client: Vehicle):
        super().__init__()
        self.Vehicle = vehicle_client

    async def on_start(self):
        light = self.Vehicle.Body.Lights.Beam.Low.IsOn
        await light.subscribe(self.on_light)
        is_on = False
        while True:
            is_on = not is_on
            await light.set(is_on)
            await asyncio.sleep(0.2)
            value = (await light.get()).value
            print("Light value", value)

    def on_light(self, data: DataPointReply):
        print("Light changed", data.get(self.Vehicle.Body.Lights.Beam.Low.IsOn).value)


async def main():
    vehicle_app = PlaygroundApp(vehicle)
    await vehicle_app.run()


LOOP = asyncio.get_event_loop()
LOOP.add_signal_handler(signal.SIGTERM, LOOP.stop)
LOOP.run_until_complete(main())
LOOP.close()
