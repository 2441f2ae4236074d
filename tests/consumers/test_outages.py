"""What a running process does while its database is away, and while a registry is rebuilt under it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from consumers.rebuild import rebuild
from consumers.runner import now_micros
from hub.api import native, operations
from hub.api.context import ApiContext
from hub.api.problems import install_problem_handlers
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import builds, checkpoints
from ops.postgres.server import PostgresServer
from schemas.definition import Text
from tests.consumers.conftest import Town
from tests.consumers.test_process import consumers, wait_for
from tests.workload import changed, found_city, registered

KEYS = 40
PATH = "/api/v1/registries/places"


def client_of(town: Town) -> Any:
    """A client of the API over the town's database."""
    app = Flask("outages")
    context = ApiContext(
        engine=town.engine,
        control=lambda: town.city.state,
        now=now_micros,
        zone=ZoneInfo("Asia/Ho_Chi_Minh"),
        base_url="https://hub.example",
        title=Text("Thử", "Test"),
    )
    for part in (native, operations):
        app.register_blueprint(part.create_blueprint(context))
    install_problem_handlers(app)
    return app.test_client()


@pytest.fixture
def served(tmp_path: Path, postgres_node: PostgresServer) -> Iterator[Town]:
    """A town whose database is a PostgreSQL that may be stopped."""
    log = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    engine = open_database(postgres_node.create_database("outages"))
    yield Town(found_city(log, tmp_path), log, engine, tmp_path)
    engine.dispose()
    log.close()


@pytest.mark.postgres
@pytest.mark.timeout(180)
def test_a_database_that_goes_away_is_waited_for(served: Town, postgres_node: PostgresServer) -> None:
    client = client_of(served)
    with consumers(served):
        served.city.tell([registered(1, "a")])
        wait_for(lambda: any(row.registry == served.registry for row in served.rows(builds)))
        wait_for(lambda: served.current() == ["a"])
        assert client.get("/readyz").status_code == 200
        postgres_node.stop()
        served.city.tell([registered(2, "b")])
        wait_for(lambda: client.get("/readyz").status_code == 503)
        assert client.get("/readyz").get_json()["code"] == "database-unavailable"
        postgres_node.start()
        wait_for(lambda: client.get("/readyz").status_code == 200)
        wait_for(lambda: served.current() == ["a", "b"])
    assert served.reasons() == []
    assert served.checkpoint().stopped_reason is None


class Reader:
    """Asks for all records again and again; keeps what must not be."""

    def __init__(self, town: Town) -> None:
        self.troubles: list[str] = []
        self.answers = 0
        self._entry = 0
        self._town = town

    def run(self, stop: threading.Event) -> None:
        client = client_of(self._town)
        while not stop.is_set():
            self.look(client.get(f"{PATH}/records?limit=1000"))

    def look(self, answer: Any) -> None:
        self.answers += 1
        if answer.status_code != 200:
            self.troubles.append(f"{answer.status_code} {answer.get_data(as_text=True)}")
            return
        page = answer.get_json()
        rounds = {record["name"] for record in page["records"]}
        keys = [record["key"] for record in page["records"]]
        if keys != [f"k{number:03}" for number in range(KEYS)] or page["total"] != KEYS:
            self.troubles.append(f"a gap: {len(keys)} of {KEYS} records")
        if len(rounds) > 2:
            self.troubles.append(f"states of several moments in one page: {sorted(rounds)}")


def reached(town: Town) -> int:
    """The last entry of the live build."""
    return next(int(row.last_entry) for row in town.rows(checkpoints) if row.build == town.build)


def tell_rounds(town: Town, stop: threading.Event) -> None:
    """Rename every record, round after round: no page may hold the names of more than two rounds."""
    number = KEYS
    while not stop.is_set():
        for key in range(KEYS):
            number += 1
            town.city.tell([changed(number, f"k{key:03}", valid_from=number, name=f"round {(number - 1) // KEYS}")])


def test_readers_see_no_gap_while_a_registry_is_rebuilt_under_load(town: Town) -> None:
    town.now = now_micros()
    town.tell(*(registered(one + 1, f"k{one:03}", valid_from=one, name="round 0") for one in range(KEYS)))
    stop, readers = threading.Event(), [Reader(town) for _ in range(2)]
    threads = [threading.Thread(target=one.run, args=(stop,), daemon=True) for one in readers]
    threads.append(threading.Thread(target=tell_rounds, args=(town, stop), daemon=True))
    with consumers(town):
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = reached(town)
            wait_for(lambda before=before: reached(town) > before)  # type: ignore[misc]
            rebuild(town.registry, town.log, town.engine)
        stop.set()
        for thread in threads:
            thread.join(10)
    assert [one.troubles[:1] for one in readers] == [[], []]
    assert min(one.answers for one in readers) > 3
    assert town.build == 4


_KILLED = """
import sys
from consumers.rebuild import rebuild
from consumers.replay import Replay
from hub.log.open import open_log
from hub.registries.database import open_database
apply = Replay.apply
def die(*arguments, **options):
    apply(*arguments, **options)
    print("applied", flush=True)
    sys.stdin.read()
Replay.apply = die
rebuild("places", open_log(sys.argv[1]), open_database(sys.argv[2]))
"""


def test_a_rebuild_killed_in_the_middle_is_run_again(town: Town) -> None:
    town.tell(*(registered(one, f"k{one}") for one in range(1, 50)))
    before = town.hash()
    arguments = [f"sqlite:///{town.folder / 'log.sqlite'}", str(town.engine.url)]
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "applied\n"
    process.kill()
    process.communicate()
    assert sorted(row.status for row in town.rows(builds)) == ["building", "live"]
    assert rebuild(town.registry, town.log, town.engine, clock=lambda: now_micros() + 3_600_000_000).is_equal
    assert sorted(row.status for row in town.rows(builds)) == ["live", "retired"]
    assert (town.hash(), len(town.current())) == (before, 49)
