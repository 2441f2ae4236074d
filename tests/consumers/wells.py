"""A registry of wells whose next definitions are rehearsed: one restricted field, one union, one enum."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from consumers.hashes import log_hash
from consumers.rehearsals.rehearsal import rehearse
from consumers.runner import ProjectionRunner
from hub.control.governance import FIRST_DRAFT_ID, DeclaredConsumer, Rehearsed
from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.log.interface import Log
from hub.log.open import open_log
from hub.registries.database import open_database
from schemas.avro import parse_record_schema
from schemas.definition import Definition, parse_definition
from tests.consumers.conftest import NOW
from tests.workload import EPOCH, City, Told

SURVEYED, CLOSED = "vn.hue.test.WellSurveyed", "vn.hue.test.WellClosed"
Fields = dict[str, dict[str, Any]]


def _field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    described = {"name": name, "type": kind, "class": "open", "label": {"vi": name, "en": name}, "doc": f"The {name}."}
    return described | ({"default": None} if isinstance(kind, list) else {}) | more


STATE = {"type": "enum", "name": "WellState", "symbols": ["GOOD", "DRY", "CLOSED"]}
FIELDS: Fields = {
    "code": _field("code", "string"),
    "name": _field("name", "string"),
    "depth": _field("depth", ["null", "int"], unit="m"),
    "state": _field("state", STATE),
    "level": _field("level", ["null", "int", "string"], unit="m"),
    "owner": _field("owner", ["null", "string"], **{"class": "restricted"}),
    "meter": _field("meter", ["null", "int", "string"], **{"class": "restricted"}, unit="1"),
}
_CLOSED = {"code": FIELDS["code"]}
_DEFINITION = """
registry: wells
version: {version}
title: {{vi: Giếng, en: Wells}}
description: {{vi: Giếng thử, en: Wells of a test}}
custodian: culture
licence: CC-BY-4.0
attribution: Test
cadence: P1D
limit: P7D
writers: [culture]
partitions: 2
title_field: name
sortable: [name]
search: [name]
events:
  WellSurveyed: {{operation: put, key: {key}}}
