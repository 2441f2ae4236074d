"""The automatic checks of a proposal: lint, compatibility, silent changes, classes, what is still in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hub.control.governance import MANAGED_LEVEL, OPEN, Proposal
from hub.control.state import ControlState
from hub.governance.findings import ERROR, WARNING, CheckFinding
from hub.governance.intentions import Intention, NewSchema
from hub.governance.publicity import class_findings
from schemas.avro import RecordSchema, record_type
from schemas.compatibility import LEVELS, check_level
from schemas.lint import lint_definition, lint_schema
from schemas.lint_rules import RULE_ROWS
from schemas.silent_changes import silent_changes

SCHEMA_UNNAMED = "schema-unnamed"
STILL_WRITTEN_DAYS = 90
_DAY_MICROS = 86_400_000_000
# subject, version -> source -> when it last wrote it, microseconds UTC
Writers = Callable[[str, int], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is checked: `today` is the day where the hub is, `now` microseconds UTC."""

    today: date
    now: int


def run_checks(state: ControlState, intention: Intention, *, at: Moment, writers: Writers) -> list[CheckFinding]:
    """Everything found about `intention`, errors first."""
    found = [
        *_lint(state, intention, at.today),
        *_unnamed(intention),
        *_versions(state, intention),
        *class_findings(state, intention),
        *_proposed_elsewhere(state, intention),
        *_settings(intention),
        *_deleted_in_use(state, intention, at=at, writers=writers),
    ]
    return sorted(found, key=lambda one: one.level != ERROR)


def list_exceptions(state: ControlState, today: date) -> set[tuple[str, str]]:
    """The findings let pass today: rule and place."""
    return {key for key, one in state.lint_exceptions.items() if today.isoformat() <= one.until}


def standing_versions(state: ControlState, subject: str) -> list[tuple[int, RecordSchema]]:
    """The versions of a subject that are not deleted, newest first."""
    versions = state.subjects.get(subject, [])
    return [
        (one.version, one.schema) for one in reversed(versions) if (subject, one.version) not in state.deleted_versions
    ]


def _lint(state: ControlState, intention: Intention, today: date) -> Iterator[CheckFinding]:
    excepted = list_exceptions(state, today)
    found = [each for one in intention.schemas for each in lint_schema(one.schema, state.lint_levels, excepted)]
    if intention.candidate is not None:
        found += lint_definition(intention.candidate, state.lint_levels, excepted)
    for one in found:
        yield CheckFinding(one.place, one.rule, one.level, RULE_ROWS[one.rule].vi, one.message)


def _unnamed(intention: Intention) -> Iterator[CheckFinding]:
    """A schema that no event of the registry has would stand in nobody's care."""
    candidate = intention.candidate
    for subject in sorted({one.subject for one in intention.schemas} if candidate is not None else ()):
        if candidate is not None and subject not in candidate.schemas:
            yield CheckFinding(
                subject,
                SCHEMA_UNNAMED,
                ERROR,
                f"định nghĩa của sổ {candidate.registry} không có sự kiện nào dùng lược đồ này",
                f"no event in the definition of {candidate.registry} has this schema: give a definition that names it",
            )


def _versions(state: ControlState, intention: Intention) -> Iterator[CheckFinding]:
    """Each new schema against those before it, the new ones of the same proposal among them."""
    for index, one in enumerate(intention.schemas):
        drafted = [(new.version, new.schema) for new in intention.schemas[:index] if new.subject == one.subject]
        earlier = [*reversed(drafted), *standing_versions(state, one.subject)]
        level = state.subject_levels.get(one.subject, MANAGED_LEVEL)
        yield from _incompatible(one, earlier, level)
        yield from _silent(one, earlier[:1])


