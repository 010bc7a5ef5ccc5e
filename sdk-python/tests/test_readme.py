"""Every snippet of the README runs, as printed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from harness import Broker, Run, pytest_alone

README = Path(__file__).parents[1] / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
SUITES = [snippet for snippet in SNIPPETS if "\ndef test_" in snippet]
APPS = [snippet for snippet in SNIPPETS if snippet not in SUITES]


@pytest.mark.parametrize("snippet", APPS, ids=range(len(APPS)))
def test_a_snippet_runs(
    snippet: str,
    own_broker: Broker,
    model: Path,
    run_app: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It prints something, complains about nothing, and ends well, by itself or when asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(model), prepend=os.pathsep)
    own_broker.start()
    running = run_app(snippet, own_broker.address)
    first = running.line()
    if "self.stop()" not in snippet and ".run()" in snippet:
        running.process.send_signal(signal.SIGTERM)
    _, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, errors) == (0, "")
    assert first


def test_a_test_suite_passes(tmp_path: Path, model: Path) -> None:
    """With pytest and nothing else."""
    assert SUITES
    for number, suite in enumerate(SUITES):
        (tmp_path / f"test_suite{number}.py").write_text(suite)
    run = pytest_alone(tmp_path, model)
    assert run.returncode == 0, run.stdout + run.stderr
