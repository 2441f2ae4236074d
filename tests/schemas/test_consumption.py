"""What breaks a declared consumer, and what does not."""

from __future__ import annotations

import json
from typing import Any

from schemas.avro import RecordSchema
from schemas.consumption import Break, breaks
from tests.schemas.builders import field, record

OLD = record(field("code", "string"), field("name", "string"), field("price", "long", unit="VND"))


def reader(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": "PlaceNamed", "fields": list(fields)})


def edges(*fields: dict[str, Any]) -> RecordSchema:
    inner = {"type": "record", "name": "Edge", "fields": list(fields)}
    return record(field("edges", {"type": "array", "items": inner}))


def told(found: list[Break]) -> list[tuple[str, str | None, str]]:
    return [(one.code, one.field, one.path) for one in found]


def test_a_consumer_whose_fields_stay_does_not_break() -> None:
    more = record(field("code", "string"), field("name", "string"), field("note", "string"))
    assert breaks(None, ["code", "name"], more, old=OLD) == []
    assert breaks(reader({"name": "name", "type": "string"}), ["name"], more, old=OLD) == []


def test_data_the_reader_schema_cannot_read_break_it() -> None:
    new = record(field("name", "string"), field("price", "double", unit="1"))
    found = breaks(reader({"name": "price", "type": "long"}), [], new, old=OLD)
    assert told(found) == [("unreadable", None, "/fields/0/type")]
    assert "at /fields/0/type: data of the type double cannot be read as long" in found[0].message_en


def test_a_field_it_needs_and_does_not_get_any_more_breaks_it() -> None:
    new = record(field("code", "string"))
    assert told(breaks(None, ["code", "name"], new)) == [("field-gone", "name", "")]


def test_a_default_does_not_stand_in_for_a_field_it_needs() -> None:
    own = reader({"name": "name", "type": "string", "default": ""})
    assert told(breaks(own, ["name"], record(field("code", "string")))) == [("field-gone", "name", "")]


def test_a_renamed_field_breaks_who_reads_with_the_newest_and_not_who_has_an_alias() -> None:
    new = record(field("title", "string", aliases=["name"]))
    found = breaks(None, ["name"], new)
    assert told(found) == [("field-gone", "name", "")]
    assert found[0].message_en.endswith("it is called title now")
    assert breaks(reader({"name": "name", "type": "string", "aliases": ["title"]}), ["name"], new, old=OLD) == []


def test_a_class_that_rises_above_open_breaks_it() -> None:
    new = record(field("name", "string", **{"class": "restricted"}))
    for old in (OLD, None):
        found = breaks(None, ["name"], new, old=old)
        assert told(found) == [("class-raised", "name", "")]
        assert "rises from open to restricted" in found[0].message_en


def test_a_class_that_was_as_strict_before_does_not_break_it() -> None:
    strict = record(field("name", "string", **{"class": "restricted"}))
    assert breaks(None, ["name"], strict, old=strict) == []
    assert breaks(None, ["name"], record(field("name", "string", **{"class": "shared"})), old=strict) == []


def test_fields_within_are_named_with_their_way() -> None:
    new = edges(field("from", "string"), field("share", "double", unit="1", **{"class": "shared"}))
    assert told(breaks(None, ["edges.share", "edges.from", "edges.to"], new)) == [
        ("class-raised", "edges.share", ""),
        ("field-gone", "edges.to", ""),
    ]
