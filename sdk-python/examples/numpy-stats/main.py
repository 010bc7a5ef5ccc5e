"""Rolling statistics of the vehicle's speed, with numpy from the app's own environment."""

import numpy as np

from vehicle_signal_runtime import Reading, VehicleApp
from vehicle_signal_runtime.model import vehicle

WINDOW = 50
EVERY = 5


class SpeedStatistics(VehicleApp):
    def __init__(self) -> None:
        super().__init__()
        self.speeds = np.zeros(WINDOW)
        self.count = 0

    async def on_start(self) -> None:
        print(f"numpy {np.__version__}, over {WINDOW} values in {vehicle.Speed.unit}")
        await vehicle.Speed.subscribe(self.on_speed)

    def on_speed(self, speed: Reading[float]) -> None:
        if speed.value is None:
            return
        self.speeds[self.count % WINDOW] = speed.value
        self.count += 1
        if self.count % EVERY == 0:
            self.report(self.speeds[: min(self.count, WINDOW)])

    def report(self, speeds: np.ndarray) -> None:
        print(
            f"speed: mean {speeds.mean():.1f}, standard deviation {speeds.std():.1f}, "
            f"from {speeds.min():.1f} to {speeds.max():.1f} ({speeds.size} values)"
        )


if __name__ == "__main__":
    SpeedStatistics().run()
