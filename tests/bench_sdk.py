#!/usr/bin/env python3
"""The Python SDK beside kuksa-client, the Velocitas SDK and bare grpc.aio, in one run.

Usage: tests/bench_sdk.py FOLDER_OF_THE_PROGRAMS [--seconds N] [--runs N]

Every client subscribes to one signal at the same load generator (`cargo build --release --example
flood`), with an async callback that reads the value. The SDK is the wheel that `make host-wheel`
built; the others (pinned) are installed into target/bench on the first run. Prints tables with
the medians and the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import OUT, ROOT, Model, catalogue, measure
from peers import environment

KUKSA = "kuksa-client==0.6.0"
VELOCITAS = "velocitas-sdk==0.15.7"
VELOCITAS_GENERATOR = "velocitas-model-generator==0.9.0"

#: Updates a second of a signal that changes at a usual pace.
USUAL = 1000


@dataclass
class Client:
    """A client as `bench_client.py` knows it, and the interpreter that has it."""

    name: str
    title: str
    python: Path


@dataclass
class Stream:
    """Medians over the runs of one client."""

    rate: float
    cpu_us: float
    dropped: float


def clients() -> list[Client]:
    """Ours first, then those that can be had."""
    kuksa, velocitas = environment("kuksa", KUKSA), environment("velocitas", VELOCITAS)
    known = [
        ("ours", "vehicle_signal_runtime", own_environment()),
        ("kuksa", KUKSA, kuksa),
        ("velocitas", VELOCITAS, velocitas),
        ("grpc", "grpc.aio, no SDK", kuksa),
    ]
    return [Client(name, title, python) for name, title, python in known if python]


def own_environment() -> Path:
    wheels = list((ROOT / "target/wheels").glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"one wheel is needed in target/wheels, not {len(wheels)}: run `make host-wheel`")
    folder = ROOT / "target/bench/ours"
    subprocess.run(["uv", "venv", "--quiet", "--clear", folder], check=True)
    install = ["uv", "pip", "install", "--quiet", "--python", folder, str(wheels[0])]
    subprocess.run(install, check=True)
    return folder / "bin/python"


@contextmanager
def flood(program: Path, *options: str) -> Iterator[str]:
    """The load generator, while it runs; its address."""
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("ready grpc=").strip()
        finally:
            process.kill()


def receive(client: Client, address: str, seconds: float) -> dict[str, float]:
    """One measurement of one client."""
    script = Path(__file__).with_name("bench_client.py")
    command = [client.python, script, client.name, address, str(seconds)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{client.title} failed:\n{run.stderr}")
    measured: dict[str, float] = json.loads(run.stdout)
    return measured


def streams(
    program: Path, known: list[Client], options: list[str], seconds: float, runs: int
) -> dict[str, Stream]:
    """All clients in turns, so that a slow moment of the machine meets each of them."""
    measured: dict[str, list[dict[str, float]]] = {client.name: [] for client in known}
    with flood(program, *options) as address:
        for _ in range(runs):
            for client in known:
                measured[client.name].append(receive(client, address, seconds))
    return {name: stream(of_one) for name, of_one in measured.items()}


def stream(measured: list[dict[str, float]]) -> Stream:
    return Stream(
        rate=statistics.median(run["updates"] / run["wall"] for run in measured),
        cpu_us=statistics.median(run["cpu"] / run["updates"] * 1e6 for run in measured),
        dropped=statistics.median(run.get("dropped", 0) for run in measured),
    )


def compare_streams(program: Path, known: list[Client], seconds: float, runs: int) -> None:
    flat_out = streams(program, known, [], seconds, runs)
    usual = streams(program, known, ["--rate", str(USUAL)], seconds, runs)
    ours = flat_out["ours"], usual["ours"]
    print("Updates of one signal into an async callback:\n")
    print(
        "| client | updates a second, saturated | ours is | CPU µs each | ours is"
        f" | CPU µs each at {USUAL} a second | ours is |"
    )
    print("|---|---|---|---|---|---|---|")
    for client in known:
        most, some = flat_out[client.name], usual[client.name]
        ratios = ("", "", "")
        if client.name != "ours":
            ratios = (
                f"{ours[0].rate / most.rate:.1f} times",
                f"1/{most.cpu_us / ours[0].cpu_us:.1f}",
                f"1/{some.cpu_us / ours[1].cpu_us:.1f}",
            )
        print(
            f"| {client.title} | {most.rate:,.0f} | {ratios[0]} | {most.cpu_us:.2f} | {ratios[1]}"
            f" | {some.cpu_us:.1f} | {ratios[2]} |"
        )
    if ours[0].dropped:
        print(
            f"\nSaturated, ours dropped {ours[0].dropped:,.0f} updates besides, and counted them."
        )


@dataclass
class Import:
    """A statement that imports a model or a client, and where it works."""

    title: str
    python: Path
    folder: Path
    statement: str
    generate: list[str] | None


def imports(vssc: str, model: Model, known: list[Client]) -> list[Import]:
    pythons = {client.name: client.python for client in known}
    folder = OUT / "sdk"
    generate = [vssc, "generate", "python", *model.options(), "-o", str(folder)]
    statement = "from vehicle_signal_runtime.model import vehicle"
    found = [Import("ours", pythons["ours"], folder, statement, generate)]
    generator = environment("velocitas-generator", VELOCITAS_GENERATOR)
    if generator and "velocitas" in pythons:
        folder = OUT / "velocitas"
        generate = velocitas_generator(generator, model, folder)
        statement = "from vehicle import vehicle"
        found.append(Import(VELOCITAS, pythons["velocitas"], folder, statement, generate))
    if "kuksa" in pythons:
        statement = "import kuksa_client.grpc.aio"
        found.append(Import(f"{KUKSA}, no model", pythons["kuksa"], OUT, statement, None))
    return found


def velocitas_generator(python: Path, model: Model, folder: Path) -> list[str]:
    named = [("-N", "vehicle"), ("-l", "python"), ("-T", folder), ("-I", model.root.parent)]
    named += [("-u", model.units), ("-q", model.quantities)]
    options = [str(word) for pair in named for word in pair]
    # The model first: some options take any number of words.
    return [str(python.with_name("gen-model")), str(model.root), *options]


def compare_imports(found: list[Import], runs: int) -> None:
    print("\n| the model's SDK | generated in ms | imported in ms | CPU ms | MB |")
    print("|---|---|---|---|---|")
    for one in found:
        generated = f"{measure(one.generate, runs).wall * 1e3:.1f}" if one.generate else ""
        os.environ["PYTHONPATH"] = str(one.folder)
        bare, whole = ([str(one.python), "-c", code] for code in ("pass", one.statement))
        most, least = measure(whole, 3 * runs), measure(bare, 3 * runs)
        wall, cpu = (most.wall - least.wall) * 1e3, (most.cpu - least.cpu) * 1e3
        memory = resident(one.python, one.statement) - resident(one.python, "pass")
        print(f"| {one.title} | {generated} | {wall:.1f} | {cpu:.1f} | {memory:.1f} |")
        del os.environ["PYTHONPATH"]
    print("\nImports are over a bare interpreter of the same environment: whole processes.")


def resident(python: Path, statement: str) -> float:
    """Most megabytes that an interpreter held after a statement. Its own account: that of
    the parent, which `measure` takes, begins with the parent's memory."""
    code = f"{statement}\nprint(open('/proc/self/status').read())"
    run = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    line = next(line for line in run.stdout.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()

    OUT.mkdir(parents=True, exist_ok=True)
    # Modules are compiled once, as in any installation.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    known = clients()
    model = catalogue()
    python = sys.version.split()[0]
    print(
        f"Python {python}; {model.name}; medians of {arguments.runs} runs of"
        f" {arguments.seconds:.0f} s; {os.cpu_count()} processors\n"
    )
    program = arguments.programs / "examples/flood"
    compare_streams(program, known, arguments.seconds, arguments.runs)
    compare_imports(imports(str(arguments.programs / "vssc"), model, known), arguments.runs)


if __name__ == "__main__":
    main()
