from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from producers.batches import check_completeness, halve_doubled
from producers.errors import DeclarationError
from producers.feed import BatchQuarantined, Fact, Flag, Origin, Refusal, Row
from producers.mapping import DeclaredMapping

FIELDS: dict[str, Any] = {
    "code": {"column": "id", "rules": ["trim"], "required": True},
    "name": {"column": ["ten", "tendoituong"], "rules": ["trim"]},
    "price": {"column": "gia", "rules": ["trim", {"vnd": {"residue": "price_note"}}]},
    "kind": {"constant": "PLACE"},
}


def rows(*values: dict[str, Any]) -> list[Row]:
    return [Row(one, Origin("a.csv", number)) for number, one in enumerate(values, start=2)]


def mapping(**more: Any) -> DeclaredMapping:
    return DeclaredMapping({"event": "PlaceListed", "key": ["code"], "fields": FIELDS, **more})


def test_a_row_becomes_a_fact_with_its_key_and_origin() -> None:
    (fact,) = mapping().apply(rows({"id": " 7 ", "tendoituong": "Ngọ  Môn", "gia": "20.000 VND"}))
    assert isinstance(fact, Fact)
    assert (fact.event, fact.key, fact.origin.row) == ("PlaceListed", "7", 2)
    assert fact.fields == {"code": "7", "name": "Ngọ Môn", "price": 20000, "kind": "PLACE"}


def test_a_column_that_the_source_lacks_stays_null() -> None:
    (fact,) = mapping().apply(rows({"id": "7"}))
    assert isinstance(fact, Fact)
    assert fact.fields["price"] is None


def test_a_refused_field_refuses_its_row_and_tells_file_row_field_and_way_out() -> None:
    (refusal,) = mapping().apply(rows({"id": "7", "gia": "liên hệ"}))
    assert isinstance(refusal, Refusal)
    assert (str(refusal.origin), refusal.field, refusal.code) == ("a.csv, row 2", "price", "not-a-price")
    assert refusal.way_out


def test_a_field_may_be_refused_alone() -> None:
    price = FIELDS["price"] | {"on_refusal": "null-field"}
    refusal, fact = mapping(fields=FIELDS | {"price": price}).apply(rows({"id": "7", "gia": "liên hệ"}))
    assert isinstance(refusal, Refusal)
    assert isinstance(fact, Fact)
    assert fact.fields.get("price") is None


def test_a_required_field_without_value_refuses_the_row() -> None:
    (refusal,) = mapping().apply(rows({"ten": "Ngọ Môn"}))
    assert isinstance(refusal, Refusal)
    assert (refusal.field, refusal.code) == ("code", "missing")


def test_two_columns_fill_two_fields_as_one_point() -> None:
    point = {"columns": ["x", "y"], "rules": [{"lonlat": {"box": [107, 15.9, 108.3, 16.8]}}], "into": ["lon", "lat"]}
    flag, fact = mapping(fields=FIELDS | {"point": point}).apply(rows({"id": "7", "x": "16.4", "y": "107.5"}))
    assert isinstance(flag, Flag)
    assert isinstance(fact, Fact)
    assert (flag.rule, fact.fields["lon"], fact.fields["lat"]) == ("swapped-axes", 107.5, 16.4)


def test_a_bare_date_of_validity_begins_at_midnight_of_the_zone() -> None:
    declared = mapping(zone="Asia/Ho_Chi_Minh", valid_from={"column": "tu", "rules": ["date"]})
    (fact,) = declared.apply(rows({"id": "7", "tu": "1/7/2025"}))
    assert isinstance(fact, Fact)
    assert fact.valid_from == 1_751_302_800_000_000  # 2025-06-30T17:00:00Z


def test_the_parts_of_a_key_and_of_an_identity_are_joined() -> None:
    fields = FIELDS | {"day": {"column": "ngay", "rules": ["date"]}}
    declared = mapping(fields=fields, key=["code", "day"], identity=["day"])
    (fact,) = declared.apply(rows({"id": "7", "ngay": "1/7/2025"}))
    assert isinstance(fact, Fact)
    assert (fact.key, fact.identity, fact.fields["day"]) == ("7~2025-07-01", "2025-07-01", date(2025, 7, 1))


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"colour": 1}, "mapping.colour: unknown"),
        ({"fields": {"a": {"column": "a", "rules": ["nothing"]}}}, "the rule 'nothing' is not known"),
        ({"fields": {"a": {"col": "a"}}}, "mapping.fields.a.col: unknown"),
        ({"fields": {"a": {"column": "a", "rules": [{"lonlat": {}}]}}}, "needs box"),
        ({"key": []}, "needs an event, a key and fields"),
    ],
)
def test_a_mapping_that_is_not_understood_is_refused(more: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        mapping(**more)


def test_a_rule_may_come_from_a_module() -> None:
    fields = {"code": {"column": "id", "rules": [{"producers.rules:to_text": {"width": 3}}]}}
    (fact,) = mapping(fields=fields).apply(rows({"id": 7}))
    assert isinstance(fact, Fact)
    assert fact.key == "007"


def test_a_list_that_says_it_is_incomplete_is_quarantined_before_any_fact() -> None:
    declared = mapping(batch=[{"completeness": {"column": "totalRows"}}])
    with pytest.raises(BatchQuarantined, match="says totalRows 190 and holds 2 rows"):
        next(declared.apply(rows({"id": "1", "totalRows": "190"}, {"id": "2", "totalRows": "190"})))


def test_a_list_that_is_as_long_as_it_says_passes() -> None:
    check_completeness(rows({"n": "2"}, {"n": 2}), "n")


def test_a_list_that_is_itself_twice_is_halved_and_reported() -> None:
    listed = rows({"id": "1", "a": "x"}, {"id": "2", "a": "y"}, {"id": "3", "a": "y"}, {"id": "4", "a": "x"})
    kept, flags = halve_doubled(listed, ignore=("id",))
    assert [row.values["id"] for row in kept] == ["1", "2"]
    assert [flag.rule for flag in flags] == ["doubled-list"]


def test_a_list_with_some_doubles_stays_as_it_is() -> None:
    listed = rows({"a": "x"}, {"a": "x"}, {"a": "y"})
    assert halve_doubled(listed) == (listed, [])
