"""What happened to schemas and registries, read from the control events: proposals, versions, definitions.

Each change has the number of its control event. Only what the log has acknowledged is told, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hub.control.events import ControlEvent, decode
from hub.control.journal import control_events

_SCANNED = 2_000  # events looked at for one page: what is not told here costs a reader no more than that


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change. `facts` names subject, versions, registry or proposal, as far as the kind has them."""

    number: int
    at: int
    actor: str
    kind: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes in the order of their numbers; read on after `last`. `more` says that there is more already."""

    changes: tuple[SchemaChange, ...]
    last: int
    more: bool


def list_changes(connection: Connection, *, after: int, limit: int) -> ChangesPage:
    """The changes after number `after`, at most `limit`."""
    columns = control_events.c
    asked = select(columns.number, columns.value, columns.log_offset).where(columns.number > after)
    found: list[SchemaChange] = []
    last, scanned = after, 0
    for number, value, offset in connection.execute(asked.order_by(columns.number).limit(_SCANNED)):
        if offset is None:
            return ChangesPage(tuple(found), last, more=False)
        if len(found) == limit:
            return ChangesPage(tuple(found), last, more=True)
        last, scanned = number, scanned + 1
        found += told(decode(value))
    return ChangesPage(tuple(found), last, more=scanned == _SCANNED)


def list_newest(connection: Connection, *, limit: int) -> list[SchemaChange]:
    """The last changes, the newest first."""
    columns = control_events.c
    asked = select(columns.value).where(columns.log_offset.is_not(None)).order_by(columns.number.desc())
    found: list[SchemaChange] = []
    for (value,) in connection.execute(asked.limit(_SCANNED)):
        found += told(decode(value))
        if len(found) >= limit:
            break
    return found[:limit]


def told(event: ControlEvent) -> list[SchemaChange]:
    """The change an event is, or nothing where it is none of schemas and registries."""
    tell = _TOLD.get(event.kind)
    if tell is None:
        return []
    kind, facts = tell(event.facts)
    return [SchemaChange(event.number, event.at, event.actor, kind, facts)]


Facts = dict[str, Any]
Tell = Callable[[Facts], tuple[str, Facts]]


def _made(facts: Facts) -> tuple[str, Facts]:
    kind = "proposal-made" if facts["revision"] == 1 else "proposal-revised"
    subjects = [one["subject"] for one in facts["drafts"]]
    return kind, {**_chosen(facts, "proposal", "revision", "registry", "reason"), "subjects": subjects}


def _rehearsed(facts: Facts) -> tuple[str, Facts]:
    return "proposal-rehearsed", _chosen(facts, "proposal", "revision", "passed", "pin", "sha256")


def _reviewed(facts: Facts) -> tuple[str, Facts]:
    return "proposal-reviewed", _chosen(facts, "proposal", "revision", "capacity", "consumer", "verdict", "reason")


def _approved(facts: Facts) -> tuple[str, Facts]:
    found = _chosen(facts, "proposal", "revision", "reason", "overruled")
    return "proposal-approved", {**found, "legalBasis": facts["legalBasis"]}


def _closed(kind: str) -> Tell:
    return lambda facts: (kind, _chosen(facts, "proposal", "reason"))


def _registered(facts: Facts) -> tuple[str, Facts]:
    return "version-registered", _chosen(facts, "subject", "version", "id")


def _deprecated(facts: Facts) -> tuple[str, Facts]:
    kind = "deprecation-lifted" if facts["until"] is None else "version-deprecated"
    return kind, _chosen(facts, "subject", "version", "until", "reason")


def _deleted(facts: Facts) -> tuple[str, Facts]:
    return "versions-deleted", _chosen(facts, "subject", "versions", "permanent")


def _restored(facts: Facts) -> tuple[str, Facts]:
    return "versions-restored", _chosen(facts, "subject", "versions")


def _defined(facts: Facts) -> tuple[str, Facts]:
    return "registry-defined", _chosen(facts, "registry", "version")


def _chosen(facts: Facts, *names: str) -> Facts:
    return {name: facts[name] for name in names}


_TOLD: dict[str, Tell] = {
    "ProposalMade": _made,
    "ProposalRehearsed": _rehearsed,
    "ProposalReviewed": _reviewed,
    "ProposalApproved": _approved,
    "ProposalReturned": _closed("proposal-returned"),
    "ProposalWithdrawn": _closed("proposal-withdrawn"),
    "SchemaRegistered": _registered,
    "SubjectVersionRegistered": _registered,
    "SchemaDeprecated": _deprecated,
    "SubjectVersionsDeleted": _deleted,
    "VersionsRestored": _restored,
    "RegistryDefined": _defined,
}
