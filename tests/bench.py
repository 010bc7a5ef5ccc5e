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
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = "vss-tools==6.1.0"


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


def reference_tool() -> Path | None:
    """The reference compiler in an environment of its own, or None when it cannot be had."""
    folder = ROOT / "target/bench/reference"
    program = folder / "bin/vspec"
    if not program.exists():
        try:
            subprocess.run(["uv", "venv", "--quiet", "--allow-existing", folder], check=True)
            subprocess.run(
                ["uv", "pip", "install", "--quiet", "--python", folder, REFERENCE], check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"without the reference tool: {error}", file=sys.stderr)
            return None
    return program


def catalogue() -> tuple[str, list[str]]:
    """Name and options of the model to compile."""
    real = ROOT.parent / "shared/vss"
    if (real / "v6.0").is_dir():
        spec = real / "v6.0/spec/VehicleSignalSpecification.vspec"
        units, quantities = real / "units/units.yaml", real / "units/quantities.yaml"
        return "VSS 6.0 (1,267 leaves)", ["-s", spec, "-u", units, "-q", quantities]
    vss = ROOT / "vss"
    return "our own model", [
        *("-s", vss / "VehicleEdge.vspec"),
        *("-u", vss / "units.yaml", "-q", vss / "quantities.yaml"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    vssc = str(arguments.programs / "vssc")
    name, options = catalogue()
    model = [str(option) for option in options]
    out = ROOT / "target/bench/out"
    out.mkdir(parents=True, exist_ok=True)
    reference = reference_tool()

    rows: list[tuple[str, list[str], list[str] | None]] = [
        (
            "vspec to expanded JSON",
            [vssc, "export", "json", *model, "-o", str(out / "ours.json")],
            ["export", "json", *model, "-o", str(out / "reference.json")],
        ),
        ("Python SDK", [vssc, "generate", "python", *model, "-o", str(out / "python")], None),
        ("Rust stubs", [vssc, "generate", "rust", *model, "-o", str(out / "rust")], None),
        ("manifest", [vssc, "generate", "manifest", *model, "-o", str(out / "manifest")], None),
    ]
    cpu, floor = os.cpu_count(), measure(["true"], 1).peak_mib
    print(f"{name}; medians of {arguments.runs} whole processes; {cpu} processors\n")
    print("| what | wall ms | CPU ms | peak MiB | reference wall ms | CPU ms | peak MiB | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for what, ours, theirs in rows:
        mine = measure(ours, arguments.runs)
        line = f"| {what} | {mine.wall * 1e3:.1f} | {mine.cpu * 1e3:.1f} | {peak(mine, floor)} |"
        if theirs and reference:
            peer = measure([str(reference), *theirs], arguments.runs)
            line += (
                f" {peer.wall * 1e3:.0f} | {peer.cpu * 1e3:.0f} | {peak(peer, floor)} |"
                f" 1/{peer.wall / mine.wall:.0f} |"
            )
        else:
            line += " | | | |"
        print(line)


if __name__ == "__main__":
    main()
