"""One client of the load generator, in a process of its own; `bench_sdk.py` starts it.

Usage: bench_client.py CLIENT ADDRESS SECONDS

Subscribes to one signal with an async callback that reads the value, and prints, as JSON, what
it received within so many seconds after a second of warming up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

PATH = "Vehicle.Speed"
WARM_UP = 1.0
#: So many seconds without a first update are a fault.
PATIENCE = 30.0

Callback = Callable[[Any], Coroutine[Any, Any, None]]


class Meter:
    """Counts updates, and takes the time and the process's CPU time of a stretch."""

    def __init__(self) -> None:
        # A callback does no more than this: set the one, add to the other.
        self.value: float | None = None
        self.count = 0

    async def measure(self, seconds: float) -> dict[str, float]:
        deadline = time.monotonic() + PATIENCE
        while not self.count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no update within {PATIENCE:.0f} seconds")
            await asyncio.sleep(0.01)
        await asyncio.sleep(WARM_UP)
        count, wall, cpu = self.count, time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        return {
            "updates": self.count - count,
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
        }


async def ours(address: str, seconds: float) -> dict[str, float]:
    from vehicle_signal_runtime import Sensor, use_broker

    meter = Meter()

    async def on_update(reading: Any) -> None:
        meter.value = reading.value
        meter.count += 1

    use_broker(address)
    subscription = await Sensor[float](PATH, "float").subscribe(on_update)
    measured = await meter.measure(seconds)
    measured["dropped"] = subscription.dropped
    subscription.unsubscribe()
    return measured


async def kuksa(address: str, seconds: float) -> dict[str, float]:
    from kuksa_client.grpc.aio import VSSClient

    meter = Meter()

    async def on_update(updates: Any) -> None:
        meter.value = updates[PATH].value
        meter.count += 1

    async def follow() -> None:
        host, _, port = address.rpartition(":")
        async with VSSClient(host, int(port)) as client:
            async for updates in client.subscribe_current_values([PATH]):
                await on_update(updates)

    return await beside(follow(), meter.measure(seconds))


async def velocitas(address: str, seconds: float) -> dict[str, float]:
    # Read when the package is imported.
    os.environ["SDV_VEHICLEDATABROKER_ADDRESS"] = f"grpc://{address}"
    logging.disable()
    from velocitas_sdk.model import DataPointFloat, Model

    class Vehicle(Model):
        def __init__(self) -> None:
            super().__init__()
            self.Speed = DataPointFloat("Speed", self)

    vehicle = Vehicle()
    meter = Meter()

    async def on_update(data: Any) -> None:
        meter.value = data.get(vehicle.Speed).value
        meter.count += 1

    subscription = await vehicle.Speed.subscribe(on_update)
    measured = await meter.measure(seconds)
    await subscription.unsubscribe()
    return measured


async def grpc(address: str, seconds: float) -> dict[str, float]:
    """grpc.aio itself, without any SDK above it, with the messages that kuksa-client brings."""
    import grpc
    from kuksa.val.v2 import val_pb2, val_pb2_grpc

    meter = Meter()

    async def on_update(response: Any) -> None:
        meter.value = response.entries[PATH].value.float
        meter.count += 1

    async def follow() -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            request = val_pb2.SubscribeRequest(signal_paths=[PATH])
            async for response in val_pb2_grpc.VALStub(channel).Subscribe(request):
                await on_update(response)

    return await beside(follow(), meter.measure(seconds))


async def beside(
    follow: Coroutine[Any, Any, None], measure: Coroutine[Any, Any, dict[str, float]]
) -> dict[str, float]:
    """The measurement, taken while the subscription is followed."""
    following, measuring = asyncio.create_task(follow), asyncio.create_task(measure)
    await asyncio.wait([following, measuring], return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        # It does not end by itself: raises why it did.
        following.result()
        raise RuntimeError("the subscription ended")
    following.cancel()
    await asyncio.wait([following])
    return measuring.result()


CLIENTS = {client.__name__: client for client in (ours, kuksa, velocitas, grpc)}


def main() -> None:
    name, address, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(CLIENTS[name](address, float(seconds)))))


if __name__ == "__main__":
    main()
