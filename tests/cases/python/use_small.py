"""A small model as an app uses it: checked by type checkers, then run."""

from vehicle_signal_model import vehicle
from vehicle_signal_runtime import Actuator, Attribute

left: Actuator[bool] = vehicle.Wheel["Row1"]["Left"].IsBraked
assert left is vehicle.Wheel.Row1.Left.IsBraked
assert [len(vehicle.Wheel), len(vehicle.Wheel.Row1)] == [2, 2]
assert next(side.IsBraked for row in vehicle.Wheel for side in row) is left
assert [signal.path for signal in vehicle.Basket.signals()] == [
    "Cart.Basket.Weights",
    "Cart.Basket.Level",
    "Cart.Basket.class",
]

# What the model says goes away, a type checker strikes through; nothing happens at run time.
old: Attribute[str] = vehicle.Basket.class_  # type: ignore[deprecated]  # pyright: ignore[reportDeprecated]
assert old.deprecation == "v1.2 use Level"

# What an editor shows.
assert (
    type(vehicle).Speed.__doc__
    == """How fast it rolls.

        Pushed, as a rule.

        Path: Cart.Speed
        Sensor: float
        Unit: km/h (kilometer per hour)
        Range: 0 to 6.5
        """
)
print("used")
