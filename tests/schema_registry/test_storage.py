"""Storage: acknowledged before answered, one id per content, restored from the log alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from hub.control import claims
from hub.control.reader import ControlReader
from hub.control.store import ControlStore
from hub.log.errors import LogUnavailable
from hub.log.interface import Log
from hub.registries.database import open_database
from hub.schema_registry.store import SchemaStore
from tests.control.test_store import DEFINITION, add_water, well_schema
from tests.schema_registry.client import RegistryClient, client_of, optional, record

V1, V2 = record("name"), record("name", optional("mail"))


class BrokenLog:
    """A log that takes nothing while it is away."""

    def __init__(self, log: Log) -> None:
        self.log, self.away = log, False

    def append(self, records: Any) -> Any:
        if self.away:
            raise LogUnavailable("no broker")
        return self.log.append(records)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def fill(client: RegistryClient) -> None:
    client.put("/config", {"compatibility": "FULL"})
    client.register("a", V1, metadata={"properties": {"owner": "x"}})
    client.register("a", V2)
    client.register("b", V1)
    client.register(":.other:c", V1)
    client.delete("/subjects/b")
    client.delete("/subjects/b?permanent=true")
    client.delete("/subjects/a/versions/1")
    client.put("/mode/a", {"mode": "READONLY"})


def everything(client: RegistryClient) -> list[Any]:
    paths = ["/schemas?deleted=true", "/subjects?deleted=true", "/config", "/mode/a", "/contexts"]
    return [client.get(path).json for path in paths]


def test_an_empty_database_is_restored_from_the_log(client: RegistryClient, log: Log, tmp_path: Path) -> None:
    fill(client)
    restored = client_of(SchemaStore(open_database(f"sqlite:///{tmp_path / 'other.sqlite'}"), log, now=lambda: 0))
    assert everything(restored) == everything(client)
    restored.put("/mode/a", {"mode": "READWRITE"})
    assert restored.register("new", record("other")).json["id"] == 4


def test_nothing_is_answered_or_readable_before_the_log_has_it(engine: Engine, log: Log) -> None:
    broken = BrokenLog(log)
    client = client_of(SchemaStore(engine, broken, now=lambda: 0))
    broken.away = True
    assert client.register("a", V1).error == (500, 50001)
    assert client.get("/subjects").json == []
    assert client.get("/schemas/ids/1").error == (404, 40403)
    broken.away = False
    assert client.register("a", V1).json["id"] == 1
    assert client.get("/subjects").json == ["a"]


def test_what_one_process_writes_another_reads_at_once(open_store: Callable[[], SchemaStore]) -> None:
    one, other = client_of(open_store()), client_of(open_store())
    one.register("a", V1)
    assert other.get("/subjects").json == ["a"]
    assert other.register("a", V2).json == one.register("a", V2).json


def test_ids_are_gapless_and_one_per_content_under_many_writers(open_store: Callable[[], SchemaStore]) -> None:
    clients = [client_of(open_store()) for _ in range(3)]
    replies: list[Any] = []

    def write(number: int) -> None:
        for step in range(6):
            shared = record(f"f{step % 3}")
            replies.append(clients[number % 3].register(f"own-{number}-{step}", record(f"own{number}x{step}")))
            replies.append(clients[number % 3].register(f"shared-{number}-{step}", shared))
            replies.append(clients[number % 3].register(f"one-{step}", shared))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(9)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status for one in replies} == {200}
    ids = {(one["id"], one["schema"]) for one in clients[0].get("/schemas").json}
    assert sorted(number for number, _ in ids) == list(range(1, 9 * 6 + 3 + 1))
    assert [clients[1].get(f"/subjects/one-{step}/versions").json for step in range(6)] == [[1]] * 6


def test_registries_and_free_subjects_share_one_space_of_ids(
    open_store: Callable[[], SchemaStore], engine: Engine, log: Log
) -> None:
    client = client_of(open_store())
    client.register("a", V1)
    control = ControlStore(engine, log, now=lambda: 0)
    add_water(control)
    control.define_registry(DEFINITION.format(version=1), [well_schema()])
    assert control.state.subjects["city.wells.WellDug"][0].id == 2
    assert client.register("b", V2).json["id"] == 3
    state = ControlReader(log).catch_up()
    assert [state.is_free_schema(one) for one in (0, 1, 2, 3, 4)] == [False, True, False, True, False]


def test_a_free_subject_may_hold_what_a_registry_registered_and_shares_its_id(
    open_store: Callable[[], SchemaStore], engine: Engine, log: Log
) -> None:
    client = client_of(open_store())
    client.register("a", well_schema())
    control = ControlStore(engine, log, now=lambda: 0)
    assert control.register_schema(well_schema()).id == 1
    assert client.register("b", well_schema()).json["id"] == 1


def test_a_subject_a_registry_names_is_read_only_here(
    open_store: Callable[[], SchemaStore], engine: Engine, log: Log
) -> None:
    control = ControlStore(engine, log, now=lambda: 0)
    add_water(control)
    control.define_registry(DEFINITION.format(version=1), [well_schema()])
    client = client_of(open_store())
    found = client.get("/subjects/city.wells.WellDug/versions/latest").json
    assert (found["id"], json.loads(found["schema"])["name"]) == (1, "WellDug")
    refused = client.register("city.wells.WellDug", well_schema(doc="x"))
    assert refused.error == (403, 40301)
    assert "wells" in refused.json["message"]
    assert client.delete("/subjects/city.wells.WellDug").error == (403, 40301)
    assert client.put("/config/city.wells.WellDug", {"compatibility": "NONE"}).error == (403, 40301)
    assert client.put("/mode/city.wells.WellDug", {"mode": "READONLY"}).error == (403, 40301)


def test_a_database_of_a_time_before_claims_is_filled_from_its_events(
    open_store: Callable[[], SchemaStore], engine: Engine
) -> None:
    client = client_of(open_store())
    client.register("a", V1)
    client.register("b", V2)
    claims.metadata.drop_all(engine)
    again = client_of(open_store())
    assert again.register("c", V2).json["id"] == 2
    assert again.register("d", record("other")).json["id"] == 3
