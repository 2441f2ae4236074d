"""The answers as a page: medians, the machine, the date."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.pipeline.questions import Plan

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def write_page(answers: dict[str, Any], plan: Plan, *, now: datetime) -> str:
    """The page in Markdown; a question that was not asked has no section."""
    parts = [_head(plan, now), _throughput(answers), _million(answers), _others(answers), _latency(answers)]
    return "\n".join(part for part in parts if part)


def _head(plan: Plan, now: datetime) -> str:
    return f"""# Benchmarks

`make bench` measures all of this in one go and writes this page (`python -m bench.pipeline --write FILE`).

Measured {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC on {machine()}; broker, database, consumer and whoever else was
at work share these cores. {plan.events:,} events of 15 fields over {plan.events // 2:,} keys, Apache Kafka 4.3.1 with
one node and one partition, medians of {plan.repeats} runs that take turns (one run with signatures).
"""


def machine() -> str:
    """Cores, processor and Python of this machine."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}"


def _throughput(answers: dict[str, Any]) -> str:
    if "unsigned" not in answers:
        return ""
    lines = [
        "## Kafka to registry, events a second\n",
        "The straight loop (`bench/pipeline/straight.py`) is written by hand: it decodes, writes entries with the raw",
        "bytes, versions with body and typed columns, and the checkpoint, and checks nothing. The gate is 80 % of it.",
        "With signatures both verify every event.\n",
        "| | SQLite | PostgreSQL |",
        "|---|--:|--:|",
    ]
    for name in ("unsigned", "signed"):
        found = answers.get(name, {})
        if found:
            lines += [
                _row(f"the hub's runner, {name}", found, "runner", "{:,.0f}"),
                _row(f"straight loop, {name}", found, "straight", "{:,.0f}"),
                _row(f"**share of the straight loop, {name}**", found, "ratio", "**{:.0%}**"),
                _row(f"CPU of the runner an event, {name}, µs", found, "runner_cpu_us", "{:.0f}"),
                _row(f"CPU of the straight loop, {name}, µs", found, "straight_cpu_us", "{:.0f}"),
            ]
    ours = answers["unsigned"]["postgresql"]["runner"]
    for name, title in (
        ("quix", "Quix Streams 3.28 with its PostgreSQL sink (upsert only)"),
        ("connect", "Kafka Connect 4.1 with Debezium's JDBC sink 3.3 (upsert only)"),
    ):
        if name in answers:
            lines.append(f"| {title} | | {answers[name]:,.0f} (the hub: {ours / answers[name]:.0%} of it) |")
    return "\n".join(lines) + "\n"


def _row(title: str, found: dict[str, Any], name: str, form: str) -> str:
    cells = " | ".join(form.format(found[database][name]) for database in NAMES)
    return f"| {title} | {cells} |"


def _million(answers: dict[str, Any]) -> str:
    if "million" not in answers:
        return ""
    lines = ["## Very many events\n"]
    for name, one in answers["million"].items():
        lines.append(
            f"- **{NAMES[name]}**, {one['events']:,} events: {one['per_second']:,.0f} a second, the first tenth at "
            f"{one['first_tenth']:,.0f} and the last at {one['last_tenth']:,.0f}; peak memory of the consumer "
            f"{one['peak_mib']:.0f} MiB (resident after each tenth: {', '.join(map(str, one['memory_mib']))})."
        )
    return "\n".join(lines) + "\n"


def _others(answers: dict[str, Any]) -> str:
    lines = []
    for name, one in answers.get("history", {}).items():
        lines.append(
            f"- **History length**, {NAMES[name]}: {one['long']:,.0f} events a second where a key has thousands of "
            f"events, {one['short']:,.0f} where it has two."
        )
    if "partitions" in answers:
        one = answers["partitions"]
        lines.append(f"- **Partitions**, PostgreSQL: {one['one']:,.0f} from one, {one['two']:,.0f} from two.")
    for name, one in answers.get("registries", {}).items():
        lines.append(
            f"- **Ten registries**, {NAMES[name]}: {one['ten_s']:.1f} s against {one['one_s']:.1f} s for one "
            f"({one['ten_s'] / one['one_s']:.1f} times)."
        )
    if not lines:
        return ""
    note = "Fewer events, and one run each where the numbers above are medians.\n"
    return "\n".join(["## How it grows\n", note, *lines]) + "\n"


def _latency(answers: dict[str, Any]) -> str:
    if "latency" not in answers:
        return ""
    lines = ["## From publishing to reading, at 500 events a second\n", "| | SQLite | PostgreSQL |", "|---|--:|--:|"]
    found = answers["latency"]
    lines += [_row("median, ms", found, "median_ms", "{:.0f}"), _row("99th percentile, ms", found, "p99_ms", "{:.0f}")]
    return "\n".join(lines) + "\n"
