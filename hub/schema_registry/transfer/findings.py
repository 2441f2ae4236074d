"""What stands against an import."""

from __future__ import annotations

from dataclasses import dataclass

ID_TAKEN = "id-taken"
CONTENT_KNOWN = "content-known"
VERSION_TAKEN = "version-taken"
DELETED_HERE = "deleted-here"
MANAGED = "managed"
SETTING_TAKEN = "setting-taken"

NOT_AVRO = "not-avro"
UNSOUND = "unsound"
ID_OUTSIDE = "id-outside"
NAME_INVALID = "name-invalid"
CONTRADICTS = "source-contradicts-itself"
TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class Collision:
    """Something of theirs (a version with its id, or a setting with 0 and 0) that cannot stand beside `standing`."""

    code: str
    subject: str
    version: int
    id: int
    standing: str

    def __str__(self) -> str:
        theirs = f"{self.subject} version {self.version} (id {self.id})" if self.version else self.subject or "all"
        return f"{self.code}: theirs {theirs}; here {self.standing}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A version that this hub cannot take, wherever it is put."""

    code: str
    subject: str
    version: int
    id: int
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.subject} version {self.version} (id {self.id}): {self.reason}"