def _incompatible(new: NewSchema, earlier: list[tuple[int, RecordSchema]], level: str) -> Iterator[CheckFinding]:
    for version, old in earlier if LEVELS[level].all_versions else earlier[:1]:
        for reason in check_level(record_type(new.schema), [record_type(old)], level):
            yield CheckFinding(
                f"{new.subject}{reason.path}",
                "incompatible",
                ERROR,
                f"không tương thích ({level}) với phiên bản {version}: {reason.message_vi}",
                f"not compatible ({level}) with version {version}: {reason.message_en}",
            )


def _silent(new: NewSchema, earlier: list[tuple[int, RecordSchema]]) -> Iterator[CheckFinding]:
    for version, old in earlier:
        for one in silent_changes(record_type(new.schema), record_type(old)):
            yield CheckFinding(
                f"{new.subject}{one.path}",
                one.code,
                WARNING,
                f"so với phiên bản {version}: {one.message_vi}",
                f"since version {version}: {one.message_en}",
            )


def _proposed_elsewhere(state: ControlState, intention: Intention) -> Iterator[CheckFinding]:
    subjects = _subjects_of(intention)
    for other in list(state.proposals.values()):
        if other.status == OPEN:
            for subject in sorted(subjects & _proposed_subjects(other)):
                yield CheckFinding(
                    subject,
                    "proposed-elsewhere",
                    WARNING,
                    f"đề xuất {other.number} đang mở cũng thay đổi chủ đề này",
                    f"proposal {other.number}, which is open, changes this subject too",
                )


def _subjects_of(intention: Intention) -> set[str]:
    named = {intention.change["subject"]} if intention.change else set()
    return named | {one.subject for one in intention.schemas}


def _proposed_subjects(proposal: Proposal) -> set[str]:
    return {one.subject for one in proposal.drafts}


def _settings(intention: Intention) -> Iterator[CheckFinding]:
    config = intention.change.get("config") if intention.kind == "configure" else None
    if config and not any((LEVELS[one].new_reads_old or LEVELS[one].old_reads_new) for one in config.values()):
        yield CheckFinding(
            intention.change["subject"],
            "compatibility-unchecked",
            WARNING,
            "ở mức NONE, phiên bản mới có thể không đọc được dữ liệu cũ",
            "at the level NONE a new version need not read what older ones wrote",
        )


def _deleted_in_use(
    state: ControlState, intention: Intention, *, at: Moment, writers: Writers
) -> Iterator[CheckFinding]:
    if intention.kind != "delete":
        return
    subject = intention.change["subject"]
    guids = {one.version: one.guid for one in state.subjects[subject]}
    for version in intention.change["versions"]:
        place = f"{subject} version {version}"
        for registry, definition in sorted(state.definitions.items()):
            named = definition.schemas.get(subject)
            if named is not None and named.guid == guids[version]:
                yield _in_force(place, registry)
        yield from _still_written(place, writers(subject, version), at.now)
        if (subject, version) not in state.deprecations:
            yield _not_deprecated(place)


def _in_force(place: str, registry: str) -> CheckFinding:
    return CheckFinding(
        place,
        "version-in-force",
        ERROR,
        f"định nghĩa của sổ {registry} đang dùng phiên bản này",
        f"the definition of registry {registry} reads with it: define the registry with another version first",
    )


def _still_written(place: str, seen: Mapping[str, int], now: int) -> Iterator[CheckFinding]:
    since = now - STILL_WRITTEN_DAYS * _DAY_MICROS
    sources = ", ".join(sorted(source for source, last in seen.items() if last >= since))
    if sources:
        yield CheckFinding(
            place,
            "version-still-written",
            ERROR,
            f"trong {STILL_WRITTEN_DAYS} ngày qua vẫn còn nguồn ghi bằng phiên bản này: {sources}",
            f"in the last {STILL_WRITTEN_DAYS} days it was still written by {sources}: deprecate it, let them change",
        )


def _not_deprecated(place: str) -> CheckFinding:
    return CheckFinding(
        place,
        "version-not-deprecated",
        WARNING,
        "phiên bản này chưa được thông báo ngừng dùng",
        "nobody was told before that it goes: it is not deprecated",
    )
