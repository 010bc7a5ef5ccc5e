#!/usr/bin/env python3
"""The signal broker under load, beside a Kuksa databroker where one can be reached.

Usage: tests/bench_broker.py FOLDER_OF_THE_PROGRAMS [--seconds N] [--runs N] [SCENARIO...]

`cargo build --release --example load` made the load; the broker is `vehicle-edge serve` with the
real VSS catalogue where it stands beside the checkout, else our own model. With KUKSA_ADDRESS
(HOST:PORT; KUKSA_PID for its processor time, KUKSA_TOKEN if it wants one) the same load goes to
that broker, in turns with ours, and the ratio is printed. Without it the figures beside ours are
those that were published for a machine of this kind: only their order of magnitude says anything
here. At last the same calls are made with a token: it is verified once. How much of the difference
is the longer request shows when it is sent to a broker that asks for none.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import Model, catalogue

#: Open connections, on both sides.
FILES = 8192


@dataclass
class Row:
    """A scenario of the load generator, and the figure of it that is compared."""

    scenario: str
    title: str
    figure: str
    unit: str
    #: Kuksa 0.7.1, published for 2 cores shared with its client.
    published: float
    #: Whether more is better.
    more: bool = True


ROWS = [
    Row("saturated", "saturated, no subscriber", "rate", "updates/s", 1_020_000),
    Row("saturated", "", "server_us", "CPU µs each", 1.3, more=False),
    Row("readers-1", "1 subscriber", "rate", "updates/s", 386_000),
    Row("readers-1", "", "server_us", "CPU µs each", 3.8, more=False),
    Row("readers-10", "10 subscribers", "rate", "updates/s", 41_700),
    Row("readers-10", "", "server_us", "CPU µs each", 42, more=False),
    Row("readers-100", "100 subscribers", "rate", "updates/s", 2_176),
    Row("readers-100", "", "deliveries", "deliveries/s", 218_000),
    Row("readers-100", "", "server_us", "CPU µs each", 789, more=False),
    Row("batches-100", "100 subscribers, 50 signals a message", "rate", "updates/s", 13_600),
    Row("batches-100", "", "server_us", "CPU µs each", 125, more=False),
    Row("others-100", "100 subscriptions of other signals", "rate", "updates/s", 313_000),
    Row("others-1000", "1,000 subscriptions of other signals", "rate", "updates/s", 48_000),
    Row("publish", "PublishValue, 32 in flight", "rate", "calls/s", 31_500),
    Row("get", "GetValue, 32 in flight", "rate", "calls/s", 39_900),
    Row("paced-1", "1,000 updates a second", "p50_us", "µs, median", 124, more=False),
    Row("paced-1", "", "p99_us", "µs, 99 %", 217, more=False),
    Row("paced-1", "", "server_us", "CPU µs each", 72, more=False),
    Row("paced-100", "100 subscribers at 500 a second", "delivery_us", "CPU µs", 11.3, more=False),
    Row(
        "paced-batches", "100 at 13,600 a second, by 50", "delivery_us", "CPU µs", 1.25, more=False
    ),
    Row(
        "silent", "GetValue past a silent provider", "max_us", "µs, longest", 1_004_000, more=False
    ),
]

#: Calls that each bring a token where one is asked for.
UNARY = ["publish", "get"]

Measured = dict[str, dict[str, float]]


@dataclass
class Broker:
    """What the load goes to."""

    name: str
    options: list[str]


@contextmanager
def ours(programs: Path, model: Model, *more: str) -> Iterator[Broker]:
    with tempfile.TemporaryDirectory() as state:
        command = [programs / "vehicle-edge", "serve", "--no-mock", "--log", "error", *more]
        command += ["--state", state, "--model", model.root, "--units", model.units]
        command += ["--quantities", model.quantities]
        for listen in ("--http-listen", "--grpc-listen", "--health-listen"):
            command += [listen, "127.0.0.1:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                ready = process.stdout.readline()
                words = dict(word.split("=", 1) for word in ready.split() if "=" in word)
                if "grpc" not in words:
                    sys.exit("vehicle-edge serve did not start: see its message above")
                options = ["--address", words["grpc"], "--pid", str(process.pid)]
                yield Broker("ours", options)
            finally:
                process.terminate()


@contextmanager
def guarded(programs: Path, model: Model) -> Iterator[Broker]:
    """Ours, as it asks for a token, and with one that may do all."""
    with tempfile.TemporaryDirectory() as keys:
        private, public = f"{keys}/key.pem", f"{keys}/public.pem"
        openssl("genpkey", "-algorithm", "RSA", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
        claims = {"aud": ["kuksa.val"], "iat": int(time.time()), "exp": int(time.time()) + 86400}
        claims |= {"iss": "bench", "sub": "bench", "scope": "read actuate provide create"}
        signed = f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}"
        signature = openssl("dgst", "-sha256", "-sign", private, text=signed.encode())
        token = f"{signed}.{base64url(signature)}"
        with ours(programs, model, "--jwt-key", public) as broker:
            yield Broker("asked for", [*broker.options, "--token", token])


def openssl(*arguments: str, text: bytes = b"") -> bytes:
    command = ["openssl", *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=text).stdout


def part(claims: dict[str, object]) -> str:
    return base64url(json.dumps(claims).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def kuksa() -> Broker | None:
    address = os.environ.get("KUKSA_ADDRESS")
    if not address:
        return None
    options = ["--address", address]
    for name, option in (("KUKSA_PID", "--pid"), ("KUKSA_TOKEN", "--token")):
        if value := os.environ.get(name):
            options += [option, value]
    return Broker("Kuksa", options)


def load(programs: Path, broker: Broker, scenario: str, seconds: float) -> dict[str, float]:
    """One run of one scenario; nothing from a broker that cannot do it, with a word why."""
    command = [programs / "examples/load", "--json", "--seconds", str(seconds)]
    command += [*broker.options, scenario]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode != 0:
        print(f"{broker.name}, {scenario}: {run.stderr.strip()}", file=sys.stderr)
        return {}
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def measure(
    programs: Path, brokers: list[Broker], scenarios: list[str], seconds: float, runs: int
) -> dict[str, Measured]:
    """Medians of each figure; all brokers in turns, so that a slow moment meets each of them."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        broker.name: {scenario: [] for scenario in scenarios} for broker in brokers
    }
    for scenario in scenarios:
        for _ in range(runs):
            for broker in brokers:
                found[broker.name][scenario].append(load(programs, broker, scenario, seconds))
    return {
        name: {scenario: medians(measured) for scenario, measured in of_one.items()}
        for name, of_one in found.items()
    }


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    names = {name for run in runs for name in run if name != "scenario"}
    return {name: statistics.median(run[name] for run in runs if name in run) for name in names}


