"""A registry definition, parsed and checked: key, which event does what, classes, publication.

A definition is a YAML file beside the Avro schemas it names. The record's fields are the fields of
its put, patch and append events, in the order of the definition's `fields` or of first appearance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from schemas.avro import Field, RecordSchema
from schemas.errors import DefinitionError
from schemas.times import OPEN, parse_instant

OPERATIONS = ("put", "patch", "retire", "merge", "separate", "split", "reorganise", "append")
CLASSES = ("open", "shared", "restricted", "personal", "sensitive")
KEY_SEPARATOR = "~"
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class EventRule:
    """What one event type does to the registry.

    `key` names the fields that make the key, joined by `~`. The others name the fields of the
    operation: `successors` (retire, split), `survivor` and `absorbed` (merge, separate), `edges`
    (reorganise: an array of records with `from` and `to`).
    """

    type: str
    operation: str
    schema: str
    key: tuple[str, ...] = ()
    successors: str | None = None
    survivor: str | None = None
    absorbed: str | None = None
    edges: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """`source` decides from `start` to `end` (microseconds) for the event types named; none named: for all."""

    source: str
    events: frozenset[str] = frozenset()
    start: int = -OPEN
    end: int = OPEN


@dataclass(frozen=True, slots=True)
class Claims:
    """How another source is heard: `complete` means that what it does not list, it denies.

    It is asked from `start` to `end` only (microseconds); `fields` limits the comparison.
    """

    source: str
    title: Text
    complete: bool = False
    start: int = -OPEN
    end: int = OPEN
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One registry. `record` maps field name to its Avro field; `key_name` is the record's key in public."""

    registry: str
    version: int
    title: Text
    description: Text
    custodian: str
    licence: str
    attribution: str
    cadence_s: int
    limit_s: int
    writers: tuple[str, ...]
    partitions: int
    events: Mapping[str, EventRule]
    record: Mapping[str, Field]
    title_field: str
    sortable: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    geometry: tuple[str, str] | None = None
    authority: tuple[Authority, ...] = ()
    claims: tuple[Claims, ...] = ()
    signatures: bool = False
    dead_letter_limit: int = 1000
    schemas: Mapping[str, RecordSchema] = field(default_factory=dict)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the registry, one for each department that writes it."""
        return tuple(f"{writer}.{self.registry}.v1" for writer in self.writers)

    @property
    def open_fields(self) -> tuple[str, ...]:
        """The fields anyone may read."""
        return tuple(name for name, one in self.record.items() if one.classification == "open")

    def decides(self, source: str, event_type: str, valid_from: int) -> bool:
        """Whether what `source` says with this event changes the record, or is a claim only."""
        if not self.authority:
            return True
        source = source.split(";")[0]
        return any(
            rule.source == source
            and (not rule.events or event_type in rule.events)
            and rule.start <= valid_from < rule.end
            for rule in self.authority
        )


def parse_definition(text: str, schemas: Mapping[str, RecordSchema], place: str = "definition") -> Definition:
    """The definition in YAML `text` with the schemas it names (by full name); raises `DefinitionError`."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DefinitionError(place, f"not YAML: {error}") from error
    if not isinstance(document, dict):
        raise DefinitionError(place, "a definition is a mapping of names to values")
    return _Parser(place, document, schemas).parse()


