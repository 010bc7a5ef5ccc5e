"""Tries what no app may do, and prints one line for each attempt.

`held: …` is a wall that stood, `LEAK: …` one that did not. Standard input gives the
host's addresses and folders to try, as one line of JSON, so that nothing is guessed.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from vehicle_signal_runtime import PermissionDenied, VehicleSignal


def attempt(name: str, act: Callable[[], object]) -> None:
    try:
        outcome = act()
    except OSError as error:
        print(f"held: {name} ({type(error).__name__})", flush=True)
    else:
        print(f"LEAK: {name} gave {outcome!r}", flush=True)


def connect(port: int) -> object:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        return connection.getpeername()


def others() -> object:
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    foreign = [pid for pid in pids if pid not in (1, os.getpid())]
    if not foreign:
        raise PermissionError("no other process to be seen")
    return foreign


async def signals() -> None:
    reading = await VehicleSignal("Vehicle.Speed").get()
    print(f"held: declared signal is read: {reading.available}", flush=True)
    for path in ("Vehicle.VehicleIdentification.VIN", "Vehicle.Body.Lights.Beam.Low.IsOn"):
        try:
            print(f"LEAK: read {path}: {await VehicleSignal(path).get()}", flush=True)
        except PermissionDenied as error:
            print(f"held: reading undeclared {path}: {error}", flush=True)
    try:
        await VehicleSignal("Vehicle.Body.Lights.Beam.Low.IsOn").set(True)
        print("LEAK: set an undeclared actuator", flush=True)
    except PermissionDenied as error:
        print(f"held: setting an undeclared actuator: {error}", flush=True)


host = json.loads(sys.stdin.readline())
for port in host["ports"]:
    attempt(f"connecting to port {port} of the host", lambda port=port: connect(port))
attempt("resolving a name", lambda: socket.getaddrinfo("example.com", 443))
attempt("a raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
for folder in host["folders"]:
    attempt(f"listing {folder}", lambda folder=folder: os.listdir(folder))
for file in [*host["files"], "/etc/shadow"]:
    attempt(f"reading {file}", lambda file=file: Path(file).read_bytes()[:9])
for place in ("/nosy", "/etc/nosy", "/usr/nosy", str(Path(__file__).parent / "nosy")):
    attempt(f"writing {place}", lambda place=place: Path(place).write_text("x"))
attempt("seeing other processes", others)

data = Path(os.environ["VEHICLE_APP_DATA"]) / "own.txt"
data.write_text("mine")
print(f"held: own data folder is writable: {data.read_text()}", flush=True)
asyncio.run(signals())
print("done", flush=True)
