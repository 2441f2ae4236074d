"""What is said beside proposals: who consumes, which versions go, what lint lets pass. Each gives control events."""

from __future__ import annotations

from datetime import date

from hub.control.governance import AccessKey, DeclaredConsumer
from hub.control.journal import Change
from hub.control.state import ControlState
from hub.governance.concerned import REVIEWERS
from hub.governance.errors import ConsumerUnknown, DeclarationInvalid, NotAllowed, RuleUnknown, SubjectUnknown
from hub.governance.usage import naming_definitions
from hub.security.access import require_role
from schemas.avro import RecordSchema, parse_record_schema
from schemas.classes import find_field_class
from schemas.errors import AvroInvalid
from schemas.lint import RULES
from schemas.lint_rules import LEVELS


def consumer_declared(state: ControlState, by: AccessKey, consumer: DeclaredConsumer) -> list[Change]:
    """Declare a consumer, or change what is declared; nothing where it stands like this already."""
    _check_own_consumer(by, consumer.organisation)
    known = state.consumers.get((consumer.consumer, consumer.subject))
    if known is not None:
        _check_own_consumer(by, known.organisation)
    _check_consumer(state, consumer)
    facts = {
        "consumer": consumer.consumer,
        "organisation": consumer.organisation,
        "title": consumer.title,
        "contact": consumer.contact,
        "subject": consumer.subject,
        "readerSchema": consumer.reader_schema,
        "fields": list(consumer.fields),
    }
    return [] if known == consumer else [("ConsumerDeclared", facts)]


def consumer_withdrawn(state: ControlState, by: AccessKey, *, consumer: str, subject: str) -> list[Change]:
    """Take a declaration back."""
    known = state.consumers.get((consumer, subject))
    if known is None:
        raise ConsumerUnknown(f"no consumer {consumer!r} is declared for {subject}")
    _check_own_consumer(by, known.organisation)
    return [("ConsumerWithdrawn", {"consumer": consumer, "subject": subject})]


def version_deprecated(
    state: ControlState, by: AccessKey, subject: str, *, version: int, until: date | None, reason: str, today: date
) -> list[Change]:
    """Tell until when a version may be written; without a day, take that back."""
    _check_version(state, subject, version)
    _check_may_deprecate(state, by, subject)
    _check_reason(reason)
    if until is None and (subject, version) not in state.deprecations:
        raise DeclarationInvalid(f"{subject} version {version} is not deprecated: there is nothing to take back")
    _check_future(until, today)
    day = until.isoformat() if until is not None else None
    facts = {"subject": subject, "version": version, "until": day, "reason": reason.strip(), "keyId": by.key_id}
    return [("SchemaDeprecated", facts)]


def lint_level_set(by: AccessKey, rule: str, *, level: str | None, reason: str) -> list[Change]:
    """Give a rule another level than the packaged one; None gives that back."""
    require_role(by, "administrator")
    _check_rule(rule)
    _check_reason(reason)
    if level is not None and level not in LEVELS:
        raise RuleUnknown(f"level: {level!r} is none of {', '.join(LEVELS)}")
    return [("LintLevelSet", {"rule": rule, "level": level, "reason": reason.strip(), "keyId": by.key_id})]


def exception_granted(
    state: ControlState, by: AccessKey, rule: str, *, place: str, until: date | None, reason: str, today: date
) -> list[Change]:
    """Let a finding pass up to and with a day; without a day, take that back."""
    require_role(by, "administrator")
    _check_rule(rule)
    _check_reason(reason)
    if not place.strip():
        raise DeclarationInvalid("place: an exception names the place of the finding, as lint tells it")
    if until is None and (rule, place) not in state.lint_exceptions:
        raise DeclarationInvalid(f"there is no exception from {rule} at {place} to take back")
    _check_future(until, today)
    day = until.isoformat() if until is not None else None
    facts = {"rule": rule, "place": place, "until": day, "reason": reason.strip(), "keyId": by.key_id}
    return [("LintExceptionGranted", facts)]


def _check_own_consumer(by: AccessKey, organisation: str) -> None:
    require_role(by, *REVIEWERS)
    if by.role != "administrator" and by.organisation != organisation:
        raise NotAllowed(
            "not-yours",
            f"the consumer belongs to {organisation}; the key {by.key_id} is of {by.organisation}, and each "
            "organisation declares its own consumers",
        )


def _check_consumer(state: ControlState, consumer: DeclaredConsumer) -> None:
    for name in ("consumer", "organisation", "title", "contact"):
        if not getattr(consumer, name).strip():
            raise DeclarationInvalid(f"{name}: a declared consumer needs one")
    if consumer.subject not in state.subjects:
        raise SubjectUnknown(f"{consumer.subject} is no subject of a registry: consumers are declared for those")
    newest = state.subjects[consumer.subject][-1].schema
    reader = newest if consumer.reader_schema is None else _reader(consumer.reader_schema)
    for name in consumer.fields:
        if not find_field_class(reader, name)[0]:
            raise DeclarationInvalid(
                f"fields: {name!r} is no field of {reader.full_name}; those are {', '.join(reader.fields)}"
            )


def _reader(text: str) -> RecordSchema:
    try:
        return parse_record_schema(text, "readerSchema")
    except AvroInvalid as error:
        raise DeclarationInvalid(str(error)) from error


def _check_version(state: ControlState, subject: str, version: int) -> None:
    if subject not in state.subjects:
        raise SubjectUnknown(f"{subject} is no subject of a registry: only those are deprecated here")
    known = [one.version for one in state.subjects[subject]]
    if version not in known:
        listed = ", ".join(str(one) for one in known)
        raise SubjectUnknown(f"subject {subject} has no version {version}; there are {listed}")


def _check_may_deprecate(state: ControlState, by: AccessKey, subject: str) -> None:
    """The custodian's stewards, those who write it, administrators."""
    require_role(by, "producer", "steward", "administrator")
    definitions = naming_definitions(state, subject)
    codes = {code for one in definitions for code in one.writers}
    if by.role == "steward":
        codes |= {one.custodian for one in definitions}
    allowed = {state.departments[code].organisation for code in codes}
    if by.role != "administrator" and by.organisation not in allowed:
        raise NotAllowed(
            "not-yours",
            f"{subject} is written by and in the care of {', '.join(sorted(allowed)) or 'nobody'}; the key {by.key_id} "
            f"is of {by.organisation}",
        )


def _check_rule(rule: str) -> None:
    if rule not in RULES:
        raise RuleUnknown(f"lint has no rule {rule!r}; there are {', '.join(sorted(RULES))}")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise DeclarationInvalid("reason: say in a sentence why")


def _check_future(until: date | None, today: date) -> None:
    if until is not None and until <= today:
        raise DeclarationInvalid(f"until: {until.isoformat()} is not after today, {today.isoformat()}")
