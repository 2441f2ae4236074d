"""Carries an import out: many versions in one commit, in order, so that a repeat finishes what was begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.control.claims import Claims
from hub.control.errors import ControlUnavailable
from hub.control.journal import Change
from hub.schema_registry.errors import Moved
from hub.schema_registry.registering import facts_of
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.transfer.contents import Contents, MovedVersion
from hub.schema_registry.transfer.planning import Plan, plan_import
from hub.schema_registry.transfer.soundness import stored_version
from hub.schema_registry.transfer.standing import chunks

BATCH = 500
_ATTEMPTS = 20


def import_contents(
    store: SchemaStore,
    contents: Contents,
    *,
    actor: str,
    skip_invalid: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Plan:
    """Bring everything in `contents` here under its own ids, or nothing; what was done. A repeat changes nothing.

    Raises `ImportRefused`. `progress` is told how many versions were committed. Where somebody else changes the
    same subjects meanwhile it is planned anew; what is committed by then stays.
    """
    first: Plan | None = None
    for _ in range(_ATTEMPTS):
        plan = plan_import(store, contents)
        plan.check(skip_invalid=skip_invalid)
        first = first or plan
        try:
            _Carrier(store, plan, actor).carry_out(progress)
        except Moved:
            continue
        return first
    raise ControlUnavailable("others keep changing these subjects at this moment: repeat")


class _Carrier:
    def __init__(self, store: SchemaStore, plan: Plan, actor: str) -> None:
        self._store = store
        self._plan = plan
        self._actor = actor
        self._own: dict[str, int] = {}  # subject -> the control event of ours about it

    def carry_out(self, progress: Callable[[int], None]) -> None:
        done = 0
        for chunk in chunks(self._plan.versions, BATCH):
            self._commit(_registrations(chunk), chunk)
            done += len(chunk)
            progress(done)
        rest = _deletions(self._plan.deletions) + _settings(self._plan)
        for changes in chunks(rest, BATCH):
            self._commit(changes, [])

    def _commit(self, changes: Sequence[Change], versions: Sequence[MovedVersion]) -> None:
        def decide(claims: Claims) -> Sequence[Change]:
            self._check_still(claims, {facts["subject"] for _, facts in changes})
            _check_ids(claims, versions)
            return changes

        last = self._store.write_all(decide, self._actor)
        for number, (_, facts) in enumerate(changes, last - len(changes) + 1):
            self._own[facts["subject"]] = number

    def _check_still(self, claims: Claims, subjects: set[str]) -> None:
        for subject, number in claims.revisions(subjects).items():
            if number > self._plan.at and number != self._own.get(subject):
                raise Moved


def _check_ids(claims: Claims, versions: Sequence[MovedVersion]) -> None:
    """Raises `Moved` where an id or a content was given otherwise since the plan was made."""
    for context in {one.context for one in versions}:
        chosen = {one.content.guid: one.id for one in versions if one.context == context}
        ids = set(chosen.values())
        for guid, number in claims.list_taken(context, guids=chosen, ids=ids).items():
            if chosen.get(guid) != number:
                raise Moved


def _registrations(chunk: Sequence[MovedVersion]) -> list[Change]:
    """The versions, and in the same commit that some of them are deleted."""
    registered: list[Change] = [("SubjectVersionRegistered", facts_of(stored_version(one))) for one in chunk]
    return registered + _deletions([one for one in chunk if one.deleted])


def _deletions(versions: Sequence[MovedVersion]) -> list[Change]:
    by_subject: dict[str, list[int]] = {}
    for one in versions:
        by_subject.setdefault(one.subject, []).append(one.version)
    return [
        ("SubjectVersionsDeleted", {"subject": subject, "versions": sorted(numbers), "permanent": False})
        for subject, numbers in sorted(by_subject.items())
    ]


def _settings(plan: Plan) -> list[Change]:
    configs: list[Change] = [
        ("SubjectConfigured", {"subject": key, "config": value}) for key, value in sorted(plan.configs.items())
    ]
    return configs + [("SubjectModeSet", {"subject": key, "mode": mode}) for key, mode in sorted(plan.modes.items())]
