"""Instances in every form as an app uses them: checked by type checkers, then run."""

from vehicle_signal_model import vehicle
from vehicle_signal_runtime import Actuator

position: Actuator[int] = vehicle.Seat["Row3"]["Left"]["Upper"].Position
assert position is vehicle.Seat.Row3.Left.Upper.Position
assert position.path == "Fleet.Seat.Row3.Left.Upper.Position"
rows = [row.path for row in vehicle.Seat]
assert rows == ["Fleet.Seat.Row2", "Fleet.Seat.Row3", "Fleet.Seat.Row4"]
assert len(vehicle.Seat) * len(vehicle.Seat.Row2) * len(vehicle.Seat.Row2.Left) == 12
angle: Actuator[float] = vehicle.Seat["Row2"]["Right"]["Lower"].Back["Half1"].Angle
assert angle is vehicle.Seat.Row2.Right.Lower.Back.Half1.Angle

# A label is the name in the model, whatever Python calls it.
assert vehicle.Flat["1"].X is vehicle.Flat.n1.X
assert len(vehicle.Single) == 1 and vehicle.Single["Only"] is vehicle.Single.Only
assert vehicle.Mixed["Row1"]["Über"].X is vehicle.Mixed.Row1.n_ber.X

# One that differs has a type of its own, by its label too.
extra: Actuator[int] = vehicle.Mixed["Row2"]["Left"].Extra
assert extra is vehicle.Mixed.Row2.Left.Extra
for wrong in ("Row1", "row2", ""):
    try:
        vehicle.Seat[wrong]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    except KeyError as error:
        text = f"Fleet.Seat has no instance {wrong!r}, only Row2, Row3, Row4"
        assert error.args == (text,)
    else:
        raise AssertionError(wrong)
print("used")
