"""Which fields more may read than before; renames, nesting and history included."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.avro import RecordSchema
from schemas.classes import CLASSES, RANK, class_changes, find_field_class, lowered_classes
from tests.schemas.builders import field, record


def of_class(name: str, classification: Any, avro: Any = "string", **attributes: Any) -> dict[str, Any]:
    return field(name, avro, **{"class": classification}, **attributes)


def nested(name: str, *fields: dict[str, Any], classification: str = "open") -> dict[str, Any]:
    inner = {"type": "record", "name": name.capitalize(), "fields": list(fields)}
    return of_class(name, classification, {"type": "array", "items": ["null", inner]})


def told(new: RecordSchema, *history: RecordSchema) -> list[tuple[str, str | None, str | None]]:
    return [(one.path, one.old, one.new) for one in lowered_classes(new, history)]


def test_the_classes_rise_from_open_to_sensitive() -> None:
    assert CLASSES == ("open", "shared", "restricted", "personal", "sensitive")
    assert RANK["open"] < RANK["shared"] < RANK["restricted"] < RANK["personal"] < RANK["sensitive"]


@pytest.mark.parametrize(
    ("old", "new", "lowered"),
    [
        ("personal", "open", True),
        ("restricted", "shared", True),
        ("open", "shared", False),
        ("open", "personal", False),
        (..., "open", True),
        ("open", ..., False),
        ("secret", "sensitive", True),
    ],
)
def test_a_class_is_lowered_where_more_may_read(old: Any, new: Any, lowered: bool) -> None:
    changes = class_changes(record(of_class("name", new)), record(of_class("name", old)))
    assert [one.lowered for one in changes] == [lowered]


def test_a_field_that_is_new_or_gone_or_the_same_is_no_change() -> None:
    old = record(of_class("name", "open"), of_class("phone", "personal"))
    assert class_changes(record(of_class("name", "open"), of_class("mail", "open")), old) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of_class("phone", "personal"), of_class("tel", "open", aliases=["phone"])),
        (of_class("phone", "personal", aliases=["tel"]), of_class("tel", "open")),
    ],
)
def test_a_rename_does_not_hide_a_lowered_class(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert told(record(new), record(old)) == [("tel", "personal", "open")]


def test_a_field_that_takes_the_place_of_several_is_held_to_the_strictest() -> None:
    old = record(of_class("name", "open"), of_class("phone", "restricted"))
    assert told(record(of_class("name", "open", aliases=["phone"])), old) == [("name", "restricted", "open")]


def test_fields_within_lists_and_unions_count() -> None:
    old = record(nested("edges", of_class("share", "open"), of_class("owner", "personal")))
    new = record(nested("edges", of_class("share", "restricted"), of_class("owner", "shared")))
    changes = {(one.path, one.old, one.new, one.lowered) for one in class_changes(new, old)}
    assert changes == {("edges.share", "open", "restricted", False), ("edges.owner", "personal", "shared", True)}


def test_a_field_within_takes_the_class_around_it_where_it_has_none() -> None:
    bare, given = of_class("share", ...), of_class("share", "open")
    assert class_changes(record(nested("edges", given)), record(nested("edges", bare))) == []
    closed = record(nested("edges", bare, classification="restricted"))
    opened = record(nested("edges", bare))
    assert told(opened, closed) == [("edges", "restricted", "open"), ("edges.share", "restricted", "open")]
    assert find_field_class(closed, "edges.share") == (True, "restricted")


def test_a_list_made_of_one_record_does_not_hide_its_fields() -> None:
    person = {"type": "record", "name": "Person", "fields": [of_class("phone", "personal")]}
    old = record(of_class("owner", "open", person))
    new = record(nested("owner", of_class("phone", "open")))
    assert told(new, old) == [("owner.phone", "personal", "open")]


def test_a_record_that_holds_itself_is_compared_once() -> None:
    def tree(classification: str) -> RecordSchema:
        node = {"type": "record", "name": "Node", "fields": []}
        node["fields"] = [of_class("note", classification), of_class("next", "open", ["null", "Node"])]  # type: ignore
        return record(of_class("root", "open", node))

    assert told(tree("open"), tree("shared")) == [("root.note", "shared", "open")]


def test_a_field_that_comes_back_is_compared_with_what_it_was() -> None:
    first = record(of_class("name", "open"), of_class("phone", "personal"))
    without = record(of_class("name", "open"))
    again = record(of_class("name", "open"), of_class("phone", "open"))
    assert told(again, without, first) == [("phone", "personal", "open")]
    assert told(again, without) == []


def test_only_the_last_version_that_had_the_field_counts() -> None:
    approved = record(of_class("phone", "open"))
    assert told(record(of_class("phone", "open")), approved, record(of_class("phone", "personal"))) == []


def test_the_class_of_a_path_is_the_strictest_on_the_way() -> None:
    schema = record(nested("edges", of_class("share", "open"), classification="shared"))
    assert find_field_class(schema, "edges.share") == (True, "shared")
    assert find_field_class(schema, "edges.other") == (False, None)
    assert find_field_class(schema, "share") == (False, None)
