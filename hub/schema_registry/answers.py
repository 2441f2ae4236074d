"""What one process keeps in memory of what it answered, and how it knows that an answer still holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Moment:
    """How far everything stood when a subject was asked about: the last control event applied, the last one that
    changed any settings, and the last one committed about the subject."""

    applied: int
    settings: int
    subject: int


@dataclass(slots=True)
class Cached:
    """What was answered since the last change of what all of it rests on. Whoever makes an answer puts it where he
    looked for it: by then another change may have begun a new one."""

    CACHED: ClassVar[int] = 100_000
    MAX_BYTES: ClassVar[int] = 128_000_000

    purges: int = -1
    contexts: tuple[str, ...] = ()
    owners: tuple[Any, ...] = ()
    looked_at: float = 0.0
    size: int = 0
    found: dict[Any, tuple[int, bytes]] = field(default_factory=dict)

    def find(self, key: Any, since: int = 0) -> bytes | None:
        """The answer kept under `key`, unless what it is about was changed by an event after it: by `since`."""
        applied, answer = self.found.get(key, (-1, None))
        return answer if since <= applied else None

    def keep(self, key: Any, answer: bytes, applied: int = 0) -> None:
        """Remember an answer that knows of every event up to `applied`."""
        if len(self.found) >= self.CACHED or self.size > self.MAX_BYTES:
            self.found.clear()
            self.size = 0
        self.found[key] = (applied, answer)
        self.size += len(answer)
