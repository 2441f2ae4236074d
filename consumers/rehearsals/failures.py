"""The entries that a candidate cannot take: set aside by the projection, or of a schema it cannot read at all."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import func, select

from consumers.acceptance import compile_key
from consumers.builds import OpenBuild
from consumers.rehearsals.live import AT_ONCE, Entry, LiveSide, after_letter
from consumers.rehearsals.openness import MASK, Openness
from hub.control.state import ControlState
from hub.log.interface import Position
from hub.registries.rows import json_converter
from hub.registries.tables import dead_letters
from schemas.avro import RecordSchema, record_type
from schemas.decoding import compile_decoder
from schemas.definition import Definition
from schemas.errors import AvroInvalid, SchemaError
from schemas.wire import schema_id_of

LISTED = 100
_UNDECODABLE = "undecodable"
# what the decoders begin a message with: the path of the field in the writer's schema
_PATH = re.compile(r"([A-Za-z_]\w*)((?:\[\d+\])*(?:\.[A-Za-z_]\w*(?:\[\d+\])*)*): (.*)", re.DOTALL)
Kind = tuple[str, int]  # event type and id of the schema it was written with


class Unreadable(NamedTuple):
    """Why no event of a kind can be read as the candidate's schema."""

    field: str | None
    message: str


class Listing:
    """Counts things by entry number and keeps the first `LISTED` of them."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, dict[str, Any]]] = []

    def add(self, number: int, make: Callable[[], dict[str, Any]]) -> None:
        self.count += 1
        if len(self._first) < LISTED:
            heapq.heappush(self._first, (-number, make()))
        elif -self._first[0][0] > number:
            heapq.heapreplace(self._first, (-number, make()))

    def first(self) -> list[dict[str, Any]]:
        return [one for _, one in sorted(self._first, key=lambda pair: -pair[0])]


class Failures:
    """Looks for failing entries in the candidate's build, which stands at the pin of the live side."""

    def __init__(self, build: OpenBuild, side: LiveSide, state: ControlState, openness: Openness) -> None:
        self._build = build
        self._side = side
        self._state = state
        self._openness = openness
        self.unreadable = unreadable_kinds(build, state)

    def list_failing(self) -> Listing:
        """Every entry that would be set aside, or only be read as it was written."""
        found = Listing()
        for page in self._letters():
            for row, entry in self._matched(page):
                found.add(entry.number, partial(self._told_letter, row, entry))
        for (event_type, schema_id), why in self.unreadable.items():
            for page in self._entries(event_type, schema_id):
                for row, entry in self._matched(page):
                    found.add(entry.number, partial(_told_unreadable, row, entry, why))
        return found

    def list_other_keys(self, live: Definition) -> Listing:
        """The entries whose key would be another one by the rule and schema of the candidate."""
        found = Listing()
        for kind in _rekeyed_kinds(self._build, live):
            if kind not in self.unreadable:
                self._add_other_keys(found, *kind)
        return found

    def _add_other_keys(self, found: Listing, event_type: str, schema_id: int) -> None:
        rule = self._build.definition.events[event_type]
        reader = self._build.definition.schemas[rule.schema]
        tell, decode = compile_key(rule, reader), compile_decoder(self._state.schemas[schema_id].schema, reader)
        if tell is None:
            return
        names = rule.key or (str(rule.survivor),)
        is_open = all(self._openness.allows(name) for name in names)
        for page in self._entries(event_type, schema_id):
            for row, entry in self._matched(page):
                told = tell(decode(bytes(row.value)))
                if told != entry.key:
                    facts = {"entry": entry.number, "eventId": row.event_id, "key": entry.key}
                    facts["wouldBe"] = told if is_open else MASK
                    found.add(entry.number, partial(dict, facts))

    def _matched(self, page: list[Any]) -> Iterator[tuple[Any, Entry]]:
        """The rows that are live entries, with these."""
        entries = self._side.entries([row.event_id for row in page if row.event_id is not None])
        for row in page:
            entry = entries.get(Position(row.topic, row.partition, row.offset))
            if entry is not None:
                yield row, entry

    def _letters(self) -> Iterator[list[Any]]:
        letters, build = dead_letters.c, self._build
        asked = select(dead_letters).where(letters.registry == build.registry, letters.build == build.number)
        after: Position | None = None
        while True:
            with build.tables.engine.connect() as connection:
                page = list(connection.execute(after_letter(asked, after)))
            yield page
            if len(page) < AT_ONCE:
                return
            after = Position(page[-1].topic, page[-1].partition, page[-1].offset)

    def _entries(self, event_type: str, schema_id: int) -> Iterator[list[Any]]:
        table = self._build.tables.tables.entries
        asked = select(table).where(table.c.type == event_type, table.c.schema_id == schema_id)
        after = 0
        while True:
            question = asked.where(table.c.number > after).order_by(table.c.number).limit(AT_ONCE)
            with self._build.tables.engine.connect() as connection:
                page = list(connection.execute(question))
            yield page
            if len(page) < AT_ONCE:
                return
            after = page[-1].number

    def _told_letter(self, row: Any, entry: Entry) -> dict[str, Any]:
        if row.reason != _UNDECODABLE:  # the others are about the envelope and the key, which are open
            return _told(row, entry, reason=row.reason, field=None, message=row.message)
        field, message, value = self._explain(row, entry)
        return _told(row, entry, reason=row.reason, field=field, message=message) | {"value": value}

    def _explain(self, row: Any, entry: Entry) -> tuple[str | None, str, Any]:
        """Field, message and value; of a field that is not open everywhere only what the schemas say."""
        schema = self._state.schemas[schema_id_of(bytes(row.value))].schema
        match = _PATH.match(row.message)
        if match is None or match[1] not in schema.fields:
            return None, "the value cannot be read; what it says is not shown", None
        name, field = match[1], match[1] + match[2]
        types = self._types(schema, entry.type, name)
        if not self._openness.allows(name):
            return field, f"{types}; more is not shown, for the field is not open", MASK
        return field, f"{types}: {match[3]}", self._openness.shown(name, _value_of(schema, name, bytes(row.value)))

    def _types(self, schema: RecordSchema, event_type: str, name: str) -> str:
        """How the field was written and is to be read, by the schemas alone."""
        written = _type_text(schema, name)
        rule = self._build.definition.events.get(event_type)
        reader = self._build.definition.schemas.get(rule.schema) if rule is not None else None
        read = _type_text(reader, name) if reader is not None else None
        return f"written as {written}, not to be read as {read}" if read else f"written as {written}"


