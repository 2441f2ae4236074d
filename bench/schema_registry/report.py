"""The figures as a part of the page of benchmarks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from bench.page import SCHEMA_REGISTRY

COLD_START = "cold_start_s"
QUESTIONS = {
    "by_id": "schema by id",
    "by_id_key": "schema by id, a key shown",
    "by_id_managed": "managed schema by id",
    "latest": "latest version of a subject",
    "latest_key": "latest version, a key shown",
    "latest_managed": "latest version of a managed subject",
    "look_up": "look-up of a schema under its subject (POST)",
    "register": "registration of a new schema under a new subject",
    "list": "list of all subjects",
    COLD_START: "**cold start, seconds**",
}
OURS, BARE, PEER = "the hub", "the hub without registries", "Karapace"
_PEER_MISSING = "Karapace was not there (KARAPACE names the command that starts it), so nothing is compared with it."


@dataclass
class Figures:
    """Of one number of subjects: by server and question what each run gave."""

    subjects: int
    runs: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)

    def add(self, server: str, question: str, figure: float) -> None:
        """One run more."""
        self.runs.setdefault(server, {}).setdefault(question, []).append(figure)
        self.loads.append(os.getloadavg()[0])

    def medians(self) -> dict[str, dict[str, float]]:
        """By server and question."""
        return {server: {name: median(runs) for name, runs in asked.items()} for server, asked in self.runs.items()}

    def ratios(self) -> dict[str, float]:
        """How many times faster the hub is than the peer, by question."""
        found = self.medians()
        ours, peer = found.get(OURS, {}), found.get(PEER, {})
        return {
            name: round(peer[name] / ours[name] if name == COLD_START else ours[name] / peer[name], 1)
            for name in ours
            if peer.get(name)
        }


def write_report(figures: Sequence[Figures], *, now: datetime, machine: str, repeats: int) -> str:
    """The part in Markdown."""
    text = [SCHEMA_REGISTRY, "", _head(figures, now=now, machine=machine, repeats=repeats)]
    for one in figures:
        text += ["", *_table(one)]
    if all(PEER not in one.runs for one in figures):
        text += ["", _PEER_MISSING]
    return "\n".join(text) + "\n"


def _head(figures: Sequence[Figures], *, now: datetime, machine: str, repeats: int) -> str:
    loads = [load for one in figures for load in one.loads]
    return (
        "`python -m bench.schema_registry --write docs/benchmarks.md` measures this part and writes it.\n\n"
        f"Measured {now:%Y-%m-%d %H:%M} UTC on {machine}, which the load generator shares; load average "
        f"{min(loads):.1f} to {max(loads):.1f}. Requests a second, medians of {repeats} runs in which the servers take "
        "turns: four clients that read (one that lists), sixteen that register. The hub is as `make run` starts it "
        "(two processes, embedded log and database), with the packaged registries defined beside the free subjects; "
        "Karapace runs on Apache Kafka with the same subjects under the same ids. A start is measured until a schema "
        "is answered (Karapace: until it has read its topic), with modules that were compiled before."
    )


def _table(figures: Figures) -> list[str]:
    medians, ratios = figures.medians(), figures.ratios()
    servers = [one for one in (OURS, BARE, PEER) if one in medians]
    names = [f"{figures.subjects:,} subjects", *servers, *(["times faster"] if ratios else [])]
    rows = ["| " + " | ".join(names) + " |", "|---|" + "--:|" * (len(names) - 1)]
    for question, title in QUESTIONS.items():
        if any(question in medians[one] for one in servers):
            cells = [title, *(_cell(medians[one], question) for one in servers)]
            cells += [f"{ratios[question]:,.1f}" if question in ratios else ""] if ratios else []
            rows.append("| " + " | ".join(cells) + " |")
    return rows


def _cell(found: Mapping[str, float], question: str) -> str:
    if question not in found:
        return ""
    return f"{found[question]:,.2f}" if question == COLD_START else f"{found[question]:,.0f}"
