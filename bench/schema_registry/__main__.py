"""`python -m bench.schema_registry [--subjects 2000 50000]`: the schema registry over HTTP, one server at a time.

Fills a fresh hub through the journal, starts the web server on it, measures from client processes of its own,
prints one JSON line per size: look-ups by id, latest, registrations and listings a second, and the cold start.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.control.journal import Change, Journal
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.schema_registry.store import SchemaStore
from schemas.stored_text import Content, stored_text
from tests.schema_registry.serving import served

_AT_ONCE = 1000
_MOUNT = "/schema-registry"
_CLIENTS = 4


def schema(number: int, field: str = "value") -> str:
    """A schema of a few fields, different for each number."""
    fields = [{"name": f"{field}{number}", "type": "string", "doc": "A text."}, {"name": "at", "type": "long"}]
    return json.dumps({"type": "record", "name": "Event", "namespace": "bench", "fields": fields})


def fill(folder: Path, subjects: int) -> None:
    """Register `subjects` subjects of one version each, in the default place of the embedded parts."""
    log, engine = (
        open_log(f"sqlite:///{folder / 'log.sqlite'}"),
        open_database(f"sqlite:///{folder / 'registries.sqlite'}"),
    )
    journal = Journal(engine, log, now=lambda: time.time_ns() // 1000)
    for start in range(1, subjects + 1, _AT_ONCE):
        changes = [registered(number) for number in range(start, min(start + _AT_ONCE, subjects + 1))]
        journal.write(lambda claims, changes=changes: changes, "bench")  # type: ignore[misc]
    SchemaStore(engine, log, now=lambda: 0)
    engine.dispose()
    log.close()


def registered(number: int) -> Change:
    """The event of one registration."""
    content = Content(stored_text(json.loads(schema(number))))
    facts = {"subject": f"s{number}-value", "version": 1, "id": number, "guid": content.guid, "text": content.text}
    return "SubjectVersionRegistered", facts | {"references": [], "metadata": None, "ruleSet": None}


def run(address: str, make: Callable[[int, int], tuple[str, str, str | None]], name: int, seconds: float) -> int:
    """How many requests one client got answered."""
    connection = http.client.HTTPConnection(address, timeout=60)
    answered, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        method, path, body = make(name, answered)
        connection.request(method, _MOUNT + path, body)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200, reply.status
        answered += 1
    return answered


class Load:
    """Requests of one kind against `subjects` subjects."""

    def __init__(self, kind: str, subjects: int) -> None:
        self.kind, self.subjects = kind, subjects

    def __call__(self, name: int, step: int) -> tuple[str, str, str | None]:
        number = 1 + (step * 7919 + name * 104729) % self.subjects
        match self.kind:
            case "by_id":
                return "GET", f"/schemas/ids/{number}", None
            case "latest":
                return "GET", f"/subjects/s{number}-value/versions/latest", None
            case "list":
                return "GET", "/subjects", None
        body = json.dumps({"schema": schema(step, f"new{name}x")})
        return "POST", f"/subjects/new-{name}-{step}/versions", body


def measure(address: str, kind: str, subjects: int, *, clients: int, seconds: float) -> float:
    """Requests a second."""
    with multiprocessing.Pool(clients) as pool:
        began = time.monotonic()
        calls = [(address, Load(kind, subjects), name, seconds) for name in range(clients)]
        answered = pool.starmap(run, calls)
        return round(sum(answered) / (time.monotonic() - began), 1)


def bench(subjects: int, seconds: float) -> dict[str, Any]:
    """The figures for one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, subjects)
        began = time.monotonic()
        with served(folder, workers=2) as url:
            found: dict[str, Any] = {"subjects": subjects, "cold_start_s": round(time.monotonic() - began, 2)}
            address = url.removeprefix("http://").removesuffix(_MOUNT)
            for kind, clients in (("by_id", _CLIENTS), ("latest", _CLIENTS), ("list", 1), ("register", 16)):
                found[f"{kind}_per_s"] = measure(address, kind, subjects, clients=clients, seconds=seconds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--seconds", type=float, default=4.0)
    asked = parser.parse_args()
    for subjects in asked.subjects:
        sys.stdout.write(json.dumps(bench(subjects, asked.seconds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
