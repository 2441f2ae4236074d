"""Whether a declared consumer can go on reading when a new schema comes into force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.avro import RecordSchema, record_type
from schemas.classes import OPEN, find_field_class, rank_of, records_in
from schemas.compatibility import check
from schemas.model import AvroType, Record, read_type

UNREADABLE, FIELD_GONE, CLASS_RAISED = "unreadable", "field-gone", "class-raised"


@dataclass(frozen=True, slots=True)
class Break:
    """One reason. `field` is the field needed (`edges.share`); where the whole cannot be read it is None.

    Then `path` is a JSON pointer into the consumer's reader schema, otherwise empty.
    """

    code: str
    field: str | None
    path: str
    message_vi: str
    message_en: str


def breaks(
    reader_schema: str | None, fields: Sequence[str], new: RecordSchema, *, old: RecordSchema | None = None
) -> list[Break]:
    """Why a consumer that reads with `reader_schema` (None: the newest) and needs `fields` breaks under `new`.

    `old` is the schema in force: a field breaks the consumer where its class rises from there, and without it
    where its class is not open. Raises `AvroInvalid` for a reader schema that is none.
    """
    reader = None if reader_schema is None else read_type(reader_schema)
    found = [] if reader is None else _unreadable(reader, new)
    for field in fields:
        name = _name_in(new, field, reader)
        broken = _gone(field, new) if name is None else _raised(field, name, new, old)
        found += [] if broken is None else [broken]
    return found


def _unreadable(reader: AvroType, new: RecordSchema) -> list[Break]:
    return [
        Break(
            UNREADABLE,
            None,
            one.path,
            f"lược đồ đọc không đọc được dữ liệu mới tại {one.path}: {one.message_vi}",
            f"the reader schema cannot read the new data at {one.path}: {one.message_en}",
        )
        for one in check(reader, record_type(new))
    ]


def _name_in(new: RecordSchema, field: str, reader: AvroType | None) -> str | None:
    """What `field` is called in `new`: the same, or as an alias of the reader's field says."""
    records, readers = [record_type(new)], [reader] if isinstance(reader, Record) else []
    names = []
    for step in field.split("."):
        own = [one for record in readers for one in record.fields if one.name == step]
        known = {step, *(alias for one in own for alias in one.aliases)}
        found = [one for record in records for one in record.fields if one.name in known]
        if not found:
            return None
        names.append(found[0].name)
        records = [record for one in found for record in records_in(one.type)]
        readers = [record for one in own for record in records_in(one.type)]
    return ".".join(names)


def _gone(field: str, new: RecordSchema) -> Break:
    now = next((one.name for one in record_type(new).fields if field in one.aliases), None)
    hint_vi, hint_en = (f"; nay là {now}", f"; it is called {now} now") if now else ("", "")
    return Break(
        FIELD_GONE,
        field,
        "",
        f"lược đồ mới không còn trường {field}{hint_vi}",
        f"the new schema has no field {field} any more{hint_en}",
    )


def _raised(field: str, name: str, new: RecordSchema, old: RecordSchema | None) -> Break | None:
    now, before = find_field_class(new, name)[1], _class_before(field, name, old)
    if now == OPEN or rank_of(now) <= rank_of(before):
        return None
    return Break(
        CLASS_RAISED,
        field,
        "",
        f"lớp của trường {field} tăng từ {before} lên {now or 'không có'}: không còn ai cũng đọc được",
        f"the class of the field {field} rises from {before} to {now or 'none'}: it is no longer open",
    )


def _class_before(field: str, name: str, old: RecordSchema | None) -> str | None:
    """The class in `old` under either name; open where that is not known."""
    for one in (name, field):
        known, found = (False, None) if old is None else find_field_class(old, one)
        if known:
            return found
    return OPEN
