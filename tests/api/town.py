"""A registry of sites for readers, filled by the real runner; its clock is set by the test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine

from consumers.runner import ProjectionRunner
from hub.api import native, operations
from hub.api.context import ApiContext
from hub.api.problems import install_problem_handlers
from hub.log.open import open_log
from hub.portal import pages as portal
from hub.registries.database import open_database
from schemas.definition import Text
from schemas.event import Envelope
from schemas.times import OPEN, to_micros
from tests.workload import CULTURE, DAY, EPOCH, SPACE, TOURISM, City, Told, found_city

BASE = "https://hub.example"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_TIME = {"type": "int", "logicalType": "time-millis"}
_TEXTS = {"type": "array", "items": "string"}
_KIND = {"type": "enum", "name": "SiteKind", "symbols": ["OTHER", "TEMPLE", "HOUSE"], "default": "OTHER"}
_FEE = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
_EDGE: dict[str, Any] = {
    "type": "record",
    "name": "SiteEdge",
    "fields": [
        {"name": "from", "type": "string"},
        {"name": "to", "type": ["null", "string"], "default": None},
        {"name": "flag", "type": ["null", "string"], "default": None},
    ],
}


def _field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    optional = {"default": None} if isinstance(kind, list) else {}
    label = {"vi": name, "en": name}
    return {
        "name": name,
        "type": kind,
        "class": "open",
        "label": label,
        "doc": f"{name} of a site.",
        **optional,
        **more,
    }


def _schema(name: str, *fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": name, "namespace": SPACE, "doc": name, "fields": list(fields)})


CODE = _field("code", "string")


def body_fields(note_class: str = "restricted") -> list[dict[str, Any]]:
    """The fields of a site; the class of its note is the test's choice."""
    return [
        _field("name", "string"),
        _field("kind", _KIND),
        _field("price", ["null", "long"], unit="VND"),
        _field("fee", ["null", _FEE], unit="VND"),
        _field("opened", ["null", {"type": "int", "logicalType": "date"}]),
        _field("seen", ["null", {"type": "long", "logicalType": "timestamp-micros"}]),
        _field("opens", ["null", _TIME]),
        _field("tags", ["null", _TEXTS]),
        _field("free", ["null", "boolean"]),
        _field("lon", ["null", "double"], unit="deg"),
        _field("lat", ["null", "double"], unit="deg"),
        _field("note", ["null", "string"], **{"class": note_class}),
    ]


def schemas(
    note_class: str = "restricted", *, ended_note_class: str | None = None, flag_class: str = "open"
) -> list[str]:
    """The Avro schemas of the registry's events; an end tells a note too where that has a class of its own."""
    *places, flag = _EDGE["fields"]
    edge = {**_EDGE, "fields": [*places, {**flag, "class": flag_class}]}
    note = [_field("note", ["null", "string"], **{"class": ended_note_class})] if ended_note_class else []
    return [
        _schema("SiteTold", CODE, *body_fields(note_class)),
        _schema("SiteRenamed", CODE, _field("changed", _TEXTS), _field("name", ["null", "string"])),
        _schema("SiteEnded", CODE, _field("successors", ["null", _TEXTS]), *note),
        _schema("SitesJoined", _field("kept", "string"), _field("absorbed", _TEXTS)),
        _schema("SitesRedrawn", _field("act", "string"), _field("edges", {"type": "array", "items": edge})),
    ]


_DEFINITION = """
registry: sites
version: {version}
title: {{vi: Di tích, en: Sites}}
description: {{vi: Di tích thử, en: Sites of a test}}
custodian: culture
licence: CC-BY-4.0
attribution: Test
cadence: P1D
limit: P7D
writers: [culture, tourism]
title_field: name
sortable: [name, price, kind, note]
search: [name, note]
indexes: [name, price]
geometry: {{lon: lon, lat: lat}}
events:
  SiteTold: {{operation: put, key: code}}
  SiteRenamed: {{operation: patch, key: code}}
  SiteEnded: {{operation: retire, key: code, successors: successors}}
  SitesJoined: {{operation: merge, key: kept, survivor: kept, absorbed: absorbed}}
  SitesRedrawn: {{operation: reorganise, key: act, edges: edges}}
authority:
  - {{source: "urn:hue:H57.15:places"}}
claims:
  - source: "urn:hue:H57.16:lists"
    title: {{vi: Danh sách, en: List}}
    complete: {complete}
    fields: [name, price]
"""


