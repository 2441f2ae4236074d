"""Errors of signing.

SecurityError
├── SignatureInvalid   the signature is not of this event by this key; `code` is a dead-letter reason
└── KeyMalformed       the bytes given are no Ed25519 key
"""

from __future__ import annotations


class SecurityError(Exception):
    """Root of the errors of signing: a stable `code`, a `kind`, and whether trying again can help."""

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
