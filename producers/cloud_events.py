"""CloudEvents over HTTP: binary, structured and batched mode, read and written.

By the CloudEvents HTTP protocol binding 1.0.2 (attributes as `ce-` headers, percent-encoded, section
3.1.3) and the JSON event format 1.0.2 (`data`, `data_base64`, batches).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import orjson

from hub.log.interface import Headers, NewRecord
from producers.errors import IntakeRefused
from schemas.event import CONTENT_TYPE, TRACE_HEADERS

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
JSON = "application/json"
_PREFIX = "ce_"
_ATTRIBUTE = re.compile(r"[a-z0-9]+\Z")
# section 3.1.3.2: printable ASCII but space, double quote and percent stands as it is
_UNENCODED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event as it was sent: its attributes by CloudEvents name, and `value` (Avro) or `data` (JSON)."""

    attributes: Mapping[str, str]
    value: bytes | None = None
    data: Mapping[str, Any] | None = None


def read_events(content_type: str, headers: Iterable[tuple[str, str]], body: bytes) -> list[ReceivedEvent]:
    """The events of a request; raises `IntakeRefused` (`unsupported-media-type`, `malformed`, `bad-event`)."""
    media_type = content_type.split(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return [_read_structured(_load(body), 0)]
    if media_type == BATCHED:
        return _read_batch(_load(body))
    if media_type in (CONTENT_TYPE, JSON):
        return [_read_binary(media_type, headers, body)]
    known = ", ".join((CONTENT_TYPE, JSON, STRUCTURED, BATCHED))
    raise IntakeRefused("unsupported-media-type", f"the content type {media_type!r} is none of {known}", kind="media")


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise IntakeRefused("malformed", f"the body is not JSON: {error}", kind="malformed") from error


def _read_binary(media_type: str, headers: Iterable[tuple[str, str]], body: bytes) -> ReceivedEvent:
    attributes = {}
    for name, value in headers:
        lower = name.lower()
        if lower.startswith("ce-"):
            attributes[lower[3:]] = _unquoted(lower, value)
        elif lower in TRACE_HEADERS:
            attributes[lower] = value
    if media_type == CONTENT_TYPE:
        return ReceivedEvent(attributes, value=body)
    return ReceivedEvent(attributes, data=_as_object(_load(body), 0))


def _unquoted(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise IntakeRefused("bad-header", "is not percent-encoded UTF-8", field=name) from error


def _read_batch(document: Any) -> list[ReceivedEvent]:
    if not isinstance(document, list) or not document:
        raise IntakeRefused("malformed", "a batch is a list of at least one event", kind="malformed")
    return [_read_structured(one, index) for index, one in enumerate(document)]


def _read_structured(document: Any, index: int) -> ReceivedEvent:
    if not isinstance(document, dict):
        raise IntakeRefused("malformed", "an event is an object with attributes", kind="malformed", index=index)
    attributes = dict(document)
    data, encoded = attributes.pop("data", None), attributes.pop("data_base64", None)
    attributes.pop("datacontenttype", None)
    if (data is None) == (encoded is None):
        raise IntakeRefused("bad-event", "needs data or data_base64, and not both", field="data", index=index)
    texts = {name: _attribute(name, value, index) for name, value in attributes.items() if value is not None}
    if encoded is not None:
        return ReceivedEvent(texts, value=_from_base64(encoded, index))
    return ReceivedEvent(texts, data=_as_object(data, index))


def _attribute(name: str, value: Any, index: int) -> str:
    if not _ATTRIBUTE.match(name):
        raise IntakeRefused("bad-event", f"{name!r} is no attribute name (a-z, 0-9)", field=name, index=index)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int):
        raise IntakeRefused("bad-event", f"{name} is neither text nor whole number", field=name, index=index)
    return str(value)


def _from_base64(value: Any, index: int) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise IntakeRefused("bad-event", "is not base64", field="data_base64", index=index) from error


def _as_object(value: Any, index: int) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise IntakeRefused("bad-event", "data is an object with the event's fields", field="data", index=index)
    return value


def headers_of(attributes: Mapping[str, str]) -> Headers:
    """The attributes as headers of the log's record, without those that are empty."""
    pairs = [(name if name in TRACE_HEADERS else _PREFIX + name, value.encode()) for name, value in attributes.items()]
    return (*(pair for pair in pairs if pair[1]), ("content-type", CONTENT_TYPE.encode()))


def attributes_of(headers: Headers) -> dict[str, str]:
    """The attributes in a record's headers."""
    return {name.removeprefix(_PREFIX): value.decode() for name, value in headers if name != "content-type"}


def write_structured(record: NewRecord) -> dict[str, Any]:
    """A record as a structured event with its Avro bytes in base64."""
    value = base64.b64encode(record.value or b"").decode("ascii")
    return {**attributes_of(record.headers), "datacontenttype": CONTENT_TYPE, "data_base64": value}


def write_binary_headers(record: NewRecord) -> dict[str, str]:
    """The HTTP headers of a record in binary mode; its value is the body."""
    names = {name: name if name in TRACE_HEADERS else f"ce-{name}" for name in attributes_of(record.headers)}
    values = attributes_of(record.headers)
    return {"content-type": CONTENT_TYPE} | {
        names[name]: quote(value, safe=_UNENCODED) for name, value in values.items()
    }