def table(measured: dict[str, Measured]) -> None:
    own, other = measured["ours"], measured.get("Kuksa")
    beside = "Kuksa" if other else "Kuksa 0.7.1, published for a machine of this kind"
    print(f"| scenario | figure | ours | lost | {beside} | lost | ours is |")
    print("|---|---|---|---|---|---|---|")
    for row in ROWS:
        if row.scenario not in own:
            continue
        mine = own[row.scenario].get(row.figure)
        theirs = other[row.scenario].get(row.figure) if other else row.published
        lost = [share(own[row.scenario]), share(other[row.scenario]) if other else ""]
        cells = [row.title, row.unit, number(mine), lost[0], number(theirs), lost[1]]
        print(f"| {' | '.join(cells)} | {ratio(row, mine, theirs)} |")
    disordered = sum(figures.get("disordered", 0) for figures in own.values())
    memory = max((figures.get("megabytes", 0) for figures in own.values()), default=0)
    print(f"\nOurs: {disordered:.0f} values out of order; {memory:.1f} MB at most.")


def tokens(measured: dict[str, Measured]) -> None:
    print("\n| calls/s | no token | one that is not asked for | one that is |\n|---|---|---|---|")
    for scenario in UNARY:
        rates = [figures[scenario].get("rate") for figures in measured.values()]
        print(f"| {' | '.join([scenario, *map(number, rates)])} |")


def share(figures: dict[str, float]) -> str:
    return f"{figures['lost_percent']:.2f} %" if "lost_percent" in figures else ""


def number(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"


def ratio(row: Row, mine: float | None, theirs: float | None) -> str:
    if not mine or not theirs:
        return ""
    return f"{mine / theirs:.2f} times" if row.more else f"1/{theirs / mine:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("scenarios", nargs="*")
    arguments = parser.parse_intermixed_args()

    known = list(dict.fromkeys(row.scenario for row in ROWS))
    if unknown := set(arguments.scenarios) - set(known):
        sys.exit(f"no scenario is called {', '.join(unknown)}: there are {', '.join(known)}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))

    model = catalogue()
    print(
        f"{model.name}; medians of {arguments.runs} runs of {arguments.seconds:.0f} s;"
        f" {os.cpu_count()} processors, shared by broker and load\n"
    )
    with ours(arguments.programs, model) as broker:
        brokers = [broker, *filter(None, [kuksa()])]
        scenarios = arguments.scenarios or known
        runs = arguments.runs
        table(measure(arguments.programs, brokers, scenarios, arguments.seconds, runs))
        if set(UNARY) <= set(scenarios):
            with guarded(arguments.programs, model) as asking:
                not_asking = Broker("not asked for", [*broker.options, *asking.options[-2:]])
                all_three = [broker, not_asking, asking]
                tokens(measure(arguments.programs, all_three, UNARY, arguments.seconds, runs))


if __name__ == "__main__":
    main()
