"""Every reason for which a record is set aside, and what is waited for before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumers.rebuild import rebuild
from hub.log.interface import NewRecord
from hub.registries.tables import dead_letters
from hub.schema_registry.registering import register
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.store import SchemaStore
from hub.security.signatures import generate_keys, sign
from tests.consumers.conftest import Town
from tests.workload import SCHEMAS, SPACE, TOURISM, changed, definition_text, registered


def good(town: Town, key: str = "a") -> NewRecord:
    return town.city.records([registered(1, key)])[0]


def with_header(record: NewRecord, name: str, value: bytes | None) -> NewRecord:
    """`record` with one header changed, or without it."""
    others = tuple(one for one in record.headers if one[0] != name)
    return replace(record, headers=others if value is None else (*others, (name, value)))


def apply(town: Town, record: NewRecord) -> list[str]:
    town.log.append([record])
    town.runner().catch_up()
    return town.reasons()


def test_a_sound_event_is_accepted(town: Town) -> None:
    assert apply(town, good(town)) == []
    assert town.current() == ["a"]


def test_a_record_without_value(town: Town) -> None:
    assert apply(town, replace(good(town), value=None)) == ["no-value"]


def test_a_value_without_prefix(town: Town) -> None:
    assert apply(town, replace(good(town), value=b"{}")) == ["bad-magic"]


def test_avro_single_object_encoding(town: Town) -> None:
    assert apply(town, replace(good(town), value=b"\xc3\x01" + bytes(20))) == ["single-object-encoding"]


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence"])
def test_a_mandatory_header_missing(town: Town, name: str) -> None:
    assert apply(town, with_header(good(town), name, None)) == ["missing-header"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_time", b"yesterday"),
        ("ce_sequence", b"-1"),
        ("ce_specversion", b"0.3"),
        ("ce_correction", b"perhaps"),
        ("ce_id", b"\xff"),
        ("ce_id", b"a\x00b"),
        ("ce_id", b"x" * 201),
    ],
)
def test_a_header_that_cannot_be_read(town: Town, name: str, value: bytes) -> None:
    assert apply(town, with_header(good(town), name, value)) == ["bad-header"]


def test_a_schema_of_another_event(town: Town) -> None:
    assert apply(town, with_header(good(town), "ce_type", b"PlaceClosed")) == ["wrong-schema"]


def test_a_dataschema_that_names_another_schema(town: Town) -> None:
    other = town.city.state.subjects[f"{SPACE}.PlaceClosed"][-1].guid
    record = with_header(good(town), "ce_dataschema", f"https://hub.example/{other}".encode())
    assert apply(town, record) == ["wrong-schema"]


def test_an_event_type_the_registry_does_not_know(town: Town) -> None:
    assert apply(town, with_header(good(town), "ce_type", b"PlaceEaten")) == ["unknown-event-type"]


def test_bytes_that_break_the_schema(town: Town) -> None:
    record = good(town)
    assert apply(town, replace(record, value=(record.value or b"")[:-3])) == ["undecodable"]


def test_bytes_after_the_value(town: Town) -> None:
    record = good(town)
    assert apply(town, replace(record, value=(record.value or b"") + b"\x00")) == ["undecodable"]


def test_a_patch_that_lists_an_unknown_field(town: Town) -> None:
    event = changed(2, "a", valid_from=0, name="Mới")
    event = replace(event, fields={**event.fields, "changed": ["colour"]})
    assert apply(town, town.city.records([event])[0]) == ["undecodable"]


def test_a_source_of_another_department(town: Town) -> None:
    assert apply(town, with_header(good(town), "ce_source", TOURISM.encode())) == ["source-not-allowed"]


def test_a_record_key_that_is_not_the_subject(town: Town) -> None:
    assert apply(town, replace(good(town), key=b"b")) == ["key-mismatch"]


def test_a_subject_that_is_not_the_key_of_the_fields(town: Town) -> None:
    assert apply(town, replace(with_header(good(town), "ce_subject", b"b"), key=b"b")) == ["key-mismatch"]


def test_a_key_that_is_too_long(town: Town) -> None:
    assert apply(town, good(town, "k" * 1025)) == ["too-large"]


def test_a_dead_letter_keeps_its_bytes_and_its_position(town: Town) -> None:
    record = replace(good(town), value=b"rubbish")
    apply(town, record)
    (letter,) = town.rows(dead_letters)
    assert (letter.key, letter.value, letter.offset, letter.status) == (b"a", b"rubbish", 0, "open")


# schemas that are not known yet


def with_schema(town: Town, schema_id: int) -> NewRecord:
    record = good(town)
    return replace(record, value=b"\x00" + schema_id.to_bytes(4, "big") + (record.value or b"")[5:])


def test_an_unknown_schema_is_waited_for_a_minute_and_then_set_aside(town: Town) -> None:
    town.log.append([with_schema(town, 999)])
    runner = town.runner()
    assert runner.step() == 0
    town.elapsed_s = 59.0
    assert runner.step() == 0
    town.elapsed_s = 60.0
    assert runner.step() == 1
    assert town.reasons() == ["unknown-schema"]


def test_a_schema_of_a_free_subject_is_known_and_wrong_at_once(town: Town) -> None:
    subjects = SchemaStore(town.engine, town.log, now=lambda: town.now)
    free = register(subjects, "anyone-value", SchemaRequest('"string"'), "anyone")
    town.log.append([with_schema(town, free.id)])
    assert town.runner().step() == 1
    assert town.reasons() == ["wrong-schema"]


def test_the_id_of_a_draft_is_set_aside_at_once_as_such(town: Town) -> None:
    town.log.append([with_schema(town, 2**30 + 7)])
    assert town.runner().step() == 1
    assert town.reasons() == ["draft-schema"]


def test_events_before_the_unknown_schema_are_not_held_up(town: Town) -> None:
    first = good(town)
    town.log.append([first, replace(with_schema(town, 999), partition=None)])
    assert town.runner().catch_up() == 1
    assert town.current() == ["a"]


def test_a_schema_that_comes_within_the_minute_is_decided_by_the_newer_control_state(town: Town) -> None:
    waited_for = max(town.city.state.schemas) + 1
    town.log.append([with_schema(town, waited_for)])
    runner = town.runner()
    assert runner.step() == 0
    newer = SCHEMAS["PlaceRegistered"].replace("of a test", "of another test")
    assert town.city.store.register_schema(newer).id == waited_for
    assert runner.step() == 1
    assert town.reasons() == ["wrong-schema"]  # known now, but ce_dataschema still names the older one


def test_what_was_set_aside_stays_so_when_the_schema_comes_later(town: Town) -> None:
    waited_for = max(town.city.state.schemas) + 1
    town.log.append([with_schema(town, waited_for)])
    runner = town.runner()
    runner.step()
    town.elapsed_s = 61.0
    runner.step()
    town.city.store.register_schema(SCHEMAS["PlaceRegistered"].replace("of a test", "of another test"))
    rebuild(town.registry, town.log, town.engine)
    assert town.reasons() == ["unknown-schema"]


# signatures


def signed_town(town: Town) -> tuple[bytes, bytes]:
    town.city.store.define_registry(definition_text(town.registry, version=2, signatures=True))
    private, public = generate_keys()
    town.city.store.register_key(key_id="k1", organisation="H57.15", public_key=public)
    return private, public


def test_a_signed_event_is_accepted(town: Town) -> None:
    private, _ = signed_town(town)
    record = good(town)
    signed = sign(private, "k1", key=record.key, value=record.value, headers=record.headers)
    assert apply(town, replace(record, headers=signed)) == []


def test_an_unsigned_event_where_signatures_are_asked_for(town: Town) -> None:
    signed_town(town)
    assert apply(town, good(town)) == ["signature-missing"]


def test_a_signature_of_something_else(town: Town) -> None:
    private, _ = signed_town(town)
    record = good(town)
    signed = sign(private, "k1", key=b"other", value=record.value, headers=record.headers)
    assert apply(town, replace(record, headers=signed)) == ["bad-signature"]


def test_a_key_nobody_registered(town: Town) -> None:
    private, _ = signed_town(town)
    record = good(town)
    signed = sign(private, "k2", key=record.key, value=record.value, headers=record.headers)
    assert apply(town, replace(record, headers=signed)) == ["unknown-key"]


def test_a_key_of_another_organisation(town: Town) -> None:
    private, public = signed_town(town)
    town.city.store.register_key(key_id="k3", organisation="H57.16", public_key=public)
    record = good(town)
    signed = sign(private, "k3", key=record.key, value=record.value, headers=record.headers)
    assert apply(town, replace(record, headers=signed)) == ["unknown-key"]
