"""Errors of moving a schema registry in and out.

TransferError
├── UnknownPlace        an address of a kind nothing is read from or written to
├── SourceUnreadable    a file, topic or registry that does not hold what it should; says where
├── TargetUnwritable    a file that cannot be written
├── RegistryUnreachable the other registry does not answer; retriable
├── RegistryRefused     the other registry refused a question or a change, or holds something else there
├── TopicTaken          the topic holds another registry, or is not kept as one needs it
└── ImportRefused       something collides or cannot be taken; carries what
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.schema_registry.transfer.findings import Collision, Refusal


class TransferError(Exception):
    """Root: a stable `code`, a `kind`, whether trying again can help."""

    code = "transfer-error"
    kind = "internal"
    retriable = False


class UnknownPlace(TransferError):
    code, kind = "transfer-unknown-place", "invalid"


class SourceUnreadable(TransferError):
    code, kind = "transfer-source-unreadable", "invalid"


class TargetUnwritable(TransferError):
    code, kind = "transfer-target-unwritable", "invalid"


class RegistryUnreachable(TransferError):
    code, kind, retriable = "transfer-registry-unreachable", "unavailable", True


class RegistryRefused(TransferError):
    """`status` is that of the other registry's answer; 0 where it was not asked."""

    code, kind = "transfer-registry-refused", "conflict"

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class TopicTaken(TransferError):
    code, kind = "transfer-topic-taken", "conflict"


class ImportRefused(TransferError):
    code, kind = "transfer-import-refused", "conflict"

    def __init__(self, collisions: Sequence[Collision], refused: Sequence[Refusal]) -> None:
        told = f"{len(collisions)} collisions, {len(refused)} versions that cannot be taken"
        super().__init__(f"nothing was imported: {told}")
        self.collisions = collisions
        self.refused = refused
