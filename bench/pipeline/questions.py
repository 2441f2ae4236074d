"""The questions of this benchmark, each measured in processes of their own, one after the other."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.pipeline.latency import measure_latency
from bench.pipeline.material import Stock, fill
from bench.pipeline.peers.connect import measure_connect
from bench.pipeline.peers.quix import measure_quix
from bench.pipeline.servers import Servers
from hub.log.open import open_log

DATABASES = ("sqlite", "postgresql")
LATENCY_EVENTS = 10_000
LATENCY_PER_SECOND = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    events: int
    repeats: int
    million: int
    data: Path | None
    million_databases: tuple[str, ...] = DATABASES


@dataclass(slots=True)
class Bench:
    """Asks the questions and keeps the answers."""

    servers: Servers
    plan: Plan
    answers: dict[str, Any] = field(default_factory=dict)

    def fill(self, *stocks: Stock, keys: int) -> None:
        """Put the events of `stocks` into the log."""
        log = open_log(self.servers.log_url)
        fill(log, stocks, folder=self.servers.folder, data=self.plan.data, keys=keys)
        log.close()

    def apply(self, what: str, database: str, *stocks: Stock) -> dict[str, Any]:
        """Run one child over `stocks` into an empty database."""
        url = self.servers.new_database(database, f"bench_{what}")
        task = {"what": what, "log": self.servers.log_url, "database": url, "stocks": [asdict(one) for one in stocks]}
        command = [sys.executable, "-W", "ignore", "-m", "bench.pipeline.child", json.dumps(task)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{what} on {database} failed:\n{done.stderr[-3000:]}")
        found: dict[str, Any] = json.loads(done.stdout)
        found["per_second"] = found["events"] / found["seconds"]
        return found

    def median(self, what: str, database: str, stock: Stock) -> dict[str, float]:
        """The medians of the repeated runs."""
        runs = [self.apply(what, database, stock) for _ in range(self.plan.repeats)]
        return {
            name: statistics.median(one[name] for one in runs) for name in ("per_second", "cpu_seconds", "peak_mib")
        }

    # the questions

    def throughput(self) -> None:
        """Events a second of runner and straight loop, taking turns so that a slow minute hits both."""
        for signed in (False, True):
            stock = Stock("air-signed" if signed else "air", self.plan.events, signed=signed)
            self.fill(stock, keys=self.plan.events // 2)
            name = "signed" if signed else "unsigned"
            self.answers[name] = {database: self._pair(database, stock) for database in DATABASES}

    def _pair(self, database: str, stock: Stock) -> dict[str, Any]:
        runs: dict[str, list[dict[str, Any]]] = {"straight": [], "runner": []}
        for _ in range(1 if stock.signed else self.plan.repeats):
            for what, found in runs.items():
                found.append(self.apply(what, database, stock))
        answer: dict[str, Any] = {}
        for what, found in runs.items():
            answer[what] = statistics.median(one["per_second"] for one in found)
            answer[f"{what}_cpu_us"] = statistics.median(1e6 * one["cpu_seconds"] / one["events"] for one in found)
        pairs = zip(runs["runner"], runs["straight"], strict=True)
        answer["ratio"] = statistics.median(ours["per_second"] / theirs["per_second"] for ours, theirs in pairs)
        return answer

    def peers(self) -> None:
        """What only upserts, on the same topic."""
        stock = Stock("air", self.plan.events)
        if "unsigned" not in self.answers:
            self.fill(stock, keys=self.plan.events // 2)
        for name, measure in (("quix", measure_quix), ("connect", measure_connect)):
            rates = [measure(self.servers, stock).per_second for _ in range(self.plan.repeats)]
            self.answers[name] = statistics.median(rates)

    def million(self) -> None:
        """Memory over very many events, and whether the last tenth costs what the first did."""
        stock = Stock("air-million", self.plan.million)
        self.fill(stock, keys=self.plan.million // 10)
        self.answers["million"] = {
            database: _course(self.apply("runner", database, stock)) for database in self.plan.million_databases
        }

    def history(self) -> None:
        """Cost per event with 5,000 events a key against two a key."""
        events = self.plan.events // 2
        long, short = Stock("air-long", events), Stock("air-short", events)
        self.fill(long, keys=12)
        self.fill(short, keys=events // 2)
        self.answers["history"] = {
            database: {
                "long": self.median("runner", database, long)["per_second"],
                "short": self.median("runner", database, short)["per_second"],
            }
            for database in DATABASES
        }

    def partitions(self) -> None:
        """Two partitions against one, on PostgreSQL."""
        one, two = Stock("air-one", self.plan.events), Stock("air-two", self.plan.events, partitions=2)
        self.fill(one, two, keys=self.plan.events // 2)
        runs = [
            (self.apply("runner", "postgresql", one), self.apply("runner", "postgresql", two))
            for _ in range(self.plan.repeats)
        ]
        rates = [statistics.median(run[at]["per_second"] for run in runs) for at in (0, 1)]
        self.answers["partitions"] = {"one": rates[0], "two": rates[1]}

    def registries(self) -> None:
        """The time of ten registries against the time of one."""
        events = self.plan.events // 10
        stocks = [Stock(f"air-{number}", events) for number in range(10)]
        self.fill(*stocks, keys=events // 2)
        self.answers["registries"] = {}
        for database in DATABASES:
            one, ten = self.apply("runner", database, stocks[0]), self.apply("runner", database, *stocks)
            self.answers["registries"][database] = {"one_s": one["seconds"], "ten_s": ten["seconds"]}

    def latency(self) -> None:
        """From before the append to the commit that makes it readable."""
        self.answers["latency"] = {}
        for database in DATABASES:
            stock = Stock(f"air-late-{database}", 0)
            self.fill(stock, keys=12)
            url = self.servers.new_database(database, "bench_latency")
            found = measure_latency(
                self.servers, stock, url, events=LATENCY_EVENTS, per_second=LATENCY_PER_SECOND, data=self.plan.data
            )
            ordered = sorted(found)
            self.answers["latency"][database] = {
                "median_ms": 1000 * statistics.median(ordered),
                "p99_ms": 1000 * ordered[int(0.99 * len(ordered))],
            }


def _course(run: dict[str, Any]) -> dict[str, Any]:
    """Peak memory, and the rate of the first and the last tenth."""
    marks, events = run["marks"], run["events"]
    return {
        "events": events,
        "per_second": run["per_second"],
        "peak_mib": run["peak_mib"],
        "first_tenth": _rate(marks, 0, events // 10),
        "last_tenth": _rate(marks, events - events // 10, events),
        "memory_mib": [round(next(one[2] for one in marks if one[0] >= events * part // 10)) for part in range(1, 11)],
    }


def _rate(marks: list[list[float]], start: int, end: int) -> float:
    first = next((one for one in reversed(marks) if one[0] <= start), [0, 0.0])
    last = next(one for one in marks if one[0] >= end)
    return (last[0] - first[0]) / (last[1] - first[1])


QUESTIONS = ("throughput", "peers", "million", "history", "partitions", "registries", "latency")
