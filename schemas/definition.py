"""A registry definition, parsed and checked: key, which event does what, classes, publication.

A definition is a YAML file beside the Avro schemas it names. The record's fields are the fields of
its put, patch and append events, in the order of the definition's `fields` or of first appearance. A field
has the strictest class that any event's schema gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from schemas.avro import Field, RecordSchema, record_type
from schemas.document import Document, parse_document
from schemas.model import Array, Record, type_name
from schemas.ranks import strictest
from schemas.times import OPEN

OPERATIONS = ("put", "patch", "retire", "merge", "separate", "split", "reorganise", "append")
KEY_SEPARATOR = "~"
KEY_KINDS = ("string", "enum", "uuid", "int", "date", "instant")
# operation -> what its rule must name beside the schema
NEEDS: Mapping[str, tuple[str, ...]] = {
    "put": ("key",),
    "patch": ("key",),
    "append": ("key",),
    "retire": ("key",),
    "merge": ("survivor", "absorbed"),
    "separate": ("survivor", "absorbed"),
    "split": ("key", "successors"),
    "reorganise": ("edges",),
}
_KNOWN = frozenset({
    "registry", "version", "title", "description", "custodian", "licence", "attribution", "cadence", "limit",
    "writers", "partitions", "events", "fields", "title_field", "sortable", "search", "indexes", "geometry",
    "authority", "claims", "signatures", "dead_letter_limit",
})  # fmt: skip


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
    document = parse_document(text, place)
    document.refuse_unknown(_KNOWN)
    events = {name: _event(name, rule, schemas) for name, rule in document.part("events").items()}
    record = _record(document, events, schemas)
    return Definition(
        registry=document.identifier("registry"),
        version=document.number("version", 1),
        title=_text(document, "title"),
        description=_text(document, "description"),
        custodian=document.identifier("custodian"),
        licence=document.string("licence"),
        attribution=document.string("attribution"),
        cadence_s=document.duration("cadence"),
        limit_s=document.duration("limit"),
        writers=document.identifiers("writers"),
        partitions=document.number("partitions", 1),
        events=events,
        record=record,
        title_field=_field(document, "title_field", record),
        sortable=_fields(document, "sortable", record),
        search=_fields(document, "search", record),
        indexes=_fields(document, "indexes", record),
        geometry=_geometry(document, record),
        authority=tuple(_authority(rule, events) for rule in document.parts("authority")),
        claims=tuple(_claims(rule, record) for rule in document.parts("claims")),
        signatures=document.flag("signatures"),
        dead_letter_limit=document.number("dead_letter_limit", 1000),
        schemas={rule.schema: schemas[rule.schema] for rule in events.values()},
    )


def _text(document: Document, name: str) -> Text:
    both = document.part(name)
    both.refuse_unknown(("vi", "en"))
    return Text(both.string("vi"), both.string("en"))


def _event(name: str, rule: Document, schemas: Mapping[str, RecordSchema]) -> EventRule:
    rule.refuse_unknown(("operation", "schema", "key", "successors", "survivor", "absorbed", "edges"))
    operation = rule.values.get("operation")
    if operation not in OPERATIONS:
        raise rule.error("operation", f"must be one of {', '.join(OPERATIONS)}")
    schema = _schema_of(name, rule, schemas)
    parsed = EventRule(
        type=name,
        operation=operation,
        schema=schema.full_name,
        key=rule.strings("key"),
        successors=rule.find_string("successors"),
        survivor=rule.find_string("survivor"),
        absorbed=rule.find_string("absorbed"),
        edges=rule.find_string("edges"),
    )
    _check_event(rule, parsed, schema)
    return parsed


def _schema_of(name: str, rule: Document, schemas: Mapping[str, RecordSchema]) -> RecordSchema:
    """The schema the event's name (or the rule's `schema`, a full name) means."""
    wanted = rule.find_string("schema")
    found = [full for full in schemas if full == wanted or (wanted is None and full.rsplit(".", 1)[-1] == name)]
    if not found:
        raise rule.error("schema", f"there is no Avro schema {wanted or name}; there are {', '.join(sorted(schemas))}")
    if len(found) > 1:
        raise rule.error("schema", f"needed here, for several schemas have that name: {', '.join(sorted(found))}")
    return schemas[found[0]]


def _check_event(rule: Document, event: EventRule, schema: RecordSchema) -> None:
    for name in NEEDS[event.operation]:
        if not getattr(event, name):
            raise rule.error(name, f"the operation {event.operation} needs it")
    for name in event.key:
        _check_key(rule, "key", schema, name)
    if event.survivor:
        _check_key(rule, "survivor", schema, event.survivor)
    for place, one in (("successors", event.successors), ("absorbed", event.absorbed)):
        if one and _named(rule, place, schema, one).kind != "strings":
            raise rule.error(place, f"{one} must be an array of strings: the keys")
    if event.edges:
        _check_edges(rule, schema, event.edges)
    if event.operation == "patch" and getattr(schema.fields.get("changed"), "kind", None) != "strings":
        raise rule.error("schema", "a patch event needs the field changed: array of the names of the changed fields")


def _named(rule: Document, place: str, schema: RecordSchema, name: str) -> Field:
    if name not in schema.fields:
        raise rule.error(place, f"{name!r} is no field of {schema.full_name}; those are {', '.join(schema.fields)}")
    return schema.fields[name]


def _check_key(rule: Document, place: str, schema: RecordSchema, name: str) -> None:
    one = _named(rule, place, schema, name)
    if one.kind not in KEY_KINDS or one.nullable:
        raise rule.error(
            place, f"{name} cannot be part of a key: that takes a {', '.join(KEY_KINDS)} that is never null"
        )


def _check_edges(rule: Document, schema: RecordSchema, name: str) -> None:
    _named(rule, "edges", schema, name)
    avro = next(one.type for one in record_type(schema).fields if one.name == name)
    edge = avro.items if isinstance(avro, Array) else None
    if not isinstance(edge, Record) or not {"from", "to"} <= {one.name for one in edge.fields}:
        raise rule.error("edges", f"{name} must be an array of records with from and to, not {type_name(avro)}")


def _record(
    document: Document, events: Mapping[str, EventRule], schemas: Mapping[str, RecordSchema]
) -> dict[str, Field]:
    """The record's fields, in the order of `fields` and then of first appearance."""
    found: dict[str, Field] = {}
    for rule in events.values():
        if rule.operation in ("put", "patch", "append"):
            _add_fields(document, found, rule, schemas[rule.schema])
    for rule in events.values():
        _raise_classes(found, schemas[rule.schema])
    if not found:
        raise document.error("events", "at least one event must put, patch or append a record")
    order = document.strings("fields")
    for name in order:
        if name not in found:
            raise document.error("fields", f"{name!r} is no field of an event; those are {', '.join(found)}")
    return {name: found[name] for name in [*order, *(one for one in found if one not in order)]}


