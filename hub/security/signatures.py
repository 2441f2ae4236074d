"""Ed25519 signatures of events (RFC 8032) over key, value and headers.

What is signed is `schemas.event.canonical_bytes` without the signature itself and the trace headers, but
with `ce_keyid`: a signature cannot be moved to another key. `ce_signature` is base64.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.security.errors import KeyMalformed, SignatureInvalid
from schemas.event import Headers, canonical_bytes

KEY_ID_HEADER = "ce_keyid"
SIGNATURE_HEADER = "ce_signature"


def generate_keys() -> tuple[bytes, bytes]:
    """A new private key and its public key, 32 bytes each."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def sign(private_key: bytes, key_id: str, *, key: bytes | None, value: bytes | None, headers: Headers) -> Headers:
    """`headers` with `ce_keyid` and `ce_signature` of the event; earlier ones are replaced."""
    bare = tuple(one for one in headers if one[0] not in (KEY_ID_HEADER, SIGNATURE_HEADER))
    named = (*bare, (KEY_ID_HEADER, key_id.encode()))
    signature = _private(private_key).sign(canonical_bytes(key, value, named, signature=False))
    return (*named, (SIGNATURE_HEADER, base64.b64encode(signature)))


def key_id_of(headers: Headers) -> str:
    """The id of the key that signed; raises `SignatureInvalid` (`signature-missing`) where none is named."""
    return _header(headers, KEY_ID_HEADER).decode(errors="replace")


def verify(public_key: bytes, *, key: bytes | None, value: bytes | None, headers: Headers) -> None:
    """Raises `SignatureInvalid` unless the event is what the owner of `public_key` signed."""
    _header(headers, KEY_ID_HEADER)
    try:
        signature = base64.b64decode(_header(headers, SIGNATURE_HEADER), validate=True)
    except binascii.Error as error:
        raise SignatureInvalid("bad-signature", "ce_signature is not base64") from error
    try:
        _public(public_key).verify(signature, canonical_bytes(key, value, headers, signature=False))
    except InvalidSignature as error:
        raise SignatureInvalid("bad-signature", "ce_signature is not of this event by this key") from error


def _header(headers: Headers, name: str) -> bytes:
    found = [value for known, value in headers if known == name]
    if not found or not found[0]:
        raise SignatureInvalid("signature-missing", f"the header {name} is missing or empty")
    if len(found) > 1:
        raise SignatureInvalid("bad-signature", f"the header {name} stands twice")
    return found[0]


def _private(key: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(key)
    except ValueError as error:
        raise KeyMalformed("an Ed25519 private key has 32 bytes") from error


def _public(key: bytes) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(key)
    except ValueError as error:
        raise KeyMalformed("an Ed25519 public key has 32 bytes") from error