def unreadable_kinds(build: OpenBuild, state: ControlState) -> dict[Kind, Unreadable]:
    """The kinds of entries whose schema never resolves to the candidate's; the projection reads them as written."""
    found = {}
    for kind in entry_kinds(build):
        why = why_unreadable(build.definition, kind, state)
        if why is not None:
            found[kind] = why
    return found


def why_unreadable(candidate: Definition, kind: Kind, state: ControlState) -> Unreadable | None:
    """Why events of `kind` cannot be read as the schema the candidate has for them; None where they can."""
    rule = candidate.events.get(kind[0])
    if rule is None:
        return None
    try:
        compile_decoder(state.schemas[kind[1]].schema, candidate.schemas[rule.schema])
    except AvroInvalid as error:
        _, _, field = error.place.partition(".")
        return Unreadable(field or None, error.message)
    return None


def entry_kinds(build: OpenBuild) -> Mapping[Kind, int]:
    """How many entries of each event type and schema the build has."""
    table = build.tables.tables.entries.c
    asked = select(table.type, table.schema_id, func.count()).group_by(table.type, table.schema_id)
    with build.tables.engine.connect() as connection:
        rows = connection.execute(asked.order_by(table.type, table.schema_id)).all()
    return {(row[0], row[1]): row[2] for row in rows}


def _rekeyed_kinds(build: OpenBuild, live: Definition) -> list[Kind]:
    """The kinds whose key the candidate makes otherwise than the live definition."""
    candidate = build.definition
    return [
        kind
        for kind in entry_kinds(build)
        if kind[0] in candidate.events and _key_plan(candidate, kind[0]) != _key_plan(live, kind[0])
    ]


def _key_plan(definition: Definition, event_type: str) -> list[tuple[str, str]] | None:
    rule = definition.events.get(event_type)
    if rule is None:
        return None
    fields = definition.schemas[rule.schema].fields
    return [(name, fields[name].kind) for name in rule.key or ((rule.survivor,) if rule.survivor else ())]


def _told(row: Any, entry: Entry, *, reason: str, field: str | None, message: str) -> dict[str, Any]:
    return {
        "entry": entry.number,
        "position": f"{row.topic}:{row.partition}:{row.offset}",
        "eventId": row.event_id,
        "source": row.source,
        "type": entry.type,
        "key": entry.key,
        "reason": reason,
        "field": field,
        "message": message,
    }


def _told_unreadable(row: Any, entry: Entry, why: Unreadable) -> dict[str, Any]:
    return _told(row, entry, reason=_UNDECODABLE, field=why.field, message=why.message)


def _type_text(schema: RecordSchema, name: str) -> str | None:
    for field in record_type(schema).fields:
        if name == field.name or name in field.aliases:
            return json.dumps(field.document["type"], ensure_ascii=False)[:300]
    return None


def _value_of(schema: RecordSchema, name: str, value: bytes) -> Any:
    """The field's value as public JSON, read as it was written."""
    try:
        found = compile_decoder(schema)(value)[name]
    except SchemaError:
        return None
    convert = json_converter(schema.fields[name])
    return found if found is None or convert is None else convert(found)