class Town:
    """The registry, its log, its clock and a client of the API over it."""

    def __init__(self, folder: Path, *, url: str | None = None, complete: bool = False) -> None:
        self.now = EPOCH
        self.log = open_log(f"sqlite:///{folder / 'log.sqlite'}")
        self.city = City(self.log, found_city(self.log, folder).store, "sites")
        self.complete = complete
        self.define(1)
        self.engine: Engine = open_database(url or f"sqlite:///{folder / 'registries.sqlite'}")
        self._numbers = 0
        self._runner: ProjectionRunner | None = None
        self.client = self.app().test_client()

    def define(self, version: int, note_class: str = "restricted", **classes: str) -> None:
        """Define the registry at `version`; `classes` are those of other fields of `schemas`."""
        text = _DEFINITION.format(version=version, complete=str(self.complete).lower())
        self.city.store.define_registry(text, schemas(note_class, **classes))

    def context(self, **more: Any) -> ApiContext:
        """What the API is handed."""
        title = Text("Trục dữ liệu thử", "Test Data Hub")
        given = {"engine": self.engine, "control": lambda: self.city.state, "now": lambda: self.now, "zone": ZONE}
        return ApiContext(**given, base_url=BASE, title=title, **more)

    def app(self, **more: Any) -> Flask:
        """The application as it is served."""
        app = Flask("test")
        context = self.context(**more)
        for part in (native, operations, portal):
            app.register_blueprint(part.create_blueprint(context))
        install_problem_handlers(app)
        return app

    def tell(self, *events: Told) -> None:
        """Append `events` and apply them."""
        self.city.tell(events)
        self.apply()

    def apply(self) -> None:
        """Apply what the log has, and what the clock moved."""
        if self._runner is None:
            self._runner = ProjectionRunner("sites", self.log, self.engine, clock=lambda: self.now)
        self._runner.catch_up()

    def _told(self, type_: str, key: str, fields: Mapping[str, Any], **more: Any) -> Told:
        self._numbers += 1
        given = {"valid_from": EPOCH, "happened_at": EPOCH} | more
        return Told(f"event-{self._numbers}", type_, key, fields, **given)

    def site(self, key: str, name: str, *, fields: Mapping[str, Any] | None = None, **more: Any) -> Told:
        """A site as a `SiteTold`."""
        empty = {one["name"]: None for one in body_fields()}
        body = empty | {"code": key, "name": name, "kind": "OTHER"} | dict(fields or {})
        return self._told("SiteTold", key, body, **more)

    def renamed(self, key: str, name: str, **more: Any) -> Told:
        return self._told("SiteRenamed", key, {"code": key, "changed": ["name"], "name": name}, **more)

    def ended(self, key: str, *successors: str, **more: Any) -> Told:
        return self._told("SiteEnded", key, {"code": key, "successors": list(successors)}, **more)

    def joined(self, kept: str, *absorbed: str, **more: Any) -> Told:
        return self._told("SitesJoined", kept, {"kept": kept, "absorbed": list(absorbed)}, **more)

    def redrawn(self, act: str, *edges: tuple[str, str | None], flag: str | None = None, **more: Any) -> Told:
        pairs = [{"from": one, "to": other, "flag": flag} for one, other in edges]
        return self._told("SitesRedrawn", act, {"act": act, "edges": pairs}, **more)

    def get(self, path: str, /, **parameters: Any) -> Any:
        """The JSON at `path` below the registry; the answer must be 200."""
        answer = self.client.get(f"/api/v1/registries/sites{path}", query_string=parameters)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def keys(self, **parameters: Any) -> list[str]:
        """The keys of the records a question finds, in order."""
        return [record["key"] for record in self.get("/records", **parameters)["records"]]

    def refused(self, path: str, /, **parameters: Any) -> tuple[int, str]:
        """Status and code of the problem at `path` below the registry."""
        answer = self.client.get(f"/api/v1/registries/sites{path}", query_string=parameters)
        return answer.status_code, answer.get_json()["code"]


__all__ = ["BASE", "CULTURE", "DAY", "EPOCH", "OPEN", "TOURISM", "Decimal", "Envelope", "Told", "Town"]


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    """Microseconds of a time in UTC."""
    return to_micros(datetime(year, month, day, hour, tzinfo=UTC))


def filled(town: Town) -> Town:
    """Four sites whose values are in the tests' tables."""
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "Trạm Đà", {"kind": "TEMPLE", "price": 50_000, "fee": Decimal("1.50"), "lon": 107.5, "lat": 16.5}),
        ("b", "Tràm Chim", {"kind": "HOUSE", "price": 20_000, "fee": Decimal("2.00"), "lon": 107.6, "lat": 16.4}),
        ("c", "Đá Bạc", {"tags": ["Huế", "núi"], "opened": date(2025, 7, 1), "free": True, "note": "kín"}),
        ("d", "da", {"seen": datetime(2025, 1, 1, 12, tzinfo=UTC), "opens": time(7, 30), "price": 20_000}),
    ]
    town.tell(*(town.site(key, name, fields=fields) for key, name, fields in rows))
    return town
