"""The stock Rust client (kuksa-rust-sdk, crates.io) against our broker.

Its build asks for a protoc, which grpcio-tools has; it takes a minute, once.
"""

from __future__ import annotations

import os
import subprocess

from conftest import ROOT, TARGET

MANIFEST = ROOT / "tests/kuksa_rust/Cargo.toml"


def test_all_three_protocols_of_the_rust_client(address: tuple[str, int]) -> None:
    """Each gets, sets and subscribes, and sees what the others set."""
    command = ["cargo", "run", "--quiet", "--locked", "--manifest-path", MANIFEST]
    # Beside the programs: the next run finds it built.
    command += ["--target-dir", TARGET / "kuksa_rust", "--", "{}:{}".format(*address)]
    env = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "kuksa-rust-sdk: v1, v2 and sdv get, set and subscribe\n"
