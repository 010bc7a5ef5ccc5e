"""Several signals together: set at once."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest

from vehicle_signal_runtime import InvalidValue

from .conftest import becomes


@pytest.fixture
def nodes(broker: str, vehicle_package: ModuleType) -> tuple[Any, Any]:
    """The horn and a light."""
    vehicle = vehicle_package.vehicle
    return vehicle.Body.Horn.IsActive, vehicle.Body.Lights.Beam.Low.IsOn


async def test_several_are_set_at_once_or_none(
    package: str, nodes: tuple[Any, Any], vehicle_package: ModuleType
) -> None:
    """From an instance or the class; the builder is the one of the module."""
    model = importlib.import_module(f"{package}.model")
    horn, light = nodes
    vehicle = vehicle_package.vehicle
    for builder, value in ((vehicle.set_many(), True), (model.Model.set_many(), False)):
        assert isinstance(builder, model.BatchSetBuilder)
        assert builder.add(horn, int(value)).add(light, value) is builder
        await builder.apply()
        await becomes(value, horn, light)
    with pytest.raises(TypeError, match=r"Vehicle\.Speed: is a sensor: only an actuator"):
        await vehicle.set_many().add(horn, True).add(vehicle.Speed, 1.0).apply()
    with pytest.raises(ValueError, match="expected boolean"):
        await vehicle.set_many().add(horn, True).add(light, "on").apply()
    assert (await horn.get()).value is False
    with pytest.raises(InvalidValue):
        await light.set("on")
