"""Cursors: opaque to the reader, checked on return, bound to the question they continue."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

import orjson

from hub.registries.errors import CursorInvalid
from hub.registries.pins import Pin

_CHECK_BYTES = 9


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the pin, how many records there are in all, the place in the order.

    `phase` counts 0 while the first sort key has values and 1 among the records that lack it.
    """

    pin: Pin
    total: int | None
    phase: int
    after: tuple[Any, ...]


def write_cursor(cursor: Cursor, question: str) -> str:
    """The text of `cursor` for the question named by `question`."""
    content = [cursor.pin.entry, cursor.pin.instant, cursor.total, cursor.phase, list(cursor.after)]
    payload = orjson.dumps(content)
    return urlsafe_b64encode(_check(payload, question) + payload).rstrip(b"=").decode()


def read_cursor(text: str, question: str) -> Cursor:
    """The cursor in `text`; raises `CursorInvalid` unless it was written for this very question."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        check, payload = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
        if not compare_digest(check, _check(payload, question)):
            raise ValueError("the check does not match")
        entry, instant, total, phase, after = orjson.loads(payload)
    except (ValueError, Base64Error, UnicodeEncodeError) as error:
        message = "the cursor is damaged or belongs to another question; filters and sort must stay as they were"
        raise CursorInvalid("cursor", message) from error
    return Cursor(Pin(entry, instant), total, phase, tuple(after))


def _check(payload: bytes, question: str) -> bytes:
    return blake2b(payload + question.encode(), digest_size=_CHECK_BYTES).digest()
