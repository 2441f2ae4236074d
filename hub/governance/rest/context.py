"""What the governance addresses are handed by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import Engine

from hub.control.governance import ROLES, AccessKey
from hub.control.state import ControlState
from hub.governance.desk import GovernanceDesk
from hub.governance.errors import SubjectUnknown
from hub.governance.rest.errors import VersionUnknown
from hub.governance.usage import WriterCounts
from hub.security.access import authenticate, require_role
from schemas.definition import Text
from schemas.times import from_micros


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """A version of any subject, managed or free, as the schema registry keeps it; `at` in microseconds UTC.

    `text` has the types of its references written into it.
    """

    version: int
    id: int
    guid: str
    text: str
    deleted: bool
    at: int


@dataclass(frozen=True)
class GovernanceContext:
    """Parts and settings. `control` gives the newest state there is, `desk` opens the desk where it is first needed.

    `list_versions` gives every version of a subject, `level_of` the compatibility level in force for it;
    `write_sightings` writes down which keys this process has seen.
    """

    desk: Callable[[], GovernanceDesk]
    control: Callable[[], ControlState]
    engine: Engine
    list_versions: Callable[[str], Sequence[SubjectVersion]]
    level_of: Callable[[str], str]
    now: Callable[[], int]
    zone: ZoneInfo
    base_url: str
    title: Text
    counts: WriterCounts = field(default_factory=WriterCounts)
    write_sightings: Callable[[], object] = bool

    def caller(self) -> AccessKey:
        """The key that this request shows; raises `KeyMissing`, `KeyUnknown`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        return require_role(authenticate(self.control().access_keys, headers), *ROLES)

    def today(self) -> date:
        """The day it is here."""
        return from_micros(self.now()).astimezone(self.zone).date()

    def versions(self, subject: str) -> Sequence[SubjectVersion]:
        """The versions of a subject, deleted ones too; raises `SubjectUnknown`."""
        found = self.list_versions(subject)
        if not found:
            near = get_close_matches(subject, list(self.control().subjects), n=1)
            hint = f"; do you mean {near[0]}?" if near else ": /governance/v1/subjects lists those that are governed"
            raise SubjectUnknown(f"there is no subject {subject!r}{hint}")
        return found

    def version(self, subject: str, text: str) -> SubjectVersion:
        """The version that a number, or `latest`, names; raises `SubjectUnknown`, `VersionUnknown`."""
        versions = self.versions(subject)
        standing = [one for one in versions if not one.deleted]
        if text == "latest" and standing:
            return standing[-1]
        for one in versions:
            if str(one.version) == text:
                return one
        raise VersionUnknown(subject, text, known=[one.version for one in versions])
