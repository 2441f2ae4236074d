"""Checks an event's signature with the keys of the control state under which it is accepted."""

from __future__ import annotations

from typing import Protocol

from hub.control.state import ControlState
from hub.log.interface import Headers
from hub.security.errors import SignatureInvalid
from hub.security.signatures import key_id_of, verify
from schemas.event import Envelope, organisation_of


class Signed(Protocol):
    """What is signed: a record, stored or about to be."""

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Headers: ...


def check_signature(state: ControlState, record: Signed, envelope: Envelope) -> tuple[str, str] | None:
    """None where the event is signed with a key of its source's organisation, else reason code and message."""
    try:
        key_id = key_id_of(record.headers)
        known = state.keys.get(key_id)
        if known is None or known[0] != organisation_of(envelope.source):
            return "unknown-key", f"the organisation of {envelope.source} has no key {key_id!r}"
        verify(known[1], key=record.key, value=record.value, headers=record.headers)
    except SignatureInvalid as error:
        return error.code, str(error)
    return None
