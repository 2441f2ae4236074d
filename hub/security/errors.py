"""Errors of signing and of access.

SecurityError
├── SignatureInvalid   the signature is not of this event by this key; `code` is a dead-letter reason
├── KeyMalformed       the bytes given are no Ed25519 key
├── KeyMissing         this takes an access key, and none was shown
├── KeyUnknown         the secret shown opens nothing: mistyped, of another hub, or revoked
└── RoleMissing        the key shown has another role than this takes
"""

from __future__ import annotations

from collections.abc import Sequence

THREE_WAYS = "Basic with key id and secret, Bearer with the secret, or the secret in X-CKAN-API-Key"


class SecurityError(Exception):
    """Root of the errors of signing and access: a stable `code`, a `kind`, and whether trying again can help."""

    code = "security-error"
    kind = "invalid"
    retriable = False


class SignatureInvalid(SecurityError):
    """`signature-missing` (no `ce_keyid` or no `ce_signature`) or `bad-signature`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class KeyMalformed(SecurityError):
    code = "malformed-key"


class KeyMissing(SecurityError):
    """`roles` are those that would do."""

    code, kind = "key-missing", "unauthorised"

    def __init__(self, roles: Sequence[str]) -> None:
        super().__init__(
            f"this takes an access key of the role {_listed(roles)}: send it as {THREE_WAYS}; administrators make "
            "one with huehub key add"
        )
        self.roles = tuple(roles)


class KeyUnknown(SecurityError):
    code, kind = "key-unknown", "unauthorised"

    def __init__(self) -> None:
        super().__init__(
            "the access key shown opens nothing: it was mistyped, is of another hub, or was revoked; send a valid one "
            f"({THREE_WAYS}) or none, where anyone may read"
        )


class RoleMissing(SecurityError):
    """`roles` are those that would do, `held` is the role of the key shown."""

    code, kind = "role-missing", "forbidden"

    def __init__(self, roles: Sequence[str], *, key_id: str, held: str) -> None:
        super().__init__(f"this takes the role {_listed(roles)}; the key {key_id} has the role {held}")
        self.roles = tuple(roles)
        self.held = held


def _listed(roles: Sequence[str]) -> str:
    return roles[0] if len(roles) == 1 else f"{', '.join(roles[:-1])} or {roles[-1]}"
