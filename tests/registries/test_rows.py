"""Values as public JSON and as columns; headers packed and unpacked."""

from __future__ import annotations

import json
from typing import Any

import orjson

from hub.registries.rows import RowMaker, pack_headers, payload_columns, unpack_headers
from schemas.avro import parse_record_schema
from schemas.definition import Definition, parse_definition

DAY_US = 86_400_000_000


def described(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "class": "open", "label": {"vi": name, "en": name}, "doc": name, **more}


FIELDS = [
    described("code", "string"),
    described("name", ["null", "string"]),
    described("fee", ["null", {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 2}], unit="VND"),
    described("opened", ["null", {"type": "int", "logicalType": "date"}]),
    described("seen", ["null", {"type": "long", "logicalType": "timestamp-micros"}]),
    described("opens", ["null", {"type": "int", "logicalType": "time-millis"}]),
    described("tags", ["null", {"type": "array", "items": "string"}]),
    described("covered", ["null", "boolean"]),
    described("photo", ["null", "bytes"]),
    described("share", ["null", "double"], unit="1"),
    described(
        "steps",
        {
            "type": "array",
            "items": {
                "type": "record",
                "name": "Step",
                "fields": [
                    {"name": "on", "type": {"type": "int", "logicalType": "date"}},
                    {
                        "name": "cost",
                        "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 1}],
                    },
                ],
            },
        },
    ),
]
EMPTY = {one["name"]: None for one in FIELDS} | {"code": "k", "steps": []}


def definition() -> Definition:
    schema = parse_record_schema(json.dumps({"type": "record", "name": "Put", "namespace": "t", "fields": FIELDS}))
    text = """
registry: things
version: 1
title: {vi: a, en: a}
description: {vi: a, en: a}
custodian: culture
licence: CC-BY-4.0
attribution: a
cadence: P1D
limit: P1D
writers: [culture]
title_field: name
sortable: [name]
search: [name, tags]
events:
  Put: {operation: put, key: code}
"""
    return parse_definition(text, {schema.full_name: schema})


MAKER = RowMaker(definition())


def body(**values: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MAKER.body_bytes("k", EMPTY | values))
    return found


def column(name: str, /, **values: Any) -> Any:
    return dict(zip(MAKER.columns, MAKER.make("k", EMPTY | values), strict=True))[name]


def test_a_body_begins_with_the_key_and_follows_the_definition() -> None:
    assert list(body()) == ["key", *(one["name"] for one in FIELDS)]


def test_what_is_empty_is_null() -> None:
    assert body()["name"] is None
    assert body()["opened"] is None


def test_what_an_event_lacks_is_null() -> None:
    assert json.loads(MAKER.body_bytes("k", {"code": "k"}))["fee"] is None


def test_a_decimal_of_15_digits_is_an_exact_number() -> None:
    assert b'"fee":1234567890123.45' in MAKER.body_bytes("k", EMPTY | {"fee": 123456789012345})


def test_a_longer_decimal_is_a_text() -> None:
    assert body(fee=-1234567890123456)["fee"] == "-12345678901234.56"


def test_a_small_decimal_keeps_its_places() -> None:
    assert body(fee=5)["fee"] == 0.05


def test_days_become_a_date() -> None:
    assert body(opened=20270)["opened"] == "2025-07-01"


def test_a_day_before_1970_is_a_date_too() -> None:
    assert body(opened=-1)["opened"] == "1969-12-31"


def test_microseconds_become_an_instant_in_utc() -> None:
    assert body(seen=20270 * DAY_US + 1_500_000)["seen"] == "2025-07-01T00:00:01.500Z"


def test_a_time_of_day_has_hours_minutes_and_seconds() -> None:
    assert body(opens=(7 * 3600 + 30 * 60) * 1_000_000)["opens"] == "07:30:00"


def test_bytes_become_base64() -> None:
    assert body(photo=b"\x00\xff")["photo"] == "AP8="


def test_text_is_composed() -> None:
    assert body(name="Hue\u0302\u0301")["name"] == "Hu\u1ebf"


def test_values_within_a_record_become_json_too() -> None:
    assert body(steps=[{"on": 0, "cost": 15}, {"on": 1, "cost": None}])["steps"] == [
        {"on": "1970-01-01", "cost": 1.5},
        {"on": "1970-01-02", "cost": None},
    ]


def test_columns_are_comparable_numbers() -> None:
    assert column("f_fee", fee=2050) == 2050
    assert column("f_opened", opened=20270) == 20270
    assert column("f_covered", covered=True) == 1


def test_strings_stand_between_unit_separators() -> None:
    assert column("f_tags", tags=["a", "b"]) == "\x1fa\x1fb\x1f"


def test_no_strings_are_an_empty_text() -> None:
    assert column("f_tags", tags=[]) == ""


def test_a_decimal_that_fits_no_column_has_none() -> None:
    assert column("f_fee", fee=10**19) is None


def test_nested_values_and_bytes_have_no_column() -> None:
    assert not {"f_steps", "f_photo"} & set(payload_columns(definition()))


def test_searched_texts_are_those_of_the_definition() -> None:
    assert column("search", name="Trạm", tags=["y tế"]) == "=trạm=y=tế= tram y te "


def test_a_patch_gives_what_a_put_of_the_whole_would() -> None:
    whole = EMPTY | {"name": "Huế", "tags": ["x"], "fee": 2050, "opened": 3}
    before = MAKER.make("k", EMPTY | {"name": "Đà", "fee": 2050, "opened": 3})
    assert MAKER.patch(before, {"name": "Huế", "tags": ["x"]}, ["name", "tags"]) == MAKER.make("k", whole)


def test_a_patch_leaves_what_it_does_not_list() -> None:
    before = MAKER.make("k", EMPTY | {"name": "Đà", "fee": 2050})
    after = MAKER.patch(before, {"name": "Huế", "fee": None}, ["name"])
    assert orjson.loads(after[0])["fee"] == 20.5


def test_a_patch_empties_a_field_listed_without_value() -> None:
    before = MAKER.make("k", EMPTY | {"name": "Đà"})
    assert MAKER.patch(before, {"name": None}, ["name"]) == MAKER.make("k", EMPTY)


def test_headers_come_back_as_they_were() -> None:
    headers = (("ce_id", b"1"), ("x-own", b""), ("ce_id", b"\xff\x00"), ("tên", b"3"))
    assert unpack_headers(pack_headers(headers)) == headers


def test_no_headers_come_back_as_none() -> None:
    assert unpack_headers(pack_headers(())) == ()
