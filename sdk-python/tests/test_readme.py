"""Every snippet of the README runs, as printed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from harness import Run

README = Path(__file__).parents[1] / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_runs(
    snippet: str, broker: str, model: Path, run_app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It prints something, complains about nothing, and ends well, by itself or when asked."""
    monkeypatch.setenv("PYTHONPATH", str(model), prepend=os.pathsep)
    running = run_app(snippet, broker)
    first = running.line()
    if "self.stop()" not in snippet and ".run()" in snippet:
        running.process.send_signal(signal.SIGTERM)
    _, errors = running.process.communicate(timeout=20)
    assert (running.process.returncode, errors) == (0, "")
    assert first
