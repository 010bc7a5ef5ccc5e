from vehicle_signal_runtime import Reading, VehicleApp, VehicleSignal


class MyApp(VehicleApp):
    def __init__(self) -> None:
        super().__init__()
        self.speed_signal = VehicleSignal("Vehicle.Speed")
        self.steering_signal = VehicleSignal("Vehicle.Steering.Angle")

    async def on_start(self) -> None:
        await self.speed_signal.subscribe(self.on_speed_change)
        await self.steering_signal.subscribe(self.on_steering_change)

    async def on_speed_change(self, speed: Reading[float]) -> None:
        print(f"Vehicle speed: {speed.value} km/h")

    async def on_steering_change(self, angle: Reading[int]) -> None:
        print(f"Steering wheel: {angle.value} degrees")


if __name__ == "__main__":
    MyApp().run()
