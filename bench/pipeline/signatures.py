"""Signs and verifies as the wire says: Ed25519 over the canonical bytes, in `ce_signature` as base64."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.log.interface import NewRecord
from schemas.event import Envelope, canonical_bytes, to_headers

KEY_ID = "bench-1"


def signing_key() -> Ed25519PrivateKey:
    """The same key in every process."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def sign(record: NewRecord, envelope: Envelope, key: Ed25519PrivateKey) -> NewRecord:
    """`record` with its signature."""
    named = replace(envelope, key_id=KEY_ID)
    message = canonical_bytes(record.key, record.value, to_headers(named), signature=False)
    signature = base64.b64encode(key.sign(message)).decode()
    return replace(record, headers=to_headers(replace(named, signature=signature)))


def verify(key: Ed25519PublicKey, record: Any) -> None:
    """Raises `InvalidSignature` unless the record was signed with `key`."""
    signature = base64.b64decode(dict(record.headers)["ce_signature"])
    key.verify(signature, canonical_bytes(record.key, record.value, tuple(record.headers), signature=False))
