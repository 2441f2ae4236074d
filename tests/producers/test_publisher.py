from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.log.interface import Headers
from producers.catalogue import ControlCatalogue
from producers.errors import EventInvalid, SchemaUnknown
from producers.feed import Fact, Origin
from producers.outbox import Outbox
from producers.publisher import Publisher
from schemas.avro import parse_record_schema
from schemas.decoding import compile_decoder
from schemas.event import from_headers
from schemas.wire import schema_id_of
from tests.producers.places_registry import SCHEMAS, SOURCE, TOPIC


def publish(outbox: Outbox, catalogue: ControlCatalogue, fact: Fact, **more: Any) -> Any:
    Publisher(outbox, SOURCE, TOPIC, catalogue, **more).publish(fact)
    return outbox.list_pending(TOPIC, limit=1)[0].record


def listed(**fields: Any) -> Fact:
    return Fact(
        "PlaceListed", "7", {"code": "7", "name": "Ngọ Môn", **fields}, Origin("a.xlsx", 3, "Huế"), happened_at=5
    )


def test_an_event_goes_out_as_framed_avro_with_cloudevents_headers(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    record = publish(outbox, catalogue, listed(price=20000, since=date(2025, 7, 1), area=Decimal("1.50")))
    schema = parse_record_schema(SCHEMAS[0])
    envelope = from_headers(record.headers)
    assert schema_id_of(record.value) == 1
    decoded = compile_decoder(schema)(record.value)
    assert decoded == {"code": "7", "name": "Ngọ Môn", "price": 20000, "since": 20270, "area": 150}
    assert (envelope.type, envelope.subject, record.key) == ("PlaceListed", "7", b"7")
    assert (envelope.happened_at, envelope.schema_guid) == (5, schema.guid)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price": "20.000"}, "price"),
        ({"area": Decimal("1.505")}, "area"),
        ({"since": "2025-07-01"}, "since"),
        ({"colour": "red"}, "colour"),
        ({"name": None}, "name"),
    ],
)
def test_a_field_that_breaks_the_schema_is_refused_with_file_sheet_row_and_field(
    outbox: Outbox, catalogue: ControlCatalogue, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(EventInvalid, match=r"a\.xlsx, sheet Huế, row 3") as caught:
        publish(outbox, catalogue, listed(**fields))
    assert caught.value.field == field
    assert outbox.count_pending() == 0


def test_a_key_that_is_not_the_fields_is_refused(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    with pytest.raises(EventInvalid, match="the fields say the key '8'"):
        publish(outbox, catalogue, listed(code="8"))


def test_an_event_too_large_for_the_log_is_refused_before_it_is_put(
    outbox: Outbox, catalogue: ControlCatalogue
) -> None:
    with pytest.raises(EventInvalid) as caught:
        publish(outbox, catalogue, listed(name="x" * 1_000_000))
    assert caught.value.code == "too-large"


def test_an_event_the_hub_does_not_know_is_refused(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    with pytest.raises(SchemaUnknown, match="PlaceBurnt"):
        publish(outbox, catalogue, Fact("PlaceBurnt", "7", {}, Origin("a.csv", 1)))


def test_a_correction_names_what_it_corrects(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    first = publisher.publish(listed())
    publisher.publish(listed(price=1), correction="corrected", corrects=first)
    envelope = from_headers(outbox.list_pending(TOPIC, limit=2)[1].record.headers)
    assert (envelope.correction, envelope.corrects) == ("corrected", first)


def test_a_signature_is_made_over_what_is_sent(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    def sign(key: bytes, value: bytes, headers: Headers) -> Headers:
        assert dict(headers)["ce_sequence"] == b"1"
        return (*headers, ("ce_keyid", b"k1"), ("ce_signature", bytes([65 + len(key)])))

    record = publish(outbox, catalogue, listed(), sign=sign)
    assert from_headers(record.headers).signature == "B"
