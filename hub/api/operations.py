"""`/healthz`, `/readyz` and `/metrics`.

What is told of registries is read from the database at each scrape, so that every process of the server
gives the same numbers; counts and times of requests are each process's own, and say which (`worker`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, select

from hub.api.answers import json_answer
from hub.api.context import ApiContext
from hub.registries.freshness import read_standing
from hub.registries.live import LiveBuild, find_live
from hub.registries.snapshots import open_snapshot
from hub.registries.tables import checkpoints

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection is. `lag` is in events, None where the log was not asked."""

    registry: str
    live: LiveBuild | None
    lag: int | None

    def trouble(self, *, now: int, lag_limit_s: int) -> dict[str, Any] | None:
        """Why the projection is not ready, or None."""
        if self.live is None:
            return {"registry": self.registry, "reason": "not-begun"}
        if self.live.stopped_reason is not None:
            return {"registry": self.registry, "reason": "stopped", "because": self.live.stopped_reason}
        behind_s = (now - self.live.updated_at) // _SECOND
        if self.lag and behind_s > lag_limit_s:
            return {"registry": self.registry, "reason": "behind", "events": self.lag, "seconds": behind_s}
        return None


def create_blueprint(context: ApiContext) -> Blueprint:
    """The routes of operations."""
    blueprint = Blueprint("operations", __name__)
    requests = CollectorRegistry()

    def healthz() -> Response:
        """This process answers."""
        return json_answer({"status": "ok"})

    def readyz() -> Response:
        """Every projection keeps up; else 503 saying which does not, and why."""
        found = [one.trouble(now=context.now(), lag_limit_s=context.lag_limit_s) for one in read_progress(context)]
        troubles = [one for one in found if one is not None]
        told = {"status": "not-ready" if troubles else "ready", "projections": troubles}
        return json_answer(told, status=503 if troubles else 200)

    def metrics() -> Response:
        """The Prometheus exposition."""
        registries = CollectorRegistry()
        registries.register(_Gauges(context))
        return Response(generate_latest(registries) + generate_latest(requests), content_type=CONTENT_TYPE_LATEST)

    for view in (healthz, readyz, metrics):
        blueprint.add_url_rule(f"/{view.__name__}", view_func=view, methods=["GET"])
    blueprint.record_once(lambda state: _measure_requests(cast(Flask, state.app), requests))
    return blueprint


def read_progress(context: ApiContext) -> list[Progress]:
    """How far the projection of every defined registry is."""
    found = []
    with open_snapshot(context.engine) as connection:
        for name, definition in sorted(context.control().definitions.items()):
            live = find_live(connection, definition)
            found.append(Progress(name, live, _lag(context, connection, live)))
    return found


def _lag(context: ApiContext, connection: Connection, live: LiveBuild | None) -> int | None:
    if context.log_ends is None or live is None:
        return None
    of_build = (checkpoints.c.registry == live.registry, checkpoints.c.build == live.build)
    text = connection.execute(select(checkpoints.c.positions).where(*of_build)).scalar_one()
    positions: dict[str, int] = json.loads(text)
    ends = context.log_ends(live.definition.topics)
    return sum(max(0, end - positions.get(f"{topic}:{partition}", 0)) for (topic, partition), end in ends.items())


class _Gauges:
    """Collects the gauges of every registry when it is scraped."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        families = {
            name: GaugeMetricFamily(f"hub_registry_{name}", text, labels=["registry"]) for name, text in _GAUGES.items()
        }
        for progress in read_progress(self._context):
            for name, value in self._values(progress).items():
                families[name].add_metric([progress.registry], value)
        yield from families.values()

    def _values(self, progress: Progress) -> dict[str, float]:
        if progress.live is None:
            return {"up": 0}
        with open_snapshot(self._context.engine) as connection:
            standing = read_standing(connection, progress.live)
        values: dict[str, float] = {
            "up": int(progress.live.stopped_reason is None),
            "records": standing.records,
            "entries": progress.live.last_entry,
            "dead_letters": standing.dead_letters,
            "missing_sequences": sum(one.holes for one in standing.sources),
            "cadence_seconds": progress.live.definition.cadence_s,
        }
        if standing.last_heard_at is not None:
            values["last_heard_seconds"] = (self._context.now() - standing.last_heard_at) / _SECOND
        return values | ({} if progress.lag is None else {"lag_events": progress.lag})


_GAUGES = {
    "up": "1 while the projection runs, 0 where it was stopped or not begun",
    "records": "Records valid now",
    "entries": "Entries accepted",
    "dead_letters": "Events set aside and not decided",
    "missing_sequences": "Sequence numbers of sources never seen",
    "lag_events": "Events in the log not yet applied",
    "last_heard_seconds": "Seconds since an event was last applied",
    "cadence_seconds": "Seconds between two events as the definition expects them",
}


def _measure_requests(app: Flask, registry: CollectorRegistry) -> None:
    """Count and time every request of `app` in `registry`."""
    labels = ["worker", "endpoint", "method", "status"]
    counted = Counter("hub_requests", "Requests answered", labels, registry=registry)
    timed = Histogram(
        "hub_request_seconds", "Time to answer", ["worker", "endpoint"], registry=registry, buckets=_BUCKETS_S
    )

    @app.before_request
    def start() -> None:
        g.started_at = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        worker, endpoint = str(os.getpid()), request.endpoint or "none"
        counted.labels(worker, endpoint, request.method, str(response.status_code)).inc()
        if "started_at" in g:
            timed.labels(worker, endpoint).observe(time.perf_counter() - g.started_at)
        return response


_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 60)
