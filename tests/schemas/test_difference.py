"""Each kind of change with its place, and with the levels it alone breaks; the verdicts are worked out by hand."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from schemas.compatibility import LEVELS, check
from schemas.difference import Difference, difference
from schemas.difference_words import WORDS
from schemas.errors import AvroInvalid
from schemas.java_defaults import check_java_defaults
from schemas.model import parse_type
from tests.schema_registry.random_schemas import SchemaMaker

NONE: set[str] = set()
BACKWARD = {"BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}
FORWARD = {"FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}
BOTH = BACKWARD | FORWARD


def record(*fields: Any, name: str = "n.R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, avro: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": avro, **attributes}


def one(avro: Any, **attributes: Any) -> dict[str, Any]:
    return record(field("a", avro, **attributes))


def enum(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **attributes}


def fixed(size: int, name: str = "F", **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **attributes}


def decimal(scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}


def found(new: Any, old: Any) -> list[Difference]:
    return difference(json.dumps(new), json.dumps(old))


A, B, T = field("a", "int"), field("b", "int"), "/fields/0/type"

# old, new, kind, path, levels broken
SINGLE = [
    (record(A), record(A, B), "field-added", "/fields/1", BACKWARD),
    (record(A), record(A, field("b", "int", default=0)), "field-added", "/fields/1", NONE),
    (record(A, B), record(A), "field-removed", "/fields/1", FORWARD),
    (record(A, field("b", "int", default=0)), record(A), "field-removed", "/fields/1", NONE),
    (record(A), record(field("c", "int", aliases=["a"])), "field-renamed", "/fields/0/name", FORWARD),
    (record(A, B), record(B, A), "fields-reordered", "/", NONE),
    (one("int"), one("long"), "type-changed", T, FORWARD),
    (one("long"), one("int"), "type-changed", T, BACKWARD),
    (one("string"), one("bytes"), "type-changed", T, NONE),
    (one("string"), one("int"), "type-changed", T, BOTH),
    (one("string"), one({"type": "array", "items": "string"}), "type-changed", T, BOTH),
    (one("string"), one(["null", "string"]), "branch-added", f"{T}/0", FORWARD),
    (one(["null", "string"]), one("string"), "branch-removed", f"{T}/0", BACKWARD),
    (one(["null", "int"]), one(["null", "int", "string"]), "branch-added", f"{T}/2", FORWARD),
    (one(["null", "int"]), one(["null", "long"]), "type-changed", f"{T}/1", FORWARD),
    (one(["null", "int"]), one(["int", "null"]), "branches-reordered", T, NONE),
    (one("int"), one("int", default=1), "default-added", "/fields/0", NONE),
    (one("int", default=1), one("int"), "default-removed", "/fields/0", NONE),
    (one("int", default=1), one("int", default=2), "default-changed", "/fields/0", NONE),
    (one("int", doc="x"), one("int", doc="y"), "doc-changed", "/fields/0", NONE),
    (record(A, doc="x"), record(A), "doc-changed", "/", NONE),
    (one("int", label={"vi": "x"}), one("int", label={"vi": "y"}), "label-changed", "/fields/0", NONE),
    (one("int", unit="m"), one("int", unit="km"), "unit-changed", "/fields/0", NONE),
    (one("int", **{"class": "open"}), one("int", **{"class": "shared"}), "class-changed", "/fields/0", NONE),
    (one("int"), one("int", order="ignore"), "order-changed", "/fields/0", NONE),
    (one("int"), one("int", owner="me"), "attribute-changed", "/fields/0", NONE),
    (one("int"), one("int", aliases=["z"]), "aliases-changed", "/fields/0", NONE),
    (record(A, B), record(field("a", "int", aliases=["b"]), B), "aliases-changed", "/fields/0", BACKWARD),
    (record(A), record(A, name="n.S"), "type-renamed", "/name", BOTH),
    (record(A), record(A, name="n.S", aliases=["R"]), "type-renamed", "/name", FORWARD),
    (record(A), record(A, name="m.R"), "namespace-changed", "/name", NONE),
    (one(fixed(2)), one(fixed(3)), "size-changed", f"{T}/size", BOTH),
    (one(fixed(2)), one(fixed(2, name="G")), "type-renamed", f"{T}/name", BOTH),
    (one(decimal(2)), one(decimal(3)), "logical-type-changed", T, NONE),
    (one("int"), one({"type": "int", "logicalType": "date"}), "logical-type-changed", T, NONE),
    (one(enum("A")), one(enum("A", "B")), "symbols-added", f"{T}/symbols", FORWARD),
    (one(enum("A", default="A")), one(enum("A", "B", default="A")), "symbols-added", f"{T}/symbols", NONE),
    (one(enum("A", "B")), one(enum("A")), "symbols-removed", f"{T}/symbols", BACKWARD),
    (one(enum("A", "B")), one(enum("B", "A")), "symbols-reordered", f"{T}/symbols", NONE),
    (one(enum("A")), one(enum("A", default="A")), "enum-default-changed", T, NONE),
    (one("string"), one({"type": "string"}), "other-changed", "/", NONE),
]


@pytest.mark.parametrize(("old", "new", "kind", "path", "broken"), SINGLE)
def test_a_single_change_is_told_with_the_levels_it_breaks(
    old: Any, new: Any, kind: str, path: str, broken: set[str]
) -> None:
    changes = found(new, old)
    assert [(change.kind, change.path) for change in changes] == [(kind, path)]
    assert set(changes[0].broken_levels) == broken
    assert set(changes[0].verdicts) == set(LEVELS)
    assert changes[0].message_vi and changes[0].message_en and changes[0].message_vi != changes[0].message_en


def test_equal_schemas_do_not_differ() -> None:
    assert found(record(A, B), record(A, B)) == []


def test_every_kind_of_change_is_shown_here() -> None:
    assert {kind for _, _, kind, _, _ in SINGLE} | {"together"} == set(WORDS)


def test_one_change_does_not_take_the_blame_of_another() -> None:
    old = record(field("x", "int"), field("y", enum("A", "B")))
    new = record(field("x", "long"), field("y", enum("A")), field("z", "int", default=0))
    told = {change.kind: set(change.broken_levels) for change in found(new, old)}
    assert told == {"field-added": NONE, "type-changed": FORWARD, "symbols-removed": BACKWARD}


def test_changes_within_are_told_in_field_names_too() -> None:
    def edges(*fields: Any) -> dict[str, Any]:
        return one({"type": "array", "items": ["null", record(*fields, name="Edge")]})

    change = found(edges(A, B), edges(A))[0]
    assert (change.kind, change.path) == ("field-added", f"{T}/items/1/fields/1")
    assert change.message_en == "a[].b: the field is new"
    assert set(change.broken_levels) == BACKWARD


def test_a_record_that_holds_itself_changes_once() -> None:
    def chain(avro: Any) -> dict[str, Any]:
        return record(field("head", avro), field("tail", ["null", "n.R"]))

    changes = found(chain("long"), chain("int"))
    assert [(change.kind, set(change.broken_levels)) for change in changes] == [("type-changed", FORWARD)]


def test_a_default_of_null_is_told_apart_from_none() -> None:
    change = found(one(["null", "int"], default=None), one(["null", "int"]))[0]
    assert (change.kind, change.message_en) == ("default-added", "a: the default is now null, there was none")
    assert found(record(A), record(A, doc="x"))[0].message_vi == "mô tả từ “x” thành “không có”"


def test_changes_that_break_only_together_are_told_together() -> None:
    """bytes reads string and string reads bytes: either may go, not both."""
    changes = found(one(["int", "null"]), one(["string", "bytes"]))
    assert {change.kind for change in changes[:-1] if "BACKWARD" not in change.broken_levels} == {
        "branch-added",
        "branch-removed",
    }
    assert (changes[-1].kind, set(changes[-1].broken_levels)) == ("together", BOTH)
    assert "no branch of the reader's union takes the type string" in changes[-1].message_en


def test_types_that_references_define_are_followed() -> None:
    money = {"n.Money": parse_type(fixed(8, name="n.Money"))}
    new = difference(json.dumps(one("n.Money")), json.dumps(one("int")), new_known=money)
    assert [(change.kind, change.new) for change in new] == [("type-changed", "fixed")]


def test_a_schema_that_is_none_is_refused() -> None:
    for text in ('{"type": "record", "name": "R"}', "{"):
        with pytest.raises(AvroInvalid):
            difference(text, '"int"')


def test_what_java_takes_is_compared_too() -> None:
    told = difference('/* why */ {"type": "long"}', '"int"')
    assert [change.kind for change in told] == ["type-changed"]


def test_a_lone_change_has_the_verdicts_of_the_two_schemas() -> None:
    """On pairs made at random: what `check` says of the whole is what is said of the only change."""
    maker, compared, alone = SchemaMaker(random.Random(7)), 0, 0
    while compared < 1500:
        old = maker.schema()
        new = maker.changed(old)
        try:
            older, newer = parse_type(old), parse_type(new)
            check_java_defaults(older)
            check_java_defaults(newer)
        except (AvroInvalid, RecursionError):
            continue
        compared += 1
        changes = found(new, old)
        if check(older, older) or check(newer, newer):
            continue  # a schema whose aliases are ambiguous cannot read its own data
        whole = {"BACKWARD": not check(newer, older), "FORWARD": not check(older, newer)}
        if len(changes) == 1:
            alone += 1
            assert {level: changes[0].verdicts[level] for level in whole} == whole, (old, new)
        for level, kept in whole.items():
            assert kept or not all(change.verdicts[level] for change in changes), (old, new)
    assert alone > 200