"""
_CLOSING = "  WellClosed: {operation: retire, key: code}\n"


def schema_text(fields: Fields, name: str = SURVEYED) -> str:
    """The Avro schema `name` with `fields`."""
    space, short = name.rsplit(".", 1)
    return json.dumps({"type": "record", "name": short, "namespace": space, "doc": "", "fields": list(fields.values())})


def changed_fields(**changes: Mapping[str, Any] | None) -> Fields:
    """The fields of version 1 with attributes changed; None takes a field away, an unknown name adds one."""
    fields: Fields = {name: dict(one) for name, one in FIELDS.items()}
    for name, attributes in changes.items():
        if attributes is None:
            del fields[name]
        else:
            fields[name] = (fields.get(name) or _field(name, attributes["type"])) | dict(attributes)
            if not isinstance(fields[name]["type"], list) and "default" not in attributes:
                fields[name].pop("default", None)
    return fields


def definition_text(version: int, *, key: str = "code", closing: bool = True) -> str:
    return _DEFINITION.format(version=version, key=key) + (_CLOSING if closing else "")


def candidate(fields: Fields = FIELDS, *, version: int = 2, key: str = "code", closing: bool = True) -> Definition:
    """The registry with another schema of WellSurveyed."""
    texts = {SURVEYED: schema_text(fields), CLOSED: schema_text(_CLOSED, CLOSED)}
    schemas = {name: parse_record_schema(text) for name, text in texts.items()}
    return parse_definition(definition_text(version, key=key, closing=closing), schemas)


def surveyed(number: int, key: str = "", **fields: Any) -> Told:
    """A survey of the well `key` with the id `event-<number>`."""
    key = key or f"w{number:06}"
    values = {"code": key, "name": f"Giếng {number}", "depth": number % 90, "state": "GOOD", "level": number % 7}
    values |= {"owner": f"SECRET-OWNER-{number}", "meter": None}
    return Told(f"event-{number}", "WellSurveyed", key, values | fields, EPOCH)


def closed(number: int, key: str) -> Told:
    return Told(f"event-{number}", "WellClosed", key, {"code": key}, EPOCH + 1)


def consumer(name: str, *fields: str, subject: str = SURVEYED) -> DeclaredConsumer:
    return DeclaredConsumer(name, "H57.16", f"The {name}", f"{name}@hue.example", subject, None, fields)


@dataclass
class Wells:
    """The wells on a log, a live build of them, and a folder for rehearsals."""

    city: City
    log: Log
    engine: Engine
    folder: Path
    now: int = NOW
    consumers: list[DeclaredConsumer] = field(default_factory=list)

    @property
    def store(self) -> ControlStore:
        return self.city.store

    @property
    def state(self) -> ControlState:
        return self.city.state

    @property
    def live(self) -> Definition:
        return self.state.definitions["wells"]

    @property
    def workspace(self) -> Path:
        return self.folder / "rehearsals"

    def runner(self) -> ProjectionRunner:
        return ProjectionRunner("wells", self.log, self.engine, clock=lambda: self.now)

    def tell(self, *events: Told) -> None:
        """Tell events and apply them."""
        self.city.tell(events)
        self.runner().catch_up()

    def rehearse(self, wanted: Definition, *, workspace: str = "rehearsals", log: Log | None = None) -> Rehearsed:
        return rehearse(
            log or self.log,
            self.engine,
            wanted,
            live=self.live,
            consumers=self.consumers,
            workspace=self.folder / workspace,
            now=lambda: self.now,
        )

    def report(self, wanted: Definition) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rehearse(wanted).report)
        return found

    def approve(self, fields: Fields, *, version: int = 2) -> None:
        """Put a definition in force and let the projection rebuild."""
        texts = [schema_text(fields), schema_text(_CLOSED, CLOSED)]
        self.store.define_registry(definition_text(version), texts)
        self.runner().catch_up()

    def live_hash(self, build: int) -> str:
        return log_hash(self.engine, self.live, build)

    def propose(self, number: int, fields: Fields = FIELDS, *, revision: int = 1, definition: str = "") -> None:
        """Make a proposal as the desk does."""
        text = schema_text(fields)
        schema = parse_record_schema(text)
        draft = {"subject": SURVEYED, "version": 2, "id": FIRST_DRAFT_ID + number, "guid": schema.guid, "text": text}
        facts = {
            "proposal": number,
            "revision": revision,
            "kind": "define",
            "registry": "wells",
            "definition": definition or definition_text(2),
            "drafts": [draft],
            "change": None,
            "reason": "a test",
            "organisation": "H57.15",
            "keyId": "k1",
            "holder": "Lan",
            "findings": "[]",
        }
        self.store.commit(lambda _: [("ProposalMade", facts)])

    def close(self) -> None:
        self.engine.dispose()
        self.log.close()


def open_wells(folder: Path, *, database: str = "") -> Wells:
    """The wells in `folder`, with the live build in `database` (a file in it)."""
    log = open_log(f"sqlite:///{folder / 'log.sqlite'}")
    engine = open_database(database or f"sqlite:///{folder / 'registries.sqlite'}")
    store = ControlStore(create_engine(f"sqlite:///{folder / 'control.sqlite'}"), log, now=lambda: EPOCH)
    store.add_department(code="culture", organisation="H57.15", name_vi="v", name_en="e", contact="c@hue.example")
    store.define_registry(definition_text(1), [schema_text(FIELDS), schema_text(_CLOSED, CLOSED)])
    return Wells(City(log, store, "wells"), log, engine, folder)


def surveys(numbers: Iterable[int]) -> list[Told]:
    return [surveyed(one) for one in numbers]
