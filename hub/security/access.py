"""Who sends a request: the access key whose secret it shows, and what the key's role lets it do.

A secret may come in three ways: HTTP Basic (RFC 7617) with the key id as the user and the secret as the
password, Bearer (RFC 6750), or bare as CKAN's clients send it, in `Authorization` or `X-CKAN-API-Key`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from hub.control.governance import AccessKey
from hub.security.errors import KeyMissing, KeyUnknown, RoleMissing


class _Shown(NamedTuple):
    """A secret as it was shown; `key_id` where the way it was sent names one."""

    secret: str
    key_id: str | None = None


def digest_of(secret: str) -> str:
    """The SHA-256 (hex) by which a secret is known."""
    return sha256(secret.encode()).hexdigest()


def authenticate(keys: Mapping[str, AccessKey], headers: Mapping[str, str]) -> AccessKey | None:
    """The key whose secret `headers` (by lower-case name) show, None where they show none.

    Raises `KeyUnknown` for a secret that opens nothing, also beside a key id that is not its own.
    """
    shown = _find_shown(headers)
    if shown is None:
        return None
    key = keys.get(digest_of(shown.secret))
    if key is None or shown.key_id not in (None, key.key_id):
        raise KeyUnknown
    return key


def require_role(key: AccessKey | None, *roles: str) -> AccessKey:
    """`key`, where its role is one of `roles`; raises `KeyMissing`, `RoleMissing`."""
    if key is None:
        raise KeyMissing(roles)
    if key.role not in roles:
        raise RoleMissing(roles, key_id=key.key_id, held=key.role)
    return key


def actor_of(key: AccessKey) -> str:
    """How the control log names who decided."""
    return f"{key.organisation}/{key.key_id}"


def _find_shown(headers: Mapping[str, str]) -> _Shown | None:
    authorization = headers.get("authorization", "").strip()
    if not authorization:
        bare = headers.get("x-ckan-api-key", "").strip()
        return _Shown(bare) if bare else None
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        return _read_basic(rest.strip())
    return _Shown(rest.strip() if scheme.lower() == "bearer" else authorization)


def _read_basic(encoded: str) -> _Shown | None:
    """User and password; None where both are empty, as clients send them that were given neither."""
    try:
        key_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise KeyUnknown from error
    return _Shown(secret, key_id) if key_id or secret else None
