"""What an app is told by the runtime, and what holds where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vehicle_signal_runtime import VehicleApp, config


class MyApp(VehicleApp):
    """An app as written; it is not run here."""


def test_the_config_is_the_manifests(monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON has it, except that nothing in it can be changed."""
    given = {"limit": 100, "doors": ["Row1", {"name": "Row2"}], "none": None}
    monkeypatch.setenv("VEHICLE_APP_CONFIG", json.dumps(given))
    read = MyApp().config
    assert read["limit"] == 100 and read["none"] is None
    assert read["doors"] == ("Row1", {"name": "Row2"})
    changeable: Any = read
    with pytest.raises(TypeError):
        changeable["limit"] = 1
    with pytest.raises(TypeError):
        changeable["doors"][1]["name"] = "Row3"


def test_outside_of_the_runtime_there_are_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No config, the class's name, and a folder of the user's."""
    for name in ("VEHICLE_APP_CONFIG", "VEHICLE_APP_ID", "VEHICLE_APP_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    mine = MyApp()
    assert mine.config == {} and mine.id == "MyApp"
    assert mine.data_dir == tmp_path / ".local/share/vehicle-apps/MyApp"
    assert mine.data_dir.is_dir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert MyApp().data_dir == tmp_path / "data/vehicle-apps/MyApp"


def test_inside_of_the_runtime_they_are_the_runtimes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And an app that forgets super().__init__() has them too."""

    class Forgetful(VehicleApp):
        def __init__(self) -> None:
            pass

    monkeypatch.setenv("VEHICLE_APP_ID", "door-watch")
    monkeypatch.setenv("VEHICLE_APP_DATA", str(tmp_path))
    assert Forgetful().id == "door-watch" and Forgetful().data_dir == tmp_path


def test_an_app_may_use_the_names_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As apps do that were written before there were such attributes."""

    class Older(VehicleApp):
        def __init__(self) -> None:
            self.config = {"mine": True}
            self.id = "older"

    assert (Older().config, Older().id) == ({"mine": True}, "older")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{limit: 100}",
            "VEHICLE_APP_CONFIG is not JSON: Expecting property name enclosed in double quotes: "
            'line 1 column 2 (char 1): write something like {"limit": 100}',
        ),
        (
            "[1, 2]",
            'VEHICLE_APP_CONFIG is [1, 2], not an object: write something like {"limit": 100}',
        ),
    ],
)
def test_a_config_that_is_none_says_why(
    text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable, the fault and its place, and what to write."""
    monkeypatch.setenv("VEHICLE_APP_CONFIG", text)
    with pytest.raises(ValueError) as caught:
        _ = MyApp().config
    assert str(caught.value) == message


def test_the_grace_period_is_the_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A little before its end the app has ended by itself."""
    monkeypatch.delenv("VEHICLE_APP_STOP_GRACE", raising=False)
    assert config.stop_grace() == 9
    monkeypatch.setenv("VEHICLE_APP_STOP_GRACE", "30")
    assert config.stop_grace() == 27
    monkeypatch.setenv("VEHICLE_APP_STOP_GRACE", "soon")
    with pytest.raises(ValueError, match=r"^VEHICLE_APP_STOP_GRACE is 'soon': write a number"):
        config.stop_grace()
