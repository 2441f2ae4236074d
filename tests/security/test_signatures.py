"""Ed25519 over what an event says."""

from __future__ import annotations

import base64

import pytest

from hub.security.errors import KeyMalformed, SignatureInvalid
from hub.security.signatures import generate_keys, key_id_of, sign, verify
from schemas.event import Headers, canonical_bytes

# RFC 8032, section 7.1, test 1
PRIVATE = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
HEADERS: Headers = (("ce_id", b"1"), ("ce_type", b"TicketPriceSet"), ("traceparent", b"00-1"))


def signed() -> Headers:
    return sign(PRIVATE, "k1", key=b"GATE", value=b"body", headers=HEADERS)


def with_header(name: str, value: bytes) -> Headers:
    return (*(one for one in signed() if one[0] != name), (name, value))


def test_a_signed_event_verifies_with_the_public_key() -> None:
    verify(PUBLIC, key=b"GATE", value=b"body", headers=signed())


def test_the_order_of_headers_and_the_trace_do_not_matter() -> None:
    headers = tuple(reversed([one for one in signed() if one[0] != "traceparent"]))
    verify(PUBLIC, key=b"GATE", value=b"body", headers=headers)


def test_the_signature_is_base64_of_64_bytes_beside_the_id_of_the_key() -> None:
    headers = dict(signed())
    assert len(base64.b64decode(headers["ce_signature"], validate=True)) == 64
    assert (headers["ce_keyid"], key_id_of(signed())) == (b"k1", "k1")


def test_signing_again_replaces_the_signature() -> None:
    assert sign(PRIVATE, "k1", key=b"GATE", value=b"body", headers=signed()) == signed()


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (b"GATE2", b"body", signed()),
        (b"GATE", b"other", signed()),
        (b"GATE", None, signed()),
        (b"GATE", b"body", with_header("ce_type", b"TicketPriceWithdrawn")),
        (b"GATE", b"body", with_header("ce_keyid", b"k2")),
        (b"GATE", b"body", (*signed(), ("ce_corrects", b"7"))),
        (b"GATE", b"body", with_header("ce_signature", b"not base64!")),
        (b"GATE", b"body", with_header("ce_signature", base64.b64encode(bytes(64)))),
        (b"GATE", b"body", with_header("ce_signature", base64.b64encode(b"short"))),
        (b"GATE", b"body", (*signed(), ("ce_signature", b"AAAA"))),
    ],
)
def test_a_changed_event_is_refused(key: bytes, value: bytes | None, headers: Headers) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        verify(PUBLIC, key=key, value=value, headers=headers)
    assert caught.value.code == "bad-signature"


@pytest.mark.parametrize("name", ["ce_keyid", "ce_signature"])
def test_an_event_without_key_id_or_signature_is_unsigned(name: str) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        verify(PUBLIC, key=b"GATE", value=b"body", headers=tuple(one for one in signed() if one[0] != name))
    assert caught.value.code == "signature-missing"


def test_another_key_does_not_verify() -> None:
    _, other = generate_keys()
    with pytest.raises(SignatureInvalid):
        verify(other, key=b"GATE", value=b"body", headers=signed())


def test_generated_keys_belong_together() -> None:
    private, public = generate_keys()
    verify(public, key=None, value=b"v", headers=sign(private, "k", key=None, value=b"v", headers=HEADERS))


def test_what_is_signed_is_the_canonical_form_of_the_event() -> None:
    """A program in any language can sign: Ed25519 of the canonical bytes, with the key's id, without trace."""
    headers = (("ce_id", b"1"), ("ce_type", b"TicketPriceSet"), ("ce_keyid", b"k1"))
    assert canonical_bytes(b"GATE", b"body", signed(), signature=False) == canonical_bytes(b"GATE", b"body", headers)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_malformed(size: int) -> None:
    with pytest.raises(KeyMalformed):
        sign(bytes(size), "k", key=b"", value=b"", headers=())
    with pytest.raises(KeyMalformed):
        verify(bytes(size), key=b"GATE", value=b"body", headers=signed())
