"""Registries to be moved: one with something of everything, random ones, and what a registry answers to all reads."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub.control.store import ControlStore
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.standing import read_standing
from tests.schema_registry.client import RegistryClient, client_of, record

METADATA = {"properties": {"owner": "water"}, "tags": {"/fields/0": ["PII"]}, "sensitive": ["owner"]}
RULES = {"domainRules": [{"name": "r", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "true"}]}
EVERY = "subjectPrefix=%3A%2A%3A&deleted=true"


@dataclass(frozen=True)
class Town:
    """One hub's schema registry."""

    store: SchemaStore
    client: RegistryClient

    @property
    def contents(self) -> Contents:
        return read_standing(self.store.engine)


@contextmanager
def opened_town(folder: Path) -> Iterator[Town]:
    """A registry over a log and a database in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    log, engine = open_log(f"sqlite:///{folder / 'log.sqlite'}"), open_database(f"sqlite:///{folder / 'hub.sqlite'}")
    ticks = itertools.count(1_700_000_000_000_000, 1_000_000)
    try:
        store = SchemaStore(engine, log, now=lambda: next(ticks))
        yield Town(store, client_of(store))
    finally:
        engine.dispose()
        log.close()


def govern(town: Town, folder: Path) -> None:
    """Define a registry in the town of `folder`, whose subjects are managed from then on."""
    log, wells = open_log(f"sqlite:///{folder / 'log.sqlite'}"), Path("examples/wells")
    control = ControlStore(town.store.engine, log, now=lambda: 1)
    control.add_department(code="water", organisation="W1", name_vi="a", name_en="a", contact="a")
    schemas = [one.read_text() for one in sorted((wells / "avsc/wells").glob("*.avsc"))]
    control.define_registry((wells / "registries/wells.yaml").read_text(), schemas)
    town.store.settle()
    log.close()


def fill(client: RegistryClient) -> None:
    """Versions, some deleted softly, one for good; references, also of a context; metadata, rules, settings, modes."""
    done = [
        client.register("address", record("street", name="Address", namespace="town")),
        client.register("people-value", person("name"), references=[reference("address", 1)]),
        client.register("people-value", person("name", "phone"), references=[reference("address", 1)]),
        client.register("people-value", person("name"), references=[reference("address", 1)], metadata=METADATA),
        client.delete("/subjects/people-value/versions/1"),
        client.register("gone", '"string"'),
        client.delete("/subjects/gone"),
        client.register("purged", '"bytes"'),
        client.delete("/subjects/purged"),
        client.delete("/subjects/purged?permanent=true"),
        client.register(
            "rạp/chiếu phim", {"type": "enum", "name": "Hall", "symbols": ["A", "B"], "doc": "phòng\u2028chiếu"}
        ),
        client.register("ruled", record("a", name="Ruled"), ruleSet=RULES),
        client.register(":.moved:address", record("street", "house", name="Address", namespace="town")),
        client.register(":.moved:people", person("name"), references=[reference("address", 1)]),
        client.register("neat", record({"name": "n", "type": {"type": "int"}}, name="town.Neat"), "?normalize=true"),
        client.register("copy", '"string"'),
        client.put("/config/people-value", {"compatibility": "FULL", "normalize": True}),
        client.put("/config", {"compatibility": "NONE"}),
        client.put("/config/%3A.moved%3A", {"compatibility": "FORWARD"}),
        client.put("/mode/gone", {"mode": "READONLY"}),
        client.put("/mode/%3A.moved%3A", {"mode": "READONLY"}),
    ]
    assert [one.text for one in done if one.status != 200] == []


def person(*names: str) -> dict[str, Any]:
    fields = [{"name": one, "type": "string", "default": ""} for one in names]
    return record(*fields, {"name": "at", "type": "town.Address"}, name="Person")


def reference(subject: str, version: int) -> dict[str, Any]:
    return {"name": "town.Address", "subject": subject, "version": version}


def fill_at_random(client: RegistryClient, chance: random.Random) -> None:
    """A dozen random changes; some are refused, as it happens."""
    for _ in range(12):
        subject = chance.choice(("a", "b", ":.c:a", ":.c:b", ":.d:ü/1"))
        path = quote(subject, safe="")
        match chance.randrange(8):
            case 0:
                client.delete(f"/subjects/{path}/versions/{chance.randint(1, 3)}")
            case 1:
                client.delete(f"/subjects/{path}")
            case 2:
                client.delete(f"/subjects/{path}?permanent=true")
            case 3:
                level = chance.choice(("NONE", "FULL", "BACKWARD"))
                client.put(chance.choice(("/config", f"/config/{path}", "/config/%3A.c%3A")), {"compatibility": level})
            case 4:
                mode = chance.choice(("READWRITE", "READONLY"))
                client.put(chance.choice((f"/mode/{path}", "/mode/%3A.d%3A")), {"mode": mode})
            case _:
                _register_at_random(client, subject, chance)


def _register_at_random(client: RegistryClient, subject: str, chance: random.Random) -> None:
    names = chance.sample(("x", "y", "z"), chance.randint(0, 2))
    members: dict[str, Any] = {"metadata": METADATA} if chance.random() < 0.3 else {}
    schema = record(*[{"name": one, "type": "int", "default": 0} for one in names], name="town.Address")
    if chance.random() < 0.3:
        schema = person(*names)
        members["references"] = [reference(chance.choice("ab"), chance.randint(1, 2))]
    client.register(subject, schema, chance.choice(("", "?normalize=true")), **members)


def answers(client: RegistryClient) -> dict[str, Any]:
    """What the registry answers to every read, by path; without the times at which it was told."""
    versions = client.get(f"/schemas?{EVERY}").json
    subjects = client.get(f"/subjects?{EVERY}").json
    contexts = client.get("/contexts").json
    paths = ["/contexts", f"/subjects?{EVERY}", "/subjects?deletedOnly=true", "/subjects", f"/schemas?{EVERY}"]
    paths += ["/schemas?latestOnly=true", "/config", "/mode"]
    for scope in [*[f":{one}:" for one in contexts if one != "."], *subjects]:
        paths += [
            f"/{name}/{quote(scope, safe='')}{query}"
            for name in ("config", "mode")
            for query in ("", "?defaultToGlobal=true")
        ]
    for subject in subjects:
        at = f"/subjects/{quote(subject, safe='')}/versions"
        paths += [at, f"{at}?deleted=true", f"{at}?deletedOnly=true", f"{at}/latest"]
    for one in versions:
        at = f"/subjects/{quote(one['subject'], safe='')}/versions/{one['version']}"
        context = one["subject"][1:].partition(":")[0] if one["subject"].startswith(":.") else "."
        by_id = f"/contexts/{context}/schemas/ids/{one['id']}"
        paths += [at, f"{at}?deleted=true", f"{at}/schema?deleted=true", f"{at}/referencedby?deleted=true"]
        paths += [by_id, f"{by_id}/schema", f"{by_id}/subjects?deleted=true", f"{by_id}/versions?deleted=true"]
        paths += [f"/schemas/guids/{one['guid']}", f"/schemas/guids/{one['guid']}/ids"]
    return {path: _without_times(client.get(path)) for path in dict.fromkeys(paths)}


def _without_times(reply: Any) -> Any:
    return reply.status, json.loads(json.dumps(reply.json), object_hook=_without_time)


def _without_time(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "ts"}
