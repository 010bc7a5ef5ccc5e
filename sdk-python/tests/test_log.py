"""The log of an app: its lines for people and for programs, and what it leaves alone."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vehicle_signal_runtime import VehicleApp
from vehicle_signal_runtime.log import Event, JsonFormatter, Log, TextFormatter

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def record(message: object, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    made = logging.LogRecord("MyApp", level, "main.py", 1, message, args, None)
    made.created = 1_767_225_600.25
    return made


def logged(source: str, **environment: str) -> str:
    """Standard error of a program that makes an app and logs."""
    program = "import logging\nfrom vehicle_signal_runtime import VehicleApp\n"
    program += "class MyApp(VehicleApp): pass\napp = MyApp()\n" + source
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    return run.stderr


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a program needs in its environment to find the package."""
    return {"PYTHONPATH": str(Path(sys.modules[VehicleApp.__module__].__file__ or "").parents[1])}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Row1", "Row1"),
        (2, "2"),
        (True, "True"),
        (None, "None"),
        ("two words", '"two words"'),
        ("", '""'),
        ('a="b"', r'"a=\"b\""'),
        ("two\nlines", r'"two\nlines"'),
        ("\x1b[31m", r'"\u001b[31m"'),
        ([1, 2], '"[1, 2]"'),
        ("Straße", "Straße"),
    ],
)
def test_a_field_is_one_word_or_quoted(value: object, shown: str) -> None:
    """So a line stays one line, and can be read by a program too."""
    line = TextFormatter().format(record(Event("opened", (), {"door": value})))
    assert line == f"2026-01-01T00:00:00.250Z INFO     MyApp: opened door={shown}"


def test_a_message_may_have_arguments_as_those_of_logging() -> None:
    """They and the fields do not get into each other's way."""
    event = Event("%s of %d%%", ("door", 5), {"load": "100%"})
    assert TextFormatter().format(record(event)).endswith("MyApp: door of 5% load=100%")
    assert json.loads(JsonFormatter().format(record(event)))["message"] == "door of 5%"
    assert str(Event("100%", (), {})) == "100%"


def test_only_a_terminal_gets_colours() -> None:
    """The level alone is coloured."""
    line = TextFormatter(colour=True).format(record("INFO is a level", level=logging.WARNING))
    assert line == "2026-01-01T00:00:00.250Z \x1b[33mWARNING\x1b[0m  MyApp: INFO is a level"


def test_json_keeps_types_and_holds_anything() -> None:
    """What JSON has no form for is text; a line is always an object."""
    fields: dict[str, Any] = {"count": 2, "path": Path("/x"), "level": "a field of this name"}
    line = json.loads(JsonFormatter().format(record(Event("opened", (), fields))))
    assert line == {
        "time": "2026-01-01T00:00:00.250Z",
        "level": "info",
        "logger": "MyApp",
        "message": "opened",
        "fields": {"count": 2, "path": "/x", "level": "a field of this name"},
    }
    for odd in (float("nan"), {(1, 2): 3}):
        line = json.loads(JsonFormatter().format(record(Event("odd", (), {"value": odd}))))
        assert line["fields"] == str({"value": odd})
    assert "fields" not in json.loads(JsonFormatter().format(record("a library's %s", "line")))


def test_a_traceback_is_complete_in_both_formats(caplog: pytest.LogCaptureFixture) -> None:
    """With the cause and the line of the fault."""
    try:
        try:
            raise ValueError("the cause")
        except ValueError as cause:
            raise RuntimeError("no luck") from cause
    except RuntimeError:
        Log("MyApp").exception("failed", door="Row1")
    (failed,) = caplog.records
    assert failed.funcName == "test_a_traceback_is_complete_in_both_formats"
    text = TextFormatter().format(failed)
    assert text.splitlines()[0].endswith("ERROR    MyApp: failed door=Row1")
    exception = json.loads(JsonFormatter().format(failed))["exception"]
    for traceback in (text, exception):
        assert "ValueError: the cause" in traceback
        assert traceback.endswith("RuntimeError: no luck")
        assert 'raise RuntimeError("no luck") from cause' in traceback


def test_other_libraries_come_out_the_same_way(python: dict[str, str]) -> None:
    """On standard error, one format and one level for all."""
    source = "app.log.info('door opened', door='Row1', count=2)\n"
    source += "logging.getLogger('library').info('connected')\n"
    source += "app.log.debug('not shown')\n"
    lines = logged(source, **python).splitlines()
    assert len(lines) == 2
    assert re.fullmatch(TIME + " INFO     MyApp: door opened door=Row1 count=2", lines[0])
    assert re.fullmatch(TIME + " INFO     library: connected", lines[1])


def test_format_and_level_are_the_environments(python: dict[str, str]) -> None:
    """Levels by name, in any case, or by number."""
    source = "app.log.debug('seen', count=2); app.log.error('seen too', exc_info=False)"
    for level in ("debug", "10"):
        said = logged(source, VEHICLE_APP_LOG="json", VEHICLE_APP_LOG_LEVEL=level, **python)
        lines = [json.loads(line) for line in said.splitlines()]
        assert [line["level"] for line in lines] == ["debug", "error"]
        assert lines[0]["fields"] == {"count": 2} and "exception" not in lines[1]
    assert logged(source, VEHICLE_APP_LOG_LEVEL="CRITICAL", **python) == ""


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VEHICLE_APP_LOG", "xml", "VEHICLE_APP_LOG is 'xml': write text or json"),
        (
            "VEHICLE_APP_LOG_LEVEL",
            "loud",
            "VEHICLE_APP_LOG_LEVEL is 'loud': write DEBUG, INFO, WARNING, ERROR or CRITICAL",
        ),
    ],
)
def test_a_wrong_setting_says_what_can_be_written(
    name: str, value: str, message: str, python: dict[str, str]
) -> None:
    """Once, where the log is first used."""
    source = "try: app.log\nexcept ValueError as error: print(error)"
    source = source.replace("print(error)", "import sys; print(error, file=sys.stderr)")
    assert logged(source, **{name: value}, **python) == f"{message}\n"


def test_what_an_app_has_set_up_itself_stays(python: dict[str, str]) -> None:
    """Its format shows the fields as well."""
    source = "logging.basicConfig(format='mine: %(message)s', level='WARNING')\n"
    source += "app.log.warning('door opened', door='Row1'); app.log.info('not shown')"
    assert logged(source, **python) == "mine: door opened door=Row1\n"
