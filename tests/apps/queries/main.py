"""Shaped like apps that follow several signals on a condition, and set several at once."""

import asyncio
import signal

from sdv.vehicle_app import VehicleApp, subscribe_data_points
from vehicle import vehicle

HAZARD = vehicle.Body.Lights.Hazard.IsSignaling
HORN = vehicle.Body.Horn.IsActive
LIGHT = vehicle.Body.Lights.Beam.Low.IsOn


class QueriesApp(VehicleApp):
    async def on_start(self):
        rule = HAZARD.join(HORN).where(
            "Vehicle.Body.Lights.Hazard.IsSignaling = true AND Vehicle.Body.Horn.IsActive = true"
        )
        self.subscription = await rule.subscribe(self.on_alarm)
        await vehicle.set_many().add(HAZARD, True).add(HORN, True).apply()

    async def on_alarm(self, data):
        print("alarm", data.get(HAZARD).value, data.get(HORN).value)
        await self.subscription.unsubscribe()
        await LIGHT.set(True)

    @subscribe_data_points(
        "Vehicle.Body.Lights.Beam.Low.IsOn, Vehicle.Body.Horn.IsActive",
        "Vehicle.Body.Lights.Beam.Low.IsOn = true",
    )
    async def on_light(self, data):
        print("light", data.get(LIGHT).value, "horn", data.get(HORN).value)
        await vehicle.set_many().add(LIGHT, False).add(HORN, False).apply()


async def main():
    await QueriesApp().run()


LOOP = asyncio.get_event_loop()
LOOP.add_signal_handler(signal.SIGTERM, LOOP.stop)
LOOP.run_until_complete(main())
LOOP.close()
