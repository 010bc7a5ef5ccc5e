"""Shaped like plugins that have no app class: they read signals in a loop of their own."""

import asyncio

from vehicle import Vehicle

vehicle = Vehicle("Vehicle")


async def main():
    row = vehicle.Cabin.Door.Row(1)
    while True:
        speed = await vehicle.Speed.get()
        door = await row.DriverSide.IsOpen.get()
        node = await vehicle.getNode("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen").get()
        print(f"{speed.path} = {speed.value}, door {door.value}, again {node.value}")
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(main())
