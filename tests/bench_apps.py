#!/usr/bin/env python3
"""What apps cost the runtime: a crash, its own return, idling with many of them, being asked.

Usage: tests/bench_apps.py FOLDER_OF_THE_PROGRAMS [--apps N] [--runs N]

Every app is a Python process of its own in the sandbox that `vehicle-edge serve` chooses.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPT = "import time\nprint('up', flush=True)\ntime.sleep(1e6)\n"
#: How long the runtime is watched while nothing happens.
IDLE = 20.0
#: Apps that are adopted, and calls whose time is taken.
ADOPTED, CALLS = 50, 2000


class Runtime:
    """`vehicle-edge serve`, which can be killed and started again on its state."""

    def __init__(self, program: Path, state: str) -> None:
        self.program, self.state = program, state
        self.process, self.api = self._start()

    def _start(self) -> tuple[subprocess.Popen[str], http.client.HTTPConnection]:
        command = [self.program, "serve", "--no-mock", "--log", "error", "--state", self.state]
        for listen in ("--http-listen", "--grpc-listen", "--health-listen"):
            command += [listen, "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        words = dict(
            word.split("=", 1) for word in process.stdout.readline().split() if "=" in word
        )
        if "http" not in words:
            sys.exit("vehicle-edge serve did not start: see its message above")
        self.address = words["http"]
        return process, http.client.HTTPConnection(self.address.removeprefix("http://"))

    def crash_and_return(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process, self.api = self._start()

    def command(self, *words: str) -> None:
        environment = {**os.environ, "VEHICLE_EDGE_SERVER": self.address}
        done = subprocess.run(
            [self.program, *words], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"vehicle-edge {' '.join(words)}: {done.stderr}")

    def get(self, path: str) -> Any:
        self.api.request("GET", path)
        return json.loads(self.api.getresponse().read())

    def app(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/apps/{name}")
        return found.get("status", found)

    def cpu(self) -> float:
        """Seconds of processor time until now."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def wait(what: Callable[[], bool]) -> None:
    while not what():
        time.sleep(0.002)


def crash(runtime: Runtime, runs: int) -> list[float]:
    """Milliseconds from an app's death to its next run, at the first failure."""
    times = []
    for _ in range(runs):
        # Asked to start, it has a clean record.
        runtime.command("restart", "app-0")
        wait(lambda: runtime.app("app-0")["state"] == "running")
        pid = runtime.app("app-0")["pid"]
        began = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        while runtime.app("app-0")["pid"] in (pid, None):
            time.sleep(0.002)
        times.append((time.perf_counter() - began) * 1e3)
    return times


def adoption(runtime: Runtime, apps: list[str], runs: int) -> list[float]:
    """Milliseconds from the start of the program until all apps are its own again."""
    times = []
    before = {name: runtime.app(name)["pid"] for name in apps}
    for _ in range(runs):
        began = time.perf_counter()
        runtime.crash_and_return()
        wait(lambda: all(runtime.app(name)["state"] == "running" for name in apps))
        times.append((time.perf_counter() - began) * 1e3)
        after = {name: runtime.app(name)["pid"] for name in apps}
        if after != before:
            sys.exit(f"other processes than before: {before} {after}")
    return times


def calls(runtime: Runtime, apps: list[str]) -> list[float]:
    """Milliseconds of each question for an app's state, over one connection."""
    times = []
    for number in range(CALLS):
        began = time.perf_counter()
        runtime.app(apps[number % len(apps)])
        times.append((time.perf_counter() - began) * 1e3)
    return sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=Path)
    parser.add_argument("--apps", type=int, default=100)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    program = arguments.programs.resolve() / "vehicle-edge"
    names = [f"app-{number}" for number in range(arguments.apps)]
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as source:
        runtime = Runtime(program, state)
        try:
            Path(source, "main.py").write_text(SCRIPT)
            for number, name in enumerate(names):
                manifest = {"id": name, "version": "1", "entrypoint": "main.py"}
                manifest["restart"] = "always"
                Path(source, "vehicle-app.json").write_text(json.dumps(manifest))
                runtime.command("install", "--start", source)
                if number + 1 == min(ADOPTED, len(names)):
                    times = adoption(runtime, names[:ADOPTED], arguments.runs)
                    print(
                        f"adoption of {number + 1} apps: {statistics.median(times):.0f} ms, "
                        f"{max(times):.0f} at most"
                    )
            times = crash(runtime, arguments.runs)
            print(f"crash to running: {statistics.median(times):.0f} ms, {max(times):.0f} at most")
            took = calls(runtime, names)
            print(
                f"state of one of {len(names)} apps: {statistics.median(took):.2f} ms, "
                f"99 % within {took[len(took) * 99 // 100]:.2f}"
            )
            before, began = runtime.cpu(), time.monotonic()
            time.sleep(IDLE)
            share = (runtime.cpu() - before) / (time.monotonic() - began)
            print(f"idle with {len(names)} apps: {share * 100:.2f} % of a core")
        finally:
            runtime.process.terminate()
            runtime.process.wait()


if __name__ == "__main__":
    main()
