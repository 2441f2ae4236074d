"""What is said beside proposals, by whom, and what it must name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.control.governance import AccessKey, Deprecation, LintException
from hub.governance.errors import (
    ConsumerUnknown,
    DeclarationInvalid,
    GovernanceError,
    NotAllowed,
    RuleUnknown,
    SubjectUnknown,
)
from hub.security.errors import SecurityError
from tests.governance.town import (
    ADMINISTRATOR,
    CUSTODIAN,
    MAP,
    OTHER_STEWARD,
    PRODUCER,
    REVIEWER,
    SUBJECT,
    TODAY,
    Town,
)
from tests.workload import EPOCH, SCHEMAS

NEXT_YEAR = date(2027, 5, 1)
STRANGER = AccessKey("p7", "producer", "H57.99", "somebody")
READERS_STEWARD = AccessKey("s3", "steward", "H57.20", "head of maps")
CUSTODIANS_REVIEWER = AccessKey("r9", "reviewer", "H57.15", "assistant")


def allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except (NotAllowed, SecurityError):
        return False
    return True


@pytest.mark.parametrize(
    ("by", "may"),
    [
        (REVIEWER, True),
        (READERS_STEWARD, True),
        (ADMINISTRATOR, True),
        (CUSTODIAN, False),
        (CUSTODIANS_REVIEWER, False),
        (PRODUCER, False),
        (replace(PRODUCER, organisation="H57.20"), False),
    ],
)
def test_who_may_declare_a_consumer_and_withdraw_it(town: Town, by: AccessKey, may: bool) -> None:
    assert allowed(lambda: town.desk.declare_consumer(by, MAP)) is may
    town.desk.declare_consumer(REVIEWER, MAP)
    assert allowed(lambda: town.desk.withdraw_consumer(by, "map", SUBJECT)) is may


def test_a_consumer_is_not_taken_over_by_another_organisation(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    with pytest.raises(NotAllowed, match=r"belongs to H57\.20"):
        town.desk.declare_consumer(CUSTODIANS_REVIEWER, replace(MAP, organisation="H57.15"))


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"contact": " "}, DeclarationInvalid, "contact: "),
        ({"title": ""}, DeclarationInvalid, "title: "),
        ({"subject": "a.B"}, SubjectUnknown, "a.B is no subject"),
        ({"fields": ("motto",)}, DeclarationInvalid, "'motto' is no field of .*PlaceRegistered; those are code, name"),
        ({"fields": ("name.short",)}, DeclarationInvalid, "'name.short' is no field of "),
        ({"reader_schema": "{"}, DeclarationInvalid, "readerSchema: not JSON"),
        (
            {"reader_schema": SCHEMAS["PlaceClosed"], "fields": ("name",)},
            DeclarationInvalid,
            "no field of .*PlaceClosed",
        ),
    ],
)
def test_a_consumer_that_cannot_be_is_refused(
    town: Town, changes: dict[str, object], error: type[GovernanceError], told: str
) -> None:
    with pytest.raises(error, match=told):
        town.desk.declare_consumer(REVIEWER, replace(MAP, **changes))  # type: ignore[arg-type]
    assert town.state.consumers == {}


def test_the_same_declaration_again_writes_nothing(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    before = town.state.number
    town.desk.declare_consumer(REVIEWER, MAP)
    assert town.state.number == before


def test_a_consumer_nobody_declared_cannot_be_withdrawn(town: Town) -> None:
    with pytest.raises(ConsumerUnknown, match="no consumer 'map'"):
        town.desk.withdraw_consumer(REVIEWER, "map", SUBJECT)


@pytest.mark.parametrize(
    ("by", "may"),
    [
        (CUSTODIAN, True),
        (OTHER_STEWARD, True),  # of an organisation that writes it
        (PRODUCER, True),
        (ADMINISTRATOR, True),
        (STRANGER, False),
        (READERS_STEWARD, False),
        (REVIEWER, False),
        (CUSTODIANS_REVIEWER, False),
    ],
)
def test_who_may_deprecate_a_version(town: Town, by: AccessKey, may: bool) -> None:
    assert allowed(lambda: town.desk.deprecate(by, SUBJECT, 1, until=NEXT_YEAR, reason="Two is better.")) is may


def test_a_deprecation_has_a_day_to_come_and_can_be_taken_back(town: Town) -> None:
    town.desk.deprecate(CUSTODIAN, SUBJECT, 1, until=NEXT_YEAR, reason=" Two is better. ")
    assert town.state.deprecations == {
        (SUBJECT, 1): Deprecation(SUBJECT, 1, "2027-05-01", "Two is better.", EPOCH),
    }
    town.desk.deprecate(CUSTODIAN, SUBJECT, 1, until=None, reason="Two is not there yet.")
    assert town.state.deprecations == {}


@pytest.mark.parametrize(
    ("subject", "version", "until", "reason", "error", "told"),
    [
        ("a.B", 1, NEXT_YEAR, "why", SubjectUnknown, "a.B is no subject"),
        (SUBJECT, 2, NEXT_YEAR, "why", SubjectUnknown, "no version 2; there are 1"),
        (SUBJECT, 1, TODAY, "why", DeclarationInvalid, "2026-05-01 is not after today"),
        (SUBJECT, 1, NEXT_YEAR, " ", DeclarationInvalid, "reason: "),
        (SUBJECT, 1, None, "why", DeclarationInvalid, "nothing to take back"),
    ],
)
def test_a_deprecation_that_cannot_be_is_refused(
    town: Town,
    subject: str,
    version: int,
    until: date | None,
    reason: str,
    error: type[GovernanceError],
    told: str,
) -> None:
    with pytest.raises(error, match=told):
        town.desk.deprecate(CUSTODIAN, subject, version, until=until, reason=reason)


@pytest.mark.parametrize("by", [PRODUCER, REVIEWER, CUSTODIAN])
def test_lint_is_the_administrators(town: Town, by: AccessKey) -> None:
    assert not allowed(lambda: town.desk.set_lint_level(by, "event-name", level="off", reason="why"))
    until = TODAY + timedelta(days=1)
    assert not allowed(lambda: town.desk.grant_exception(by, "event-name", SUBJECT, until=until, reason="why"))


def test_a_lint_level_is_set_and_given_back(town: Town) -> None:
    town.desk.set_lint_level(ADMINISTRATOR, "event-name", level="error", reason="From now on.")
    assert town.state.lint_levels == {"event-name": "error"}
    town.desk.set_lint_level(ADMINISTRATOR, "event-name", level=None, reason="Too strict.")
    assert town.state.lint_levels == {}


def test_an_exception_is_granted_and_taken_back(town: Town) -> None:
    town.desk.grant_exception(ADMINISTRATOR, "event-name", SUBJECT, until=NEXT_YEAR, reason="A treaty.")
    granted = LintException("event-name", SUBJECT, "2027-05-01", "A treaty.")
    assert town.state.lint_exceptions == {("event-name", SUBJECT): granted}
    town.desk.grant_exception(ADMINISTRATOR, "event-name", SUBJECT, until=None, reason="It ended.")
    assert town.state.lint_exceptions == {}


def test_rules_levels_days_and_reasons_of_lint_are_checked(town: Town) -> None:
    desk = town.desk
    with pytest.raises(RuleUnknown, match="no rule 'colour'"):
        desk.set_lint_level(ADMINISTRATOR, "colour", level="off", reason="why")
    with pytest.raises(RuleUnknown, match="'loud' is none of error, warning, off"):
        desk.set_lint_level(ADMINISTRATOR, "event-name", level="loud", reason="why")
    with pytest.raises(DeclarationInvalid, match="reason: "):
        desk.set_lint_level(ADMINISTRATOR, "event-name", level="off", reason="")
    with pytest.raises(RuleUnknown, match="no rule 'colour'"):
        desk.grant_exception(ADMINISTRATOR, "colour", SUBJECT, until=NEXT_YEAR, reason="why")
    with pytest.raises(DeclarationInvalid, match="is not after today"):
        desk.grant_exception(ADMINISTRATOR, "event-name", SUBJECT, until=TODAY, reason="why")
    with pytest.raises(DeclarationInvalid, match="no exception from event-name"):
        desk.grant_exception(ADMINISTRATOR, "event-name", SUBJECT, until=None, reason="why")
