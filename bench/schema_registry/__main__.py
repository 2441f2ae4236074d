"""`python -m bench.schema_registry`: the schema registry over HTTP, and Karapace on the same subjects beside it.

Prints one JSON line per number of subjects with every run, the medians and the ratios. KARAPACE names the command
that starts Karapace; without it the peer is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.page import write_part
from bench.pipeline.report import machine
from bench.schema_registry import ours, peers
from bench.schema_registry.load import Target, measure
from bench.schema_registry.report import BARE, COLD_START, OURS, PEER, QUESTIONS, Figures, write_report
from hub.schema_registry.transfer.contents import Contents

_SHARED = tuple(name for name in QUESTIONS if name != COLD_START and "_managed" not in name and "_key" not in name)


class Bench:
    """Servers over the same subjects, started one after the other, then asked in turns."""

    def __init__(self, subjects: int, folder: Path, stack: ExitStack) -> None:
        self.figures = Figures(subjects)
        self._folder, self._stack = folder, stack
        self._targets: dict[str, tuple[Target, Sequence[str]]] = {}

    def add_ours(self, *, registries: bool, starts: int) -> Contents:
        """A hub; what it holds."""
        name = OURS if registries else BARE
        folder = self._folder / ("hub" if registries else "bare")
        settings = ours.environment(folder)
        target, contents = ours.fill(settings, self.figures.subjects, registries=registries)
        address = self._start(name, lambda: ours.served(settings, folder), starts)
        questions = tuple(one for one in QUESTIONS if one != COLD_START) if registries else _SHARED
        self._targets[name] = replace(target, address=address), questions
        return contents

    def add_karapace(self, contents: Contents, kafka: str, *, starts: int) -> None:
        """Karapace with what the hub holds."""
        topic = f"_schemas_{self.figures.subjects}"
        peers.fill(kafka, topic, contents)
        address = self._start(PEER, lambda: peers.served(kafka, topic, self._folder), starts)
        self._targets[PEER] = replace(self._targets[OURS][0], address=address, mount=""), _SHARED

    def _start(self, name: str, serve: Callable[[], AbstractContextManager[tuple[str, float]]], starts: int) -> str:
        """Start a server `starts` times and once more before, which compiles its modules; the last one stays."""
        for turn in range(starts):
            with serve() as (_, started_s):
                if turn:
                    self.figures.add(name, COLD_START, started_s)
        address, started_s = self._stack.enter_context(serve())
        self.figures.add(name, COLD_START, started_s)
        return address

    def ask(self, questions: Sequence[str], *, repeats: int, seconds: float) -> None:
        """Every question to every server, in turns."""
        for question in questions:
            for turn in range(repeats):
                for name, (target, answered) in self._targets.items():
                    if question in answered:
                        found = measure(target, question, turn=turn, seconds=seconds)
                        self.figures.add(name, question, found)


def bench(subjects: int, asked: argparse.Namespace) -> Figures:
    """The figures for one number of subjects."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        made = Bench(subjects, Path(name), stack)
        contents = made.add_ours(registries=True, starts=asked.starts)
        if not asked.without_bare:
            made.add_ours(registries=False, starts=asked.starts)
        if os.environ.get(peers.COMMAND):
            kafka = stack.enter_context(peers.opened_kafka(Path(name)))
            made.add_karapace(contents, kafka, starts=asked.starts)
        else:
            sys.stderr.write(f"{peers.COMMAND} names no command that starts Karapace: the peer is not there\n")
        made.ask(asked.questions, repeats=asked.repeats, seconds=asked.seconds)
        return made.figures


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="bench.schema_registry", description=__doc__)
    parser.add_argument("--subjects", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each run takes")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each question")
    parser.add_argument("--starts", type=int, default=3, help="cold starts of each server")
    parser.add_argument("--without-bare", action="store_true", help="leave out the hub without registries")
    parser.add_argument("--questions", nargs="+", default=[one for one in QUESTIONS if one != COLD_START])
    parser.add_argument("--write", type=Path, help="the page whose part about the schema registry is replaced")
    asked = parser.parse_args()
    found = []
    for subjects in asked.subjects:
        one = bench(subjects, asked)
        found.append(one)
        told = {"subjects": subjects, "medians": one.medians(), "times_faster": one.ratios(), "runs": one.runs}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    part = write_report(found, now=datetime.now(UTC), machine=machine(), repeats=asked.repeats)
    sys.stdout.write(part)
    if asked.write:
        write_part(asked.write, part)


if __name__ == "__main__":
    main()
