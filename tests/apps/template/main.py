"""Shaped like the template that most existing apps began with: the speed on topics."""

import asyncio
import json
import logging
import signal

from sdv.util.log import (
    get_opentelemetry_log_factory,
    get_opentelemetry_log_format,
)
from sdv.vdb.reply import DataPointReply
from sdv.vehicle_app import VehicleApp, subscribe_topic
from vehicle import Vehicle, vehicle

logging.setLogRecordFactory(get_opentelemetry_log_factory())
logging.basicConfig(format=get_opentelemetry_log_format())
logging.getLogger().setLevel("INFO")
logger = logging.getLogger(__name__)

GET_SPEED_REQUEST_TOPIC = "sampleapp/getSpeed"
GET_SPEED_RESPONSE_TOPIC = "sampleapp/getSpeed/response"
DATABROKER_SUBSCRIPTION_TOPIC = "sampleapp/currentSpeed"


class SampleApp(VehicleApp):
    """Tells its speed when it changes, and when it is asked."""

    def __init__(self, vehicle_client: Vehicle):
        super().__init__()
        self.Vehicle = vehicle_client

    async def on_start(self):
        await self.Vehicle.Speed.subscribe(self.on_speed_change)
        logger.info("started")

    async def on_speed_change(self, data: DataPointReply):
        vehicle_speed = data.get(self.Vehicle.Speed).value
        logger.info("speed %s", vehicle_speed)
        await self.publish_event(
            DATABROKER_SUBSCRIPTION_TOPIC,
            json.dumps({"speed": vehicle_speed}),
        )

    @subscribe_topic(GET_SPEED_REQUEST_TOPIC)
    async def on_get_speed_request_received(self, data: str) -> None:
        request = json.loads(data)
        vehicle_speed = (await self.Vehicle.Speed.get()).value
        await self.publish_event(
            GET_SPEED_RESPONSE_TOPIC,
            json.dumps(
                {
                    "requestId": request["requestId"],
                    "result": {
                        "status": 0,
                        "message": f"Current Speed = {vehicle_speed}",
                    },
                }
            ),
        )


async def main():
    logger.info("Starting SampleApp...")
    vehicle_app = SampleApp(vehicle)
    await vehicle_app.run()


LOOP = asyncio.get_event_loop()
LOOP.add_signal_handler(signal.SIGTERM, LOOP.stop)
LOOP.run_until_complete(main())
LOOP.close()
