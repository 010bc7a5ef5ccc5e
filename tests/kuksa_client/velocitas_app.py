"""An app as the Velocitas template makes them, and its test helper, on the stock SDK.

Run by test_velocitas.py in an environment with velocitas-sdk, with the broker's address in
``SDV_VEHICLEDATABROKER_ADDRESS`` and its port as the argument; says what it got as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys

from velocitas_sdk import config
from velocitas_sdk.model import DataPointBoolean, DataPointFloat, DataPointUint8, Model, Node
from velocitas_sdk.proto.types_pb2 import DataType
from velocitas_sdk.test.inttesthelper import IntTestHelper
from velocitas_sdk.vdb.reply import DataPointReply
from velocitas_sdk.vehicle_app import VehicleApp, subscribe_data_points

#: A signal that no model has.
OWN = "Vehicle.Private.OfVelocitas"


class DriverSide(Model):
    def __init__(self, parent: Node) -> None:
        super().__init__(parent)
        self.IsOpen = DataPointBoolean("IsOpen", self)
        self.Window = Window(self)


class Window(Model):
    def __init__(self, parent: Node) -> None:
        super().__init__(parent)
        self.Position = DataPointUint8("Position", self)


class Branch(Model):
    """A branch between, by its name."""

    def __init__(self, name: str, parent: Node) -> None:
        super().__init__(parent)
        self.name = name


class Vehicle(Model):
    def __init__(self) -> None:
        super().__init__()
        self.name = "Vehicle"
        self.Speed = DataPointFloat("Speed", self)
        row = Branch("Row1", Branch("Door", Branch("Cabin", self)))
        self.DriverSide = DriverSide(row)


vehicle = Vehicle()


class NoMqtt:
    """Stands in for topics, which have nothing to do with signals."""

    async def init(self) -> None: ...

    async def run(self) -> None: ...


class App(VehicleApp):
    """Subscribes in all three ways that apps do."""

    def __init__(self, results: dict[str, list[float]], port: int) -> None:
        super().__init__()
        self.results = results
        self.port = port
        self.started = asyncio.Event()

    @subscribe_data_points("Vehicle.Speed", "Vehicle.Speed > 100 AND NOT Vehicle.Speed > 200")
    async def on_fast(self, data: DataPointReply) -> None:
        self.results["fast"].append(data.get(vehicle.Speed).value)

    async def on_start(self) -> None:
        # Not awaited here, where the SDK would log what goes wrong and wait for ever.
        self.driving = asyncio.create_task(asyncio.wait_for(self.drive(), 30))
        self.started.set()

    async def drive(self) -> None:
        position = vehicle.DriverSide.Window.Position
        seen = self.results["position"]

        def on_position(data: DataPointReply) -> None:
            seen.append(data.get(position).value)

        subscription = await position.subscribe(on_position)
        both = self.results["both"]
        await (
            vehicle.Speed.join(position)
            .where("Vehicle.Speed BETWEEN 150 AND 160")
            .subscribe(lambda data: both.append(data.get(vehicle.Speed).value))
        )
        await position.set(35)
        while (await position.get()).value != 35 or 35 not in seen:
            await asyncio.sleep(0.02)
        try:
            await vehicle.Speed.set(1.0)
        except TypeError as error:
            self.results["refused"] = [str(error)]

        helper = IntTestHelper(self.port)
        for speed in (90.0, 110.0, 155.0, 230.0):
            await helper.register_datapoint("Vehicle.Speed", DataType.FLOAT)
            reply = await helper.set_float_datapoint("Vehicle.Speed", speed)
            assert not reply.errors, reply
        while not (both and self.results["fast"][-1:] == [155.0]):
            await asyncio.sleep(0.02)
        self.results["read"] = [(await vehicle.Speed.get()).value]
        await helper.register_datapoint(OWN, DataType.INT32)
        reply = await helper.set_int32_datapoint(OWN, -7)
        assert not reply.errors, reply
        own = await vehicle.Speed.get_client().GetDatapoints([OWN])
        self.results["own"] = [own.datapoints[OWN].int32_value]
        await subscription.unsubscribe()
        await helper.close()


async def main() -> None:
    config.middleware.pubsub_client = NoMqtt()
    results: dict[str, list[float]] = {"fast": [], "position": [], "both": []}
    app = App(results, int(sys.argv[1]))
    running = asyncio.create_task(app.run())
    await app.started.wait()
    await app.driving
    running.cancel()
    await app.stop()
    print(json.dumps(results))


asyncio.run(main())
