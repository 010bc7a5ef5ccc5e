#!/usr/bin/env python3
"""Installs a package of the Python SDK, a wheel or the source, where nothing else is, and uses it.

Usage: tests/fresh_install.py PACKAGE BROKER

BROKER is the program that `cargo build -p vehicle-edge-runtime --example broker` builds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: Its output is the path of a signal whose value it got, by subscription and by asking.
APP = """
import asyncio, sys
import sdv.vehicle_app, velocitas_sdk.model
from vehicle_signal_runtime import VehicleSignal, use_broker

async def main():
    use_broker(sys.argv[1])
    speed = VehicleSignal("Vehicle.Speed")
    received = asyncio.Event()
    await speed.subscribe(lambda reading: received.set())
    await asyncio.wait_for(received.wait(), 30)
    print((await speed.get()).path)

asyncio.run(main())
"""


def run(*command: str | Path) -> str:
    """The output of a command that must succeed; what it says goes wrong is shown."""
    # Nothing of the caller's environment is for the fresh one.
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=clean).stdout


def main() -> None:
    package, broker = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        python = Path(folder) / "bin/python"
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        run(*pip, "install", "--quiet", package)
        installed = {found["name"] for found in json.loads(run(*pip, "list", "--format=json"))}
        # A venv begins with these.
        installed -= {"pip", "setuptools"}
        if installed != {"vehicle-signal-runtime"}:
            sys.exit(f"{package} brings more than itself: {', '.join(sorted(installed))}")
        listen = [broker, "--listen", "127.0.0.1:0"]
        with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().removeprefix("ready grpc=").strip()
                said = run(python, "-c", APP, address).strip()
            finally:
                process.kill()
    if said != "Vehicle.Speed":
        sys.exit(f"the app printed {said!r}")
    print(f"{Path(package).name}: installed by itself, imported, received from the broker")


if __name__ == "__main__":
    main()