def _add_fields(document: Document, found: dict[str, Field], rule: EventRule, schema: RecordSchema) -> None:
    for name, one in schema.fields.items():
        if rule.operation == "patch" and name == "changed":
            continue
        known = found.setdefault(name, one)
        if known.kind != one.kind:
            raise document.error(f"events.{rule.type}", f"the field {name} is {one.kind} here, {known.kind} elsewhere")
        if known.scale != one.scale:
            raise document.error(
                f"events.{rule.type}", f"the decimal {name} has the scale {one.scale} here, {known.scale} elsewhere"
            )


def _raise_classes(found: dict[str, Field], schema: RecordSchema) -> None:
    """The strictest class that any event gives a field binds every event."""
    for name, one in schema.fields.items():
        if name in found:
            classification = strictest((found[name].classification, one.classification))
            found[name] = replace(found[name], classification=classification)


def _field(document: Document, name: str, record: Mapping[str, Field]) -> str:
    return _known_field(document, name, document.string(name), record)


def _fields(document: Document, name: str, record: Mapping[str, Field]) -> tuple[str, ...]:
    return tuple(_known_field(document, name, one, record) for one in document.strings(name))


def _known_field(document: Document, place: str, name: str, record: Mapping[str, Field]) -> str:
    if name not in record:
        raise document.error(place, f"{name!r} is no field of the record; those are {', '.join(record)}")
    return name


def _geometry(document: Document, record: Mapping[str, Field]) -> tuple[str, str] | None:
    part = document.find_part("geometry")
    if part is None:
        return None
    part.refuse_unknown(("lon", "lat"))
    return _field(part, "lon", record), _field(part, "lat", record)


def _authority(rule: Document, events: Mapping[str, EventRule]) -> Authority:
    rule.refuse_unknown(("source", "events", "from", "to"))
    named = rule.strings("events")
    for name in named:
        if name not in events:
            raise rule.error("events", f"{name!r} is no event of the registry; those are {', '.join(events)}")
    return Authority(
        source=rule.string("source"),
        events=frozenset(named),
        start=rule.instant("from", -OPEN),
        end=rule.instant("to", OPEN),
    )


def _claims(rule: Document, record: Mapping[str, Field]) -> Claims:
    rule.refuse_unknown(("source", "title", "complete", "from", "to", "fields"))
    return Claims(
        source=rule.string("source"),
        title=_text(rule, "title"),
        complete=rule.flag("complete"),
        start=rule.instant("from", -OPEN),
        end=rule.instant("to", OPEN),
        fields=_fields(rule, "fields", record),
    )
