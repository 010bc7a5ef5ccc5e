from vehicle_signal_runtime import VehicleApp, VehicleSignal


class MyApp(VehicleApp):
    def __init__(self):
        super().__init__()
        self.speed_signal = VehicleSignal("Vehicle.Speed")
        self.steering_signal = VehicleSignal("Vehicle.Steering.Angle")

    async def on_start(self):
        await self.speed_signal.subscribe(self.on_speed_change)
        await self.steering_signal.subscribe(self.on_steering_change)

    async def on_speed_change(self, data):
        vehicle_speed = data.value
        print(f"Vehicle speed: {vehicle_speed} km/h")


if __name__ == "__main__":
    MyApp().run()
