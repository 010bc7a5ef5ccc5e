#!/usr/bin/env python3
"""Asks the reference tool about every case of tests/conformance, and about the catalogue.

Usage: tests/conformance.py [--update] [--vssc PROGRAM] [WORD...]

Without --update the answers that the cases hold are compared with those of the reference
tool; with it they are written anew. With --vssc the real catalogue, where it stands beside
the checkout, is exported by both programs and compared byte for byte: with and without its
overlays, expanded and not. Words choose the cases whose file and title hold all of them.
Exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from multiprocessing.pool import Pool
from pathlib import Path

import reference

ROOT = Path(__file__).resolve().parent.parent
SAME = "the same bytes"
CASES = ROOT / "tests/conformance"
#: The options of each export of the reference tool.
FORMATS = {
    "json": ["json"],
    "pretty": ["json", "--pretty"],
    "yaml": ["yaml"],
    "csv": ["csv"],
    "id": ["id"],
    "id-case": ["id", "--case-sensitive"],
}


@dataclass
class Case:
    """One model with what the reference tool makes of it; see tests/conformance/README.md."""

    title: str
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)

    @property
    def formats(self) -> list[str]:
        return self.fields.get("formats", "json").split()

    def write_files(self, folder: Path) -> None:
        for shared in ("units.yaml", "quantities.yaml"):
            if "own" not in self.fields.get("units", ""):
                (folder / shared).write_bytes((CASES / shared).read_bytes())
        for name, lines in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(decode(trimmed(lines)) + b"\n")

    def text(self) -> str:
        parts = [f"=== {self.title}"]
        parts += [f"{name}: {value}" for name, value in self.fields.items()]
        for name, lines in self.files.items():
            parts += [f"--- {name}", *trimmed(lines)]
        for name, lines in self.answers.items():
            parts += [f">>> {name}", *trimmed(lines)]
        return "\n".join(parts)


def trimmed(lines: list[str]) -> list[str]:
    """Without the empty lines at the end, which stand there for the reader alone."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def decode(lines: list[str]) -> bytes:
    """The bytes that lines stand for: «0D» is the byte 0D."""
    parts = re.split("«([0-9A-F]+)»", "\n".join(lines))
    return b"".join(
        bytes.fromhex(part) if at % 2 else part.encode() for at, part in enumerate(parts)
    )


def encode(answer: bytes) -> list[str]:
    text = answer.decode().replace("\r", "«0D»")
    body = text.rstrip("\n")
    return (body + "«0A»" * (len(text) - len(body))).split("\n")


def parse(text: str) -> tuple[str, list[Case]]:
    """What stands before the first case, and the cases."""
    head, *parts = re.split("^=== ", text, flags=re.MULTILINE)
    cases = []
    for part in parts:
        title, *lines = part.split("\n")
        case = Case(title)
        block: list[str] | None = None
        for line in lines:
            if mark := re.fullmatch(r"(---|>>>) (\S.*)", line):
                home = case.files if mark[1] == "---" else case.answers
                block = home.setdefault(mark[2], [])
            elif block is not None:
                block.append(line)
            elif line:
                name, _, value = line.partition(":")
                case.fields[name] = value.strip()
        cases.append(case)
    return head, cases


def run(folder: Path, options: list[str], output: Path) -> str | None:
    """Runs one export of the reference tool in this process; why it failed, or None."""
    from vss_tools import log
    from vss_tools.cli import cli

    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(reason(record.msg))

    logging.getLogger().handlers.clear()
    log.addHandler(Keep(logging.ERROR))
    os.chdir(folder)
    try:
        words = ["--log-level", "ERROR", "export", *options, "-o", str(output)]
        cli.main(words, "vspec", standalone_mode=False)
    except SystemExit as exit:
        return None if exit.code in (0, None) else (said or ["it ends without a word"])[0]
    except Exception as error:  # noqa: BLE001  whatever it is, the tool ended of it
        return f"{type(error).__name__}: {reason(error)}"
    return None


def reason(error: object) -> str:
    """The first line of what the tool says, of a model error the messages alone."""
    ve = getattr(error, "ve", None)
    if ve is not None:
        return f"'{error.element}': " + "; ".join(entry["msg"] for entry in ve.errors())
    return re.sub(r"/\S*/", "", str(error).split("\n")[0])[:160]


