"""Errors of the consumers.

ConsumerError
├── Fenced               another consumer won the compare-and-set on the checkpoint
├── TooManyDeadLetters   more open dead letters than the definition allows; the projection stops
├── ProjectionStopped    a reason stands in the checkpoint; someone has to look
├── OrderUnreadable      a record of hub.order.<registry> cannot be decoded: another version of the hub wrote it
├── RegistryUndefined    no definition of this registry in the control log (yet)
├── RebuildDiffers       the rebuilt tables hash otherwise than the live ones; nothing was swapped
├── DeadLetterNotFound   no dead letter stands at this position
├── DeadLetterDecided    the dead letter was retried or discarded already
├── RehearsalWaits       what a rehearsal needs is busy, behind or being replaced just now
└── RehearsalImpossible  the workspace of a rehearsal cannot be written or read, anew neither
"""

from __future__ import annotations


class ConsumerError(Exception):
    """Root of the consumers' errors: a stable `code`, a `kind`, and whether trying again can help."""

    code = "consumer-error"
    kind = "internal"
    retriable = False


class Fenced(ConsumerError):
    code, kind = "fenced", "conflict"


class TooManyDeadLetters(ConsumerError):
    code, kind = "too-many-dead-letters", "conflict"

    def __init__(self, registry: str, letters: int, limit: int) -> None:
        super().__init__(
            f"{registry} has {letters} open dead letters, more than its limit of {limit}: "
            "look at `huehub dead-letters list`, then retry or discard them"
        )
        self.registry = registry
        self.letters = letters
        self.limit = limit


class ProjectionStopped(ConsumerError):
    code, kind = "projection-stopped", "conflict"


class OrderUnreadable(ConsumerError):
    code = "order-unreadable"


class RegistryUndefined(ConsumerError):
    code, kind, retriable = "registry-undefined", "not-found", True


class RebuildDiffers(ConsumerError):
    code, kind = "rebuild-differs", "conflict"


class DeadLetterNotFound(ConsumerError):
    code, kind = "dead-letter-not-found", "not-found"


class DeadLetterDecided(ConsumerError):
    code, kind = "dead-letter-decided", "conflict"


class RehearsalWaits(ConsumerError):
    code, kind, retriable = "rehearsal-waits", "unavailable", True


class RehearsalImpossible(ConsumerError):
    code, kind, retriable = "rehearsal-impossible", "unavailable", True
