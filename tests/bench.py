#!/usr/bin/env python3
"""Whole-process timings of the release programs, beside the reference tool where it can be had.

Usage: tests/bench.py FOLDER_OF_THE_PROGRAMS [--runs N]

The reference tool (vss-tools, pinned) is installed into target/bench on the first run. The
model is the real VSS catalogue where it stands beside the checkout, else our own. Prints a
table with the median of each figure and the ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from reference import install as reference_tool

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "target/bench/out"


@dataclass
class Figure:
    """Medians over the runs of one command."""

    wall: float
    cpu: float
    peak_mib: float


def measure(command: list[str], runs: int) -> Figure:
    """Runs a command, once unmeasured, and takes the kernel's own accounting of each run."""
    walls, cpus, peaks = [], [], []
    for run in range(runs + 1):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{errors.decode(errors='replace')}")
        if run > 0:
            walls.append(time.perf_counter() - start)
            cpus.append(usage.ru_utime + usage.ru_stime)
            peaks.append(usage.ru_maxrss / 1024)
    return Figure(*(statistics.median(values) for values in (walls, cpus, peaks)))


def peak(figure: Figure, floor: float) -> str:
    """A process begins with the memory of the one that starts it: less cannot be seen."""
    return f"{figure.peak_mib:.1f}" if figure.peak_mib > floor * 1.02 else f"under {floor:.0f}"


@dataclass
class Model:
    """A model to compile, by the options that name it."""

    name: str
    root: Path
    units: Path
    quantities: Path

    def options(self) -> list[str]:
        named = [("-s", self.root), ("-u", self.units), ("-q", self.quantities)]
        return [str(word) for pair in named for word in pair]


def catalogue() -> Model:
    real = ROOT.parent / "shared/vss"
    if (real / "v6.0").is_dir():
        return Model(
            "VSS 6.0 (1,267 leaves)",
            real / "v6.0/spec/VehicleSignalSpecification.vspec",
            real / "units/units.yaml",
            real / "units/quantities.yaml",
        )
    vss = ROOT / "vss"
    return Model(
        "our own model",
        vss / "VehicleEdge.vspec",
        vss / "units.yaml",
        vss / "quantities.yaml",
    )


def many_times(model: Model, times: int) -> list[str]:
    """Options of a tree that includes the whole model so many times."""
    root = OUT / f"fleet-{times}.vspec"
    lines = ["Fleet:", "  type: branch", "  description: Many of the same."]
    for number in range(times):
        car = f"Fleet.Car{number}"
        lines += [f"{car}:", "  type: branch", "  description: One of them."]
        lines += [f"#include {model.root.name} {car}"]
    root.write_text("\n".join(lines) + "\n")
    fleet = Model("", root, model.units, model.quantities)
    return [*fleet.options(), "-I", str(model.root.parent)]


def compare(vssc: str, model: Model, runs: int, reference: Path | None) -> None:
    """Each product of the compiler, beside the reference tool where it has the same."""
    options = model.options()

    def export(name: str) -> tuple[list[str], list[str]]:
        words = ["export", name, *options, "-o"]
        return [vssc, *words, str(OUT / f"ours.{name}")], [*words, str(OUT / f"theirs.{name}")]

    def generate(name: str) -> list[str]:
        return [vssc, "generate", name, *options, "-o", str(OUT / name)]

    rows: list[tuple[str, list[str], list[str] | None]] = [
        ("vspec to expanded JSON", *export("json")),
        ("vspec to YAML", *export("yaml")),
        ("vspec to CSV", *export("csv")),
        ("Python SDK", generate("python"), None),
        ("Rust stubs", generate("rust"), None),
        ("manifest", generate("manifest"), None),
    ]
    floor = measure(["true"], 1).peak_mib
    print("| what | wall ms | CPU ms | peak MiB | reference wall ms | CPU ms | peak MiB | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for what, ours, theirs in rows:
        mine = measure(ours, runs)
        line = f"| {what} | {mine.wall * 1e3:.1f} | {mine.cpu * 1e3:.1f} | {peak(mine, floor)} |"
        if theirs and reference:
            peer = measure([str(reference), *theirs], runs)
            line += (
                f" {peer.wall * 1e3:.0f} | {peer.cpu * 1e3:.0f} | {peak(peer, floor)} |"
                f" 1/{peer.wall / mine.wall:.0f} |"
            )
        else:
            line += " | | | |"
        print(line)


def compiling(vssc: str, model: Model, runs: int) -> None:
    """The generated Rust crate, compiled anew when all it depends on is compiled already."""
    # A workspace of its own, with our versions: those are on this machine.
    folder = OUT / "crates"
    crate = folder / "model"
    crate.mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text('[workspace]\nresolver = "3"\nmembers = ["model"]\n')
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    generate = [vssc, "generate", "rust", *model.options(), "-o", str(crate)]
    subprocess.run(generate, check=True, capture_output=True)
    check = f"touch {crate}/src/lib.rs && cd {folder} && cargo check --quiet --offline"
    print("\n| the generated Rust crate, `cargo check` | wall ms | CPU ms | peak MiB |")
    print("|---|---|---|---|")
    for what, option in (("with its client", ""), ("the tree alone", " --no-default-features")):
        figure = measure(["sh", "-c", f"{check} --target-dir target{option}"], runs)
        wall, cpu = figure.wall * 1e3, figure.cpu * 1e3
        print(f"| {what} | {wall:.0f} | {cpu:.0f} | {figure.peak_mib:.0f} |")


def growth(vssc: str, model: Model, runs: int) -> None:
    """How time and memory grow with the model; the reference's do with its square."""
    print("\n| vspec to expanded JSON | wall ms | CPU ms | peak MiB |")
    print("|---|---|---|---|")
    for times in (1, 10, 100):
        options = many_times(model, times)
        figure = measure([vssc, "export", "json", *options, "-o", str(OUT / "fleet.json")], runs)
        print(
            f"| {times} times the model | {figure.wall * 1e3:.0f} | {figure.cpu * 1e3:.0f} |"
            f" {figure.peak_mib:.0f} |"
        )


def watching(vssc: str, model: Model, runs: int) -> None:
    """From the change of one line to the end of what `vssc watch` does about it."""
    copy = OUT / "watched"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(model.root.parent, copy)
    watched = Model("", copy / model.root.name, model.units, model.quantities)
    part = max(copy.rglob("*.vspec"), key=lambda path: path.stat().st_size)
    print("\n| after one line changes, `vssc watch` has made | wall ms |")
    print("|---|---|")
    for words in (
        ["export", "json", "-o", str(OUT / "w.json")],
        ["generate", "python", "-o", str(OUT / "w")],
    ):
        command = [vssc, "watch", *words, *watched.options()]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            times = []
            for run in range(runs + 1):
                if run:
                    time.sleep(0.1)
                    text = part.read_text() + f"# {run}\n"
                    started = time.perf_counter()
                    part.write_text(text)
                while not process.stderr.readline().startswith("done"):
                    pass
                if run:
                    times.append(time.perf_counter() - started)
            process.kill()
        print(f"| {' '.join(words[:2])} | {statistics.median(times) * 1e3:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    vssc = str(arguments.programs / "vssc")
    model = catalogue()
    OUT.mkdir(parents=True, exist_ok=True)
    print(
        f"{model.name}; medians of {arguments.runs} whole processes; {os.cpu_count()} processors\n"
    )
    compare(vssc, model, arguments.runs, reference_tool())
    compiling(vssc, model, arguments.runs)
    growth(vssc, model, arguments.runs)
    watching(vssc, model, arguments.runs)


if __name__ == "__main__":
    main()