def ask(case: Case, format: str) -> tuple[bool, bytes]:
    """Whether the reference tool accepts the case, and its export or its reason."""
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name, "model"), Path(name, "output")
        folder.mkdir()
        case.write_files(folder)
        options = case.fields.get("options", "").split()
        failure = run(folder, [*FORMATS[format], "-s", "model.vspec", *options], output)
        if failure is not None:
            return False, failure.encode()
        return True, output.read_bytes()


def renewed(pool: Pool, cases: list[Case]) -> list[Case]:
    """The cases with the answers that the reference tool gives today."""
    questions = [(case, format) for case in cases for format in case.formats]
    replies: dict[str, dict[str, list[str]]] = {case.title: {} for case in cases}
    for (case, format), (accepted, reply) in zip(questions, pool.starmap(ask, questions, 1)):
        replies[case.title]["rejected" if not accepted else format] = encode(reply)
    kept = {c.title: {n: a for n, a in c.answers.items() if n.startswith("ours")} for c in cases}
    return [replace(c, answers=replies[c.title] | kept[c.title]) for c in cases]


def cases_differ(pool: Pool, words: list[str], update: bool) -> bool:
    differ = False
    for path in sorted(CASES.glob("*.cases")):
        head, cases = parse(path.read_text())
        chosen = [c for c in cases if all(word in f"{path.stem} {c.title}" for word in words)]
        by_title = {case.title: case for case in renewed(pool, chosen)}
        if update:
            texts = [by_title.get(case.title, case).text() for case in cases]
            path.write_text(head + "\n\n".join(texts) + "\n")
            continue
        for case in chosen:
            if (text := by_title[case.title].text()) != case.text():
                differ = True
                print(f"{path.name}: the reference tool answers otherwise\n{text}\n")
        print(f"{path.name}: {len(chosen)} cases")
    return differ


def catalogue_differs(pool: Pool, vssc: Path) -> bool:
    """Whether the two programs export the released catalogues differently."""
    folder = ROOT.parent / "shared/vss"
    if not folder.is_dir():
        print(f"without the catalogue: there is none at {folder}")
        return False
    exports = []
    for release in ("v5.0", "v6.0"):
        model = [folder / release / "spec/VehicleSignalSpecification.vspec"]
        if release == "v6.0":
            # Its own unit file has a label twice.
            model += ["-u", folder / "units/units.yaml", "-q", folder / "units/quantities.yaml"]
        overlays = sorted((folder / release / "overlays").glob("*/*.vspec"))
        for overlay, expand, format in itertools.product(
            [None, *overlays], ["--expand", "--no-expand"], ["json", "yaml", "csv"]
        ):
            title = " ".join([release, overlay.stem if overlay else "alone", expand, format])
            options = [*model, *(["-l", overlay] if overlay else []), expand]
            exports.append((title, format, [str(option) for option in options], vssc.resolve()))
    verdicts = pool.starmap(verdict, exports, 1)
    for (title, *_), said in zip(exports, verdicts):
        print(f"{title}: {said}")
    return any(said != SAME for said in verdicts)


def verdict(_title: str, format: str, options: list[str], vssc: Path) -> str:
    """How the exports of the two programs compare."""
    with tempfile.TemporaryDirectory() as name:
        theirs, ours = Path(name, "theirs"), Path(name, "ours")
        failure = run(Path(name), [format, "-s", *options], theirs)
        command = [str(vssc), "export", format, "-s", *options, "-o", str(ours)]
        ended = subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
        accepted = ended.returncode == 0
        if failure is not None:
            return "accepted by vssc alone" if accepted else f"rejected by both: {failure}"
        if not accepted:
            return "rejected by vssc alone"
        return SAME if theirs.read_bytes() == ours.read_bytes() else "the bytes differ"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write the answers anew")
    parser.add_argument("--vssc", type=Path, help="compare the catalogue with this program")
    parser.add_argument("words", nargs="*", help="choose cases")
    arguments = parser.parse_args()
    if Path(sys.prefix).resolve() != reference.FOLDER.resolve():
        if reference.install() is None:
            sys.exit(1)
        os.execv(reference.PYTHON, [str(reference.PYTHON), *sys.argv])
    import vss_tools.cli  # noqa: F401  once, before the processes are forked

    # The tool keeps what it read in globals, so each question has a process of its own.
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        differ = cases_differ(pool, arguments.words, arguments.update)
        if arguments.vssc:
            differ |= catalogue_differs(pool, arguments.vssc)
    sys.exit(differ)


if __name__ == "__main__":
    main()
