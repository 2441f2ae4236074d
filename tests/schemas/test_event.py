"""CloudEvents headers, and what of an event is compared and signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import EnvelopeError
from schemas.event import (
    MANDATORY,
    Envelope,
    Headers,
    canonical_bytes,
    from_headers,
    identity_digest,
    organisation_of,
    to_headers,
)
from schemas.times import FIRST_MICROSECOND, LAST_MICROSECOND, OPEN

PLAIN = Envelope(
    id="0190163d-8694-739b-aea5-966c26f8ad91",
    source="urn:city:H57.15:tickets",
    type="TicketPriceSet",
    subject="GATE~ADULT",
    happened_at=1_751_302_800_000_000,
    sequence=42,
    dataschema="http://hub.test/schemas/5f1e9f5e-7a3f-5c0d-9d39-6d0d2f3b6a11",
    valid_from=1_751_302_800_000_000,
)

instants = st.integers(FIRST_MICROSECOND, LAST_MICROSECOND)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    start, end = sorted(draw(st.lists(instants, min_size=2, max_size=2, unique=True)))
    correction = draw(st.sampled_from(["changed", "corrected", "retracted"]))
    return Envelope(
        id=draw(texts),
        source=draw(st.sampled_from(["urn:a:H1:x", "urn:a-b:H57.15.2:x-y;3"])),
        type=draw(texts),
        subject=draw(texts),
        happened_at=draw(instants),
        sequence=draw(st.integers(0, 10**18 - 1)),
        dataschema=draw(texts),
        valid_from=start,
        valid_to=draw(st.sampled_from([end, OPEN])),
        correction=correction,
        corrects=None if correction == "changed" else draw(texts),
        causation_id=draw(st.none() | texts),
        correlation_id=draw(st.none() | texts),
        traceparent=draw(st.none() | texts),
        legal_basis=draw(st.none() | texts),
        key_id=draw(st.none() | texts),
        signature=draw(st.none() | texts),
    )


def with_header(name: str, value: bytes) -> Headers:
    kept = tuple(one for one in to_headers(PLAIN) if one[0] != name)
    return (*kept, (name, value))


@given(envelopes())
def test_every_envelope_comes_back_from_its_headers(envelope: Envelope) -> None:
    assert from_headers(to_headers(envelope)) == envelope


def test_the_headers_are_those_of_the_kafka_binding() -> None:
    """CloudEvents Kafka protocol binding 1.0.2, section 3.2.3."""
    assert to_headers(PLAIN) == (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"0190163d-8694-739b-aea5-966c26f8ad91"),
        ("ce_source", b"urn:city:H57.15:tickets"),
        ("ce_type", b"TicketPriceSet"),
        ("ce_subject", b"GATE~ADULT"),
        ("ce_time", b"2025-06-30T17:00:00Z"),
        ("content-type", b"application/avro"),
        ("ce_dataschema", b"http://hub.test/schemas/5f1e9f5e-7a3f-5c0d-9d39-6d0d2f3b6a11"),
        ("ce_sequence", b"42"),
    )


def test_the_guid_is_the_end_of_the_dataschema() -> None:
    assert PLAIN.schema_guid == "5f1e9f5e-7a3f-5c0d-9d39-6d0d2f3b6a11"


@pytest.mark.parametrize("name", MANDATORY)
@pytest.mark.parametrize("empty", [True, False])
def test_a_mandatory_header_that_is_missing_or_empty_is_named(name: str, empty: bool) -> None:
    headers = tuple(one for one in to_headers(PLAIN) if one[0] != name)
    with pytest.raises(EnvelopeError) as caught:
        from_headers((*headers, (name, b"")) if empty else headers)
    assert (caught.value.code, caught.value.header) == ("missing-header", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("content-type", b"application/json"),
        ("ce_source", b"https://example.org"),
        ("ce_source", b"urn:city:H57"),
        ("ce_source", b"urn:city:H57.15:tickets;"),
        ("ce_time", b"2025-07-01"),
        ("ce_time", b"2025-07-01T00:00:00"),
        ("ce_sequence", b"-1"),
        ("ce_sequence", b"1.0"),
        ("ce_sequence", "٤".encode()),
        ("ce_sequence", b"9" * 19),
        ("ce_validfrom", b"yesterday"),
        ("ce_validfrom", b""),
        ("ce_validto", b"2025-06-30T17:00:00Z"),
        ("ce_correction", b"deleted"),
        ("ce_correction", b"corrected"),
        ("ce_corrects", b"another-id"),
        ("ce_id", b"\xff"),
        ("ce_legalbasis", b"\xff"),
    ],
)
def test_a_malformed_header_is_a_bad_header(name: str, value: bytes) -> None:
    with pytest.raises(EnvelopeError) as caught:
        from_headers(with_header(name, value))
    assert caught.value.code == "bad-header"
    assert caught.value.header in (name, "ce_corrects")


def test_a_header_that_stands_twice_is_a_bad_header() -> None:
    with pytest.raises(EnvelopeError, match="ce_id stands twice") as caught:
        from_headers((*to_headers(PLAIN), ("ce_id", b"other")))
    assert (caught.value.code, caught.value.header) == ("bad-header", "ce_id")


def test_headers_of_others_may_hold_any_bytes() -> None:
    assert from_headers((*to_headers(PLAIN), ("x-agent", b"\xff"), ("x-agent", b"\xfe"))) == PLAIN


def test_the_organisation_stands_in_the_source() -> None:
    assert organisation_of("urn:city:H57.15.3:tickets;2") == "H57.15.3"


def test_trace_headers_do_not_change_the_identity() -> None:
    traced = to_headers(replace(PLAIN, traceparent="00-abc-def-01"))
    assert identity_digest(b"k", b"v", traced) == identity_digest(b"k", b"v", to_headers(PLAIN))


@given(st.permutations(to_headers(PLAIN)))
def test_the_order_of_headers_does_not_change_the_identity(headers: list[tuple[str, bytes]]) -> None:
    assert identity_digest(b"k", b"v", tuple(headers)) == identity_digest(b"k", b"v", to_headers(PLAIN))


@pytest.mark.parametrize("name", [one for one, _ in to_headers(PLAIN)])
def test_every_other_header_changes_the_identity(name: str) -> None:
    assert identity_digest(b"k", b"v", with_header(name, b"?")) != identity_digest(b"k", b"v", to_headers(PLAIN))


def test_key_and_value_change_the_identity() -> None:
    digests = {
        identity_digest(key, value, ()) for key, value in [(b"a", b"b"), (b"ab", b""), (b"", b"ab"), (b"b", b"a")]
    }
    assert len(digests) == 4


def test_the_canonical_bytes_are_length_prefixed_parts_sorted_by_name() -> None:
    headers = (("ce_b", b"2"), ("traceparent", b"x"), ("ce_a", b"1"), ("ce_signature", b"s"))
    signed = canonical_bytes(b"k", None, headers, signature=False)
    assert signed == b"\0\0\0\1k\0\0\0\0\0\0\0\4ce_a\0\0\0\x011\0\0\0\4ce_b\0\0\0\x012"
    assert canonical_bytes(b"k", None, headers) == signed + b"\0\0\0\x0cce_signature\0\0\0\1s"
