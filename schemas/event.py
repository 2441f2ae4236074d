"""The event on the wire: CloudEvents 1.0, Kafka binding, binary mode.

Header names are those of the CloudEvents Kafka protocol binding 1.0.2, section 3.2.3: the attribute's
name with the prefix `ce_`, and `content-type` for `datacontenttype`.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from schemas.errors import EnvelopeError
from schemas.times import OPEN, format_instant, parse_instant

Headers = tuple[tuple[str, bytes], ...]

CONTENT_TYPE = "application/avro"
CORRECTIONS = ("changed", "corrected", "retracted")
MANDATORY = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "content-type",
    "ce_dataschema",
    "ce_sequence",
)
OPTIONAL = (
    "ce_validfrom",
    "ce_validto",
    "ce_correction",
    "ce_corrects",
    "ce_causationid",
    "ce_correlationid",
    "traceparent",
    "ce_legalbasis",
    "ce_keyid",
    "ce_signature",
)
_READ = frozenset(MANDATORY + OPTIONAL)
TRACE_HEADERS = frozenset({"traceparent", "tracestate"})
_UNSIGNED_HEADERS = TRACE_HEADERS | {"ce_signature"}
_LENGTH = struct.Struct(">I")
_SOURCE = re.compile(r"urn:[a-z0-9-]+:([A-Za-z0-9.]+):([a-z0-9-]+)(?:;[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The metadata of one event. Instants are microseconds UTC; `valid_to` is `OPEN` where there is no end."""

    id: str
    source: str
    type: str
    subject: str
    happened_at: int
    sequence: int
    dataschema: str
    valid_from: int
    valid_to: int = OPEN
    correction: str = "changed"
    corrects: str | None = None
    causation_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    legal_basis: str | None = None
    key_id: str | None = None
    signature: str | None = None

    @property
    def schema_guid(self) -> str:
        """The GUID at the end of `dataschema`."""
        return self.dataschema.rsplit("/", 1)[-1]


def organisation_of(source: str) -> str:
    """The organisation code in `urn:<place>:<organisation code>:<system>`; raises `EnvelopeError`."""
    match = _SOURCE.match(source)
    if match is None:
        raise EnvelopeError(
            "bad-header", "ce_source", f"ce_source {source!r} is not urn:<place>:<organisation code>:<system>"
        )
    return match[1]


def to_headers(envelope: Envelope) -> Headers:
    """The headers of `envelope` in a fixed order; optional ones only where they say something."""
    pairs: list[tuple[str, str | None]] = [
        ("ce_specversion", "1.0"),
        ("ce_id", envelope.id),
        ("ce_source", envelope.source),
        ("ce_type", envelope.type),
        ("ce_subject", envelope.subject),
        ("ce_time", format_instant(envelope.happened_at)),
        ("content-type", CONTENT_TYPE),
        ("ce_dataschema", envelope.dataschema),
        ("ce_sequence", str(envelope.sequence)),
        (
            "ce_validfrom",
            format_instant(envelope.valid_from) if envelope.valid_from != envelope.happened_at else None,
        ),
        ("ce_validto", format_instant(envelope.valid_to) if envelope.valid_to != OPEN else None),
        ("ce_correction", envelope.correction if envelope.correction != "changed" else None),
        ("ce_corrects", envelope.corrects),
        ("ce_causationid", envelope.causation_id),
        ("ce_correlationid", envelope.correlation_id),
        ("traceparent", envelope.traceparent),
        ("ce_legalbasis", envelope.legal_basis),
        ("ce_keyid", envelope.key_id),
        ("ce_signature", envelope.signature),
    ]
    return tuple((name, value.encode()) for name, value in pairs if value is not None)


