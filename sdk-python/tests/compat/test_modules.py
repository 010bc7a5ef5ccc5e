"""What existing apps import, and what importing it costs those that do not."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys

import pytest

MODULES = {
    "": ["VehicleApp", "subscribe_data_points", "subscribe_topic"],
    ".vehicle_app": ["VehicleApp", "subscribe_data_points", "subscribe_topic"],
    ".model": [
        "BatchSetBuilder",
        "DataPoint",
        "DataPointBoolean",
        "DataPointUint64Array",
        "Model",
        "Node",
    ],
    ".vdb.reply": ["DataPointReply"],
    ".vdb.subscriptions": ["DataPointReply", "VdbSubscription"],
    ".vdb.types": ["TypedDataPointResult"],
    ".util.log": [
        "get_default_date_format",
        "get_default_log_date_format",
        "get_default_log_format",
        "get_log_level",
        "get_opentelemetry_log_factory",
        "get_opentelemetry_log_format",
    ],
}


@pytest.mark.parametrize("module", MODULES)
def test_both_names_give_the_same_objects(module: str) -> None:
    """So that an app may mix them."""
    old = importlib.import_module(f"sdv{module}")
    new = importlib.import_module(f"velocitas_sdk{module}")
    assert old.__all__ == new.__all__
    assert set(MODULES[module]) <= set(old.__all__)
    for name in old.__all__:
        assert getattr(old, name) is getattr(new, name)


def test_the_sdk_alone_loads_none_of_it() -> None:
    """Apps that are written for it pay nothing."""
    program = "import sys, vehicle_signal_runtime; print([m for m in sys.modules if 'compat' in m])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_address_of_existing_apps_counts_where_ours_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The runtime sets ours, and an app may have the other in its own environment."""
    program = "from vehicle_signal_runtime import broker; print(broker.client().address)"
    monkeypatch.delenv("VEHICLE_EDGE_BROKER", raising=False)
    monkeypatch.setenv("SDV_VEHICLEDATABROKER_ADDRESS", "grpc://localhost:55556")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("grpc://localhost:55556\n", "")
    monkeypatch.setenv("VEHICLE_EDGE_BROKER", "unix:///run/broker.sock")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("unix:///run/broker.sock\n", "")


def test_the_log_level_is_the_environments(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any case of letters; a word that is no level is an error."""
    log = importlib.import_module(f"{package}.util.log")
    monkeypatch.delenv("LOGLEVEL", raising=False)
    assert log.get_log_level() == "ERROR"
    monkeypatch.setenv("LOGLEVEL", "debug")
    assert log.get_log_level() == "DEBUG"
    monkeypatch.setenv("LOGLEVEL", "loud")
    with pytest.raises(log.LogLevelValueError, match="LOGLEVEL is 'LOUD': it must be one of"):
        log.get_log_level()


def test_the_log_formats_can_be_written(package: str) -> None:
    """The factory adds the fields that its format names."""
    log = importlib.import_module(f"{package}.util.log")
    given = ("app", logging.INFO, "app.py", 7, "speed %s", (3,), None)
    record = log.get_opentelemetry_log_factory()(*given)
    text = logging.Formatter(log.get_opentelemetry_log_format()).format(record)
    assert "INFO [app] [app.py:7] [trace_id=0 span_id=0 " in text
    assert text.endswith("- speed 3")
    plain = logging.Formatter(log.get_default_log_format(), log.get_default_log_date_format())
    assert plain.format(logging.LogRecord(*given)).endswith(" - app - INFO - speed 3")
