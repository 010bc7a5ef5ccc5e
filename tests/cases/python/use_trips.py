"""Struct types as an app uses them: checked by mypy, then run."""

from dataclasses import FrozenInstanceError, replace

from vehicle_signal_model import vehicle
from vehicle_signal_model.enums import PlaceKind, PlaceLevel
from vehicle_signal_model.structs import Mark, Place, Trip
from vehicle_signal_runtime import Actuator, Sensor

origin: Sensor[Place] = vehicle.Load.Left.Origin
route: Actuator[list[Trip]] = vehicle.Route
assert (origin.datatype, route.datatype) == ("Types.Place", "Types.Trip[]")

place: Place | None = origin.default
assert place is not None
kind: PlaceKind = place.Kind
assert place == Place(
    Latitude=48.0, Kind=PlaceKind.CITY, Level=PlaceLevel.FIRST, Near=[Mark(Major=1)]
)
assert kind == "CITY"
assert vehicle.Load.Right.Origin.default == place

trip = Trip(Place=replace(place, Latitude=1.5), Mark=[], float_=0.5, from_="here")
latitude: float = trip.Place.Latitude
assert latitude == 1.5
try:
    trip.from_ = "there"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
except FrozenInstanceError:
    print("frozen")