def parse_duration(text: str) -> int:
    """Seconds of an ISO 8601 duration of days, hours and minutes (`P90D`, `PT15M`); ValueError otherwise."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration of days, hours and minutes such as P90D or PT15M")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return (days * 24 + hours) * 3600 + minutes * 60


class _Parser:
    """Reads one document; every complaint names the place in the file."""

    def __init__(self, place: str, document: dict[str, Any], schemas: Mapping[str, RecordSchema]) -> None:
        self.place = place
        self.document = document
        self.schemas = schemas

    def parse(self) -> Definition:
        known = {
            "registry", "version", "title", "description", "custodian", "licence", "attribution", "cadence",
            "limit", "writers", "partitions", "events", "fields", "title_field", "sortable", "search",
            "indexes", "geometry", "authority", "claims", "signatures", "dead_letter_limit",
        }  # fmt: skip
        for name in self.document:
            if name not in known:
                raise self.error(name, f"unknown; known are {', '.join(sorted(known))}")
        events = self.events()
        record = self.record(events)
        geometry = self.document.get("geometry")
        return Definition(
            registry=self.identifier("registry"),
            version=self.number("version", 1),
            title=self.text("title"),
            description=self.text("description"),
            custodian=self.identifier("custodian"),
            licence=self.string("licence"),
            attribution=self.string("attribution"),
            cadence_s=self.duration("cadence"),
            limit_s=self.duration("limit"),
            writers=tuple(self.names("writers")),
            partitions=self.number("partitions", 1),
            events=events,
            record=record,
            title_field=self.one_of(record, "title_field", self.string("title_field")),
            sortable=self.fields_of(record, "sortable"),
            search=self.fields_of(record, "search"),
            indexes=self.fields_of(record, "indexes"),
            geometry=(
                (
                    self.one_of(record, "geometry.lon", geometry["lon"]),
                    self.one_of(record, "geometry.lat", geometry["lat"]),
                )
                if geometry
                else None
            ),
            authority=tuple(self.authority()),
            claims=tuple(self.claims()),
            signatures=bool(self.document.get("signatures", False)),
            dead_letter_limit=self.number("dead_letter_limit", 1000),
            schemas={rule.schema: self.schemas[rule.schema] for rule in events.values()},
        )

    def error(self, field_name: str, message: str) -> DefinitionError:
        return DefinitionError(f"{self.place}: {field_name}", message)

    def string(self, name: str) -> str:
        value = self.document.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "a text is needed here")
        return value.strip()

    def identifier(self, name: str) -> str:
        value = self.string(name)
        if not _IDENTIFIER.match(value):
            raise self.error(name, f"{value!r} is not made of a-z, 0-9 and single hyphens")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.document.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(name, f"{value!r} is not a whole number of 1 or more")
        return value

    def duration(self, name: str) -> int:
        try:
            return parse_duration(self.string(name))
        except ValueError as error:
            raise self.error(name, str(error)) from error

    def text(self, name: str) -> Text:
        return self.text_of(name, self.document.get(name))

    def text_of(self, place: str, value: object) -> Text:
        if not isinstance(value, dict) or not all(
            isinstance(value.get(one), str) and value[one] for one in ("vi", "en")
        ):
            raise self.error(place, "needs a text in both languages: {vi: …, en: …}")
        return Text(value["vi"].strip(), value["en"].strip())

    def names(self, name: str) -> list[str]:
        value = self.document.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            raise self.error(name, "needs a list of names")
        for one in value:
            if not _IDENTIFIER.match(one):
                raise self.error(name, f"{one!r} is not made of a-z, 0-9 and single hyphens")
        return value

    def one_of(self, record: Mapping[str, Field], place: str, name: object) -> str:
        if not isinstance(name, str) or name not in record:
            raise self.error(place, f"{name!r} is no field of the record; those are {', '.join(record)}")
        return name

    def fields_of(self, record: Mapping[str, Field], name: str) -> tuple[str, ...]:
        return tuple(self.one_of(record, name, one) for one in self.document.get(name) or ())

    def events(self) -> dict[str, EventRule]:
        events = self.document.get("events")
        if not isinstance(events, dict) or not events:
            raise self.error("events", "needs a mapping of event types to what they do")
        return {name: self.event(name, rule) for name, rule in events.items()}

    def event(self, name: str, rule: Any) -> EventRule:
        place = f"events.{name}"
        if not isinstance(rule, dict) or rule.get("operation") not in OPERATIONS:
            raise self.error(f"{place}.operation", f"must be one of {', '.join(OPERATIONS)}")
        schema = next((full for full in self.schemas if full.rsplit(".", 1)[-1] == name), None)
        if schema is None:
            raise self.error(
                place, f"there is no Avro schema of that name; those are {', '.join(sorted(self.schemas))}"
            )
        known = {"operation", "key", "successors", "survivor", "absorbed", "edges"}
        for one in rule:
            if one not in known:
                raise self.error(f"{place}.{one}", f"unknown; known are {', '.join(sorted(known))}")
        key = rule.get("key", [])
        parsed = EventRule(
            type=name,
            operation=rule["operation"],
            schema=schema,
            key=tuple([key] if isinstance(key, str) else key),
            successors=rule.get("successors"),
            survivor=rule.get("survivor"),
            absorbed=rule.get("absorbed"),
            edges=rule.get("edges"),
        )
        self.check_event(place, parsed)
        return parsed

    def check_event(self, place: str, rule: EventRule) -> None:
        needs: dict[str, tuple[str, ...]] = {
            "merge": ("survivor", "absorbed"),
            "separate": ("survivor", "absorbed"),
            "split": ("key", "successors"),
            "reorganise": ("edges",),
        }
        for name in needs.get(rule.operation, ("key",)):
            if not getattr(rule, name):
                raise self.error(f"{place}.{name}", f"the operation {rule.operation} needs it")
        schema = self.schemas[rule.schema]
        named = [*rule.key, *(one for one in (rule.successors, rule.survivor, rule.absorbed, rule.edges) if one)]
        for name in named:
            if name not in schema.fields:
                raise self.error(place, f"{name!r} is no field of {rule.schema}; those are {', '.join(schema.fields)}")
        if rule.operation == "patch" and "changed" not in schema.fields:
            raise self.error(place, "a patch event needs the field changed: array of the names of the changed fields")

    def record(self, events: Mapping[str, EventRule]) -> dict[str, Field]:
        found: dict[str, Field] = {}
        for rule in events.values():
            if rule.operation not in ("put", "patch", "append"):
                continue
            for name, one in self.schemas[rule.schema].fields.items():
                if rule.operation == "patch" and name == "changed":
                    continue
                known = found.get(name)
                if known is None:
                    found[name] = one
                elif known.kind != one.kind:
                    raise self.error(
                        f"events.{rule.type}", f"the field {name} is {one.kind} here and {known.kind} elsewhere"
                    )
        if not found:
            raise self.error("events", "at least one event must put, patch or append a record")
        order = self.document.get("fields") or list(found)
        for name in order:
            if name not in found:
                raise self.error("fields", f"{name!r} is no field of an event; those are {', '.join(found)}")
        return {name: found[name] for name in [*order, *(one for one in found if one not in order)]}

    def authority(self) -> list[Authority]:
        return [
            Authority(
                source=rule["source"],
                events=frozenset(rule.get("events") or ()),
                start=self.instant(f"authority[{index}].from", rule.get("from"), -OPEN),
                end=self.instant(f"authority[{index}].to", rule.get("to"), OPEN),
            )
            for index, rule in enumerate(self.document.get("authority") or ())
        ]

    def claims(self) -> list[Claims]:
        return [
            Claims(
                source=rule["source"],
                title=self.text_of(f"claims[{index}].title", rule.get("title")),
                complete=bool(rule.get("complete", False)),
                start=self.instant(f"claims[{index}].from", rule.get("from"), -OPEN),
                end=self.instant(f"claims[{index}].to", rule.get("to"), OPEN),
                fields=tuple(rule.get("fields") or ()),
            )
            for index, rule in enumerate(self.document.get("claims") or ())
        ]

    def instant(self, place: str, value: object, default: int) -> int:
        if value is None:
            return default
        try:
            return parse_instant(str(value))
        except ValueError as error:
            raise self.error(place, f"{value} is not an RFC 3339 time such as 2025-07-01T00:00:00+07:00") from error