def from_headers(headers: Headers) -> Envelope:
    """The envelope in `headers`; raises `EnvelopeError` naming the first header that is missing or wrong."""
    texts = _texts(headers)
    for name in MANDATORY:
        if not texts.get(name):
            raise EnvelopeError("missing-header", name, f"the mandatory header {name} is missing or empty")
    if texts["ce_specversion"] != "1.0":
        raise EnvelopeError("bad-header", "ce_specversion", f"ce_specversion {texts['ce_specversion']!r} is not '1.0'")
    if texts["content-type"] != CONTENT_TYPE:
        raise EnvelopeError(
            "bad-header", "content-type", f"content-type {texts['content-type']!r} is not {CONTENT_TYPE!r}"
        )
    happened_at = _instant(texts, "ce_time")
    envelope = Envelope(
        id=texts["ce_id"],
        source=texts["ce_source"],
        type=texts["ce_type"],
        subject=texts["ce_subject"],
        happened_at=happened_at,
        sequence=_sequence(texts["ce_sequence"]),
        dataschema=texts["ce_dataschema"],
        valid_from=_instant(texts, "ce_validfrom") if "ce_validfrom" in texts else happened_at,
        valid_to=_instant(texts, "ce_validto") if "ce_validto" in texts else OPEN,
        correction=texts.get("ce_correction", "changed"),
        corrects=texts.get("ce_corrects"),
        causation_id=texts.get("ce_causationid"),
        correlation_id=texts.get("ce_correlationid"),
        traceparent=texts.get("traceparent"),
        legal_basis=texts.get("ce_legalbasis"),
        key_id=texts.get("ce_keyid"),
        signature=texts.get("ce_signature"),
    )
    _check(envelope)
    return envelope


def _texts(headers: Headers) -> dict[str, str]:
    """The headers that are read here, as text; others may hold what they like."""
    texts: dict[str, str] = {}
    for name, value in headers:
        if name not in _READ:
            continue
        if name in texts:
            raise EnvelopeError("bad-header", name, f"the header {name} stands twice")
        try:
            texts[name] = value.decode()
        except (UnicodeDecodeError, AttributeError) as error:
            raise EnvelopeError("bad-header", name, f"the header {name} is not UTF-8 text") from error
    return texts


def _check(envelope: Envelope) -> None:
    organisation_of(envelope.source)
    if envelope.correction not in CORRECTIONS:
        raise EnvelopeError(
            "bad-header",
            "ce_correction",
            f"ce_correction {envelope.correction!r} is not one of {', '.join(CORRECTIONS)}",
        )
    if (envelope.correction == "changed") == (envelope.corrects is not None):
        raise EnvelopeError(
            "bad-header", "ce_corrects", "ce_corrects names the corrected event: with ce_correction, and only with it"
        )
    if envelope.valid_to <= envelope.valid_from:
        raise EnvelopeError("bad-header", "ce_validto", "ce_validto does not lie after the start of validity")


def _instant(texts: dict[str, str], name: str) -> int:
    try:
        return parse_instant(texts[name])
    except ValueError as error:
        raise EnvelopeError("bad-header", name, f"{name} {texts[name]!r} is not an RFC 3339 time: {error}") from error


def _sequence(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise EnvelopeError("bad-header", "ce_sequence", f"ce_sequence {text!r} is not a whole number of 0 or more")
    return int(text)


def canonical_bytes(key: bytes | None, value: bytes | None, headers: Headers, *, signature: bool = True) -> bytes:
    """What must be equal when an event is repeated, and (without `signature`) what Ed25519 signs.

    Key, value and every header but the trace ones, sorted by name, each with its length in 4 bytes.
    """
    left_out = TRACE_HEADERS if signature else _UNSIGNED_HEADERS
    key, value, pack = key or b"", value or b"", _LENGTH.pack
    parts = [pack(len(key)), key, pack(len(value)), value]
    for name, content in sorted(headers):
        if name not in left_out:
            parts += (_name_part(name), pack(len(content)), content)
    return b"".join(parts)


@lru_cache(maxsize=1024)
def _name_part(name: str) -> bytes:
    data = name.encode()
    return _LENGTH.pack(len(data)) + data


def identity_digest(key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """16 bytes that tell whether two events with one id say the same."""
    return sha256(canonical_bytes(key, value, headers)).digest()[:16]
