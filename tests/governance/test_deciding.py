"""Who may answer and decide, what an approval needs, and what it commits."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from hub.control.events import decode
from hub.control.governance import AccessKey, DeclaredConsumer
from hub.control.reader import CONTROL, ControlReader
from hub.control.store import ControlStore
from hub.governance.errors import (
    ApprovalRefused,
    ConsumerUnknown,
    GovernanceError,
    NotAllowed,
    ProposalClosed,
    ProposalInvalid,
    ProposalOutdated,
)
from hub.governance.requests import ProposalRequest
from hub.log.errors import LogUnavailable
from hub.log.interface import Log
from hub.log.open import open_log
from hub.security.errors import RoleMissing, SecurityError
from tests.governance.town import (
    ADMINISTRATOR,
    CUSTODIAN,
    MAP,
    OTHER_STEWARD,
    PRODUCER,
    REVIEWER,
    SUBJECT,
    Rehearsals,
    Town,
    define,
    raised,
    schema_with,
    with_motto,
)
from tests.workload import EPOCH, City

CUSTODIANS_REVIEWER = AccessKey("r9", "reviewer", "H57.15", "assistant")
CUSTODIANS_PRODUCER = AccessKey("p9", "producer", "H57.15", "importer")
READERS_STEWARD = AccessKey("s3", "steward", "H57.20", "head of maps")
SAME_HOLDER = AccessKey("s4", "steward", "H57.16", "importer")

# key, for which consumer it answers, whether it may
REVIEWS: list[tuple[AccessKey, str | None, bool]] = [
    (CUSTODIAN, None, True),
    (OTHER_STEWARD, None, False),
    (CUSTODIANS_REVIEWER, None, False),
    (CUSTODIANS_PRODUCER, None, False),
    (ADMINISTRATOR, None, False),
    (PRODUCER, None, False),
    (REVIEWER, "map", True),
    (READERS_STEWARD, "map", True),
    (CUSTODIAN, "map", False),
    (CUSTODIANS_PRODUCER, "map", False),
    (ADMINISTRATOR, "map", False),
    (REVIEWER, None, False),
]
# key, whether it may approve or send back
DECISIONS: list[tuple[AccessKey, bool]] = [
    (CUSTODIAN, True),
    (ADMINISTRATOR, True),
    (OTHER_STEWARD, False),
    (READERS_STEWARD, False),
    (REVIEWER, False),
    (CUSTODIANS_REVIEWER, False),
    (CUSTODIANS_PRODUCER, False),
    (PRODUCER, False),
    (SAME_HOLDER, False),
]


def allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except (NotAllowed, SecurityError):
        return False
    return True


@pytest.mark.parametrize(("by", "consumer", "may"), REVIEWS)
def test_who_may_review(town: Town, by: AccessKey, consumer: str | None, may: bool) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    number = town.desk.propose(PRODUCER, with_motto()).number
    assert allowed(lambda: town.desk.review(by, number, verdict="approve", reason="Good.", consumer=consumer)) is may


@pytest.mark.parametrize(("by", "may"), DECISIONS)
def test_who_may_approve(town: Town, by: AccessKey, may: bool) -> None:
    number = town.rehearsed(with_motto())
    assert allowed(lambda: town.desk.approve(by, number, reason="Good.")) is may


@pytest.mark.parametrize(("by", "may"), DECISIONS)
def test_who_may_send_back(town: Town, by: AccessKey, may: bool) -> None:
    number = town.desk.propose(PRODUCER, with_motto()).number
    assert allowed(lambda: town.desk.send_back(by, number, reason="Not like this.")) is may


@pytest.mark.parametrize("by", [CUSTODIAN, ADMINISTRATOR])
def test_nobody_decides_his_own_proposal_also_with_another_key(town: Town, by: AccessKey) -> None:
    number = town.rehearsed(with_motto(), by=by)
    another = replace(by, key_id="another", role="administrator")
    for key in (by, another):
        with pytest.raises(NotAllowed, match="is your own"):
            town.desk.approve(key, number, reason="Good.")
        with pytest.raises(NotAllowed, match="is your own"):
            town.desk.send_back(key, number, reason="Bad.")
        with pytest.raises(NotAllowed, match="is your own"):
            town.desk.review(key, number, verdict="approve", reason="Good.")


def test_the_custodian_of_a_new_registry_is_the_one_its_definition_names(town: Town) -> None:
    text_of_sites = raised(1, "sites").replace("custodian: culture", "custodian: tourism")
    number = town.desk.propose(PRODUCER, define(registry="sites", definition=text_of_sites)).number
    with pytest.raises(NotAllowed, match=r"has the custodian H57\.16"):
        town.desk.approve(CUSTODIAN, number, reason="Good.")
    assert town.desk.approve(OTHER_STEWARD, number, reason="Good.").status == "approved"


def test_a_later_answer_replaces_the_earlier_one(town: Town) -> None:
    number = town.desk.propose(PRODUCER, with_motto()).number
    town.desk.review(CUSTODIAN, number, verdict="object", reason="Why a motto?")
    (review,) = town.desk.review(CUSTODIAN, number, verdict="approve", reason="I see.").reviews
    assert (review.capacity, review.verdict, review.reason) == ("custodian", "approve", "I see.")


def test_an_answer_needs_a_reason_and_one_of_two_verdicts(town: Town) -> None:
    number = town.desk.propose(PRODUCER, with_motto()).number
    with pytest.raises(ProposalInvalid, match="reason: "):
        town.desk.review(CUSTODIAN, number, verdict="approve", reason=" ")
    with pytest.raises(ProposalInvalid, match="'maybe' is neither approve nor object"):
        town.desk.review(CUSTODIAN, number, verdict="maybe", reason="Good.")


def test_a_consumer_of_what_is_not_touched_is_not_asked(town: Town) -> None:
    elsewhere = replace(MAP, subject="vn.hue.test.PlaceClosed", fields=())
    town.desk.declare_consumer(REVIEWER, elsewhere)
    number = town.desk.propose(PRODUCER, with_motto()).number
    with pytest.raises(ConsumerUnknown, match="it concerns none"):
        town.desk.review(REVIEWER, number, verdict="object", reason="No.", consumer="map")


def test_a_definition_without_new_schemas_concerns_all_consumers_of_the_registry(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    number = town.desk.propose(PRODUCER, define(definition=raised())).number
    assert town.desk.review(REVIEWER, number, verdict="approve", reason="Good.", consumer="map").reviews


def missing_of(town: Town, number: int, by: AccessKey = CUSTODIAN, **options: object) -> list[str]:
    with pytest.raises(ApprovalRefused) as refused:
        town.desk.approve(by, number, reason="Good.", **options)  # type: ignore[arg-type]
    assert town.desk.get(number).status == "open"
    return [one.code for one in refused.value.missing]


def test_an_approval_registers_and_defines_in_one_commit(town: Town, log: Log) -> None:
    number = town.rehearsed(with_motto())
    proposal = town.desk.approve(CUSTODIAN, number, reason="Good.")
    state = town.state
    assert (proposal.status, state.definitions["places"].version) == ("approved", 2)
    assert proposal.closing is not None
    assert (proposal.closing.reason, proposal.closing.key_id, proposal.closing.overruled) == ("Good.", "s1", False)
    newest = state.subjects[SUBJECT][-1]
    assert (newest.version, newest.id, newest.guid) == (2, 9, proposal.drafts[0].guid)
    assert state.definitions["places"].schemas[SUBJECT].guid == newest.guid
    kinds = [kind for kind, _ in events_of(town)][-3:]
    assert kinds == ["ProposalApproved", "SchemaRegistered", "RegistryDefined"]


def events_of(town: Town) -> list[tuple[str, str]]:
    with town.city.store._engine.connect() as connection:
        rows = connection.execute(text("SELECT value FROM control_events ORDER BY number")).all()
    return [(decode(value).kind, decode(value).actor) for (value,) in rows]


def test_a_new_registry_gets_its_topics_before_it_is_defined(town: Town, log: Log) -> None:
    number = town.desk.propose(PRODUCER, define(registry="sites", definition=raised(1, "sites"))).number
    assert "culture.sites.v1" not in log.topics()
    town.desk.approve(CUSTODIAN, number, reason="Good.")
    assert town.state.definitions["sites"].version == 1
    assert {"culture.sites.v1", "tourism.sites.v1", "hub.order.sites"} <= set(log.topics())
    assert town.rehearsals.asked == 0


def test_without_a_rehearsal_of_this_revision_nothing_is_approved(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.desk.revise(PRODUCER, number, define(schema_with(added="song")))
    assert missing_of(town, number) == ["not-rehearsed"]
    assert missing_of(town, number, ADMINISTRATOR, overrule=True) == ["not-rehearsed"]


def test_events_that_would_fail_are_passed_over_by_an_administrator_alone(town: Town) -> None:
    town.rehearsals.passed = False
    number = town.rehearsed(with_motto())
    assert missing_of(town, number) == ["rehearsal-failed"]
    assert missing_of(town, number, ADMINISTRATOR) == ["rehearsal-failed"]
    with pytest.raises(NotAllowed, match="only an administrator overrules"):
        town.desk.approve(CUSTODIAN, number, reason="Good.", overrule=True)
    proposal = town.desk.approve(ADMINISTRATOR, number, reason="Three known mistakes.", overrule=True)
    assert proposal.closing is not None
    assert proposal.closing.overruled


@pytest.mark.parametrize("consumer", [None, "map"])
def test_an_open_objection_stands_until_it_is_answered_anew_or_overruled(town: Town, consumer: str | None) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    number = town.rehearsed(with_motto())
    by = CUSTODIAN if consumer is None else REVIEWER
    town.desk.review(by, number, verdict="object", reason="Too long.", consumer=consumer)
    with pytest.raises(ApprovalRefused, match="objects: Too long"):
        town.desk.approve(CUSTODIAN, number, reason="Good.")
    town.desk.review(by, number, verdict="approve", reason="Short enough.", consumer=consumer)
    assert town.desk.approve(CUSTODIAN, number, reason="Good.").status == "approved"


def test_where_nothing_was_passed_over_nothing_was_overruled(town: Town) -> None:
    proposal = town.desk.approve(ADMINISTRATOR, town.rehearsed(with_motto()), reason="Good.", overrule=True)
    assert proposal.closing is not None
    assert not proposal.closing.overruled


def test_an_administrator_overrules_an_objection(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.desk.review(CUSTODIAN, number, verdict="object", reason="Too long.")
    assert missing_of(town, number, ADMINISTRATOR) == ["objection"]
    assert town.desk.approve(ADMINISTRATOR, number, reason="The decree asks for it.", overrule=True).closing


def test_every_consumer_that_would_break_must_approve(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    town.rehearsals.broken = ("map",)
    number = town.rehearsed(with_motto())
    with pytest.raises(ApprovalRefused, match="consumer map would break"):
        town.desk.approve(CUSTODIAN, number, reason="Good.")
    town.desk.review(REVIEWER, number, verdict="approve", reason="We changed the map.", consumer="map")
    assert town.desk.approve(CUSTODIAN, number, reason="Good.").status == "approved"


def test_all_that_is_missing_is_told_at_once_with_the_way_out(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    town.rehearsals.passed, town.rehearsals.broken = False, ("map",)
    number = town.rehearsed(with_motto())
    town.desk.review(CUSTODIAN, number, verdict="object", reason="No.")
    with pytest.raises(ApprovalRefused) as refused:
        town.desk.approve(ADMINISTRATOR, number, reason="Good.")
    assert [one.code for one in refused.value.missing] == ["rehearsal-failed", "objection", "consumer-breaks"]
    assert all(one.way_out in str(refused.value) for one in refused.value.missing)


def test_what_came_after_the_pin_is_rehearsed_first_and_kept_in_the_same_commit(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.rehearsals.pin = 9
    proposal = town.desk.approve(CUSTODIAN, number, reason="Good.")
    assert proposal.rehearsed is not None
    assert (proposal.rehearsed.pin, town.rehearsals.asked) == (9, 2)
    kinds = [kind for kind, _ in events_of(town)][-4:]
    assert kinds == ["ProposalRehearsed", "ProposalApproved", "SchemaRegistered", "RegistryDefined"]


def test_events_after_the_pin_that_fail_stop_the_approval(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.rehearsals.pin, town.rehearsals.passed = 9, False
    assert missing_of(town, number) == ["rehearsal-failed"]
    assert town.state.definitions["places"].version == 1


def test_a_lowered_class_needs_a_legal_basis_that_nobody_can_overrule(town: Town) -> None:
    closed = town.rehearsed(define(schema_with(seats={"class": "restricted"})))
    town.desk.approve(CUSTODIAN, closed, reason="Not for all.")
    opened = town.rehearsed(define(schema_with(seats={"class": "open"}, name={"doc": "Its name."})))
    assert missing_of(town, opened) == ["class-lowered"]
    assert missing_of(town, opened, ADMINISTRATOR, overrule=True, legal_basis=" ") == ["class-lowered"]
    proposal = town.desk.approve(CUSTODIAN, opened, reason="Good.", legal_basis="Decision 12/2026")
    assert proposal.closing is not None
    assert proposal.closing.legal_basis == "Decision 12/2026"
    assert town.state.definitions["places"].record["seats"].classification == "open"


def test_an_incompatible_schema_passes_only_at_another_level(town: Town) -> None:
    number = town.rehearsed(define(schema_with(covered={"type": ["null", "string"]})))
    assert missing_of(town, number, ADMINISTRATOR, overrule=True) == ["incompatible"]
    level = ProposalRequest("configure", "places", "A clean cut.", subject=SUBJECT, level="NONE")
    town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, level).number, reason="Good.")
    assert town.desk.approve(CUSTODIAN, number, reason="Good.").status == "approved"


def test_a_lint_error_passes_once_an_exception_is_granted(town: Town) -> None:
    number = town.rehearsed(define(schema_with(added="Motto")))
    assert missing_of(town, number) == ["field-name"]
    until = date(2026, 6, 1)
    town.desk.grant_exception(ADMINISTRATOR, "field-name", f"{SUBJECT}.Motto", until=until, reason="A treaty's name.")
    assert town.desk.approve(CUSTODIAN, number, reason="Good.").status == "approved"


def test_versions_are_deleted_and_restored_by_approval(town: Town) -> None:
    town.desk.approve(CUSTODIAN, town.rehearsed(with_motto()), reason="Good.")
    delete = ProposalRequest("delete", "places", "Nobody writes it.", subject=SUBJECT, versions=(1,))
    town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, delete).number, reason="Good.")
    assert town.state.deleted_versions == {(SUBJECT, 1)}
    restore = replace(delete, kind="restore")
    town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, restore).number, reason="Good.")
    assert town.state.deleted_versions == set()


def test_a_level_is_taken_away_again(town: Town) -> None:
    for level in ("FULL", None):
        request = ProposalRequest("configure", "places", "why", subject=SUBJECT, level=level)
        town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, request).number, reason="Good.")
        assert town.state.subject_levels.get(SUBJECT) == level


def test_a_proposal_on_a_definition_that_changed_since_must_be_revised(town: Town) -> None:
    first = town.rehearsed(with_motto())
    second = town.rehearsed(define(definition=raised(7).replace("Test", "Hue")))
    town.desk.approve(CUSTODIAN, first, reason="Good.")
    with pytest.raises(ProposalOutdated, match=r"version 1 of the registry; now version 2.*revise"):
        town.desk.approve(CUSTODIAN, second, reason="Good.")
    town.desk.revise(PRODUCER, second, define(definition=raised(7).replace("Test", "Hue")))
    town.desk.rehearse(PRODUCER, second)
    assert town.desk.approve(CUSTODIAN, second, reason="Good.").status == "approved"


def test_a_version_that_another_registrys_proposal_took_makes_it_outdated(town: Town) -> None:
    sites = town.desk.propose(PRODUCER, define(registry="sites", definition=raised(1, "sites"))).number
    town.desk.approve(CUSTODIAN, sites, reason="Good.")
    first = town.rehearsed(with_motto())
    second = town.rehearsed(define(schema_with(added="song"), registry="sites"))
    town.desk.approve(CUSTODIAN, first, reason="Good.")
    with pytest.raises(ProposalOutdated, match="PlaceRegistered version 2 is taken"):
        town.desk.approve(CUSTODIAN, second, reason="Good.")


def test_who_decides_for_one_registry_does_not_decide_for_another_that_has_the_schema(town: Town) -> None:
    definition = raised(1, "sites").replace("custodian: culture", "custodian: tourism")
    sites = town.desk.propose(PRODUCER, define(registry="sites", definition=definition)).number
    town.desk.approve(OTHER_STEWARD, sites, reason="Ours.")
    number = town.rehearsed(define(schema_with(added="song"), registry="sites"))
    with pytest.raises(ApprovalRefused, match=r"H57\.15 answers for a schema it changes"):
        town.desk.approve(OTHER_STEWARD, number, reason="Good.")
    town.desk.review(CUSTODIAN, number, verdict="object", reason="Not ours.")
    town.desk.review(OTHER_STEWARD, number, verdict="approve", reason="Good.")
    with pytest.raises(ApprovalRefused, match=r"\(H57\.15\) objects: Not ours"):
        town.desk.approve(OTHER_STEWARD, number, reason="Good.")
    town.desk.review(CUSTODIAN, number, verdict="approve", reason="As you like.")
    assert town.desk.approve(OTHER_STEWARD, number, reason="Good.").status == "approved"


def test_a_registry_is_handed_over_only_to_who_takes_it(town: Town) -> None:
    definition = raised(2).replace("custodian: culture", "custodian: tourism")
    number = town.rehearsed(define(definition=definition))
    with pytest.raises(ApprovalRefused, match=r"H57\.16 answers for a schema it changes, or would for the registry"):
        town.desk.approve(CUSTODIAN, number, reason="Take it.")
    town.desk.review(OTHER_STEWARD, number, verdict="approve", reason="Gladly.")
    town.desk.approve(CUSTODIAN, number, reason="Take it.")
    assert town.state.definitions["places"].custodian == "tourism"


def test_a_revision_made_while_it_is_rehearsed_is_not_approved_unseen(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.rehearsals.before = lambda: revise_once(town, number)
    with pytest.raises(ProposalClosed, match="at revision 2"):
        town.desk.approve(CUSTODIAN, number, reason="Good.")
    assert town.state.definitions["places"].version == 1


def revise_once(town: Town, number: int) -> None:
    town.rehearsals.before = None
    town.desk.revise(PRODUCER, number, define(schema_with(added="song")))


def test_of_two_approvals_at_once_one_wins_whole(town: Town, log: Log, tmp_path: Path) -> None:
    number = town.rehearsed(with_motto())
    barrier = threading.Barrier(2, timeout=30)

    def wait() -> None:
        barrier.wait()

    outcomes: list[object] = []

    def approve(by: AccessKey) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'control-places.sqlite'}", connect_args={"timeout": 30})
        own = Town(replace(town.city, store=ControlStore(engine, log, now=lambda: EPOCH)))
        own.rehearsals = Rehearsals(before=wait)
        try:
            outcomes.append(own.desk.approve(by, number, reason="Good.").status)
        except GovernanceError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=approve, args=(by,)) for by in (CUSTODIAN, ADMINISTRATOR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, outcomes)) == ["approved", "proposal-closed"]
    kinds = [kind for kind, _ in events_of(town)]
    assert (kinds.count("ProposalApproved"), kinds.count("RegistryDefined")) == (1, 2)
    assert len(town.state.subjects[SUBJECT]) == 2


def test_of_two_proposals_approved_at_once_the_second_is_outdated(town: Town, log: Log, tmp_path: Path) -> None:
    numbers = [town.rehearsed(with_motto()), town.rehearsed(define(schema_with(added="song")))]
    barrier = threading.Barrier(2, timeout=30)
    outcomes: list[str] = []

    def wait() -> None:
        barrier.wait()

    def approve(number: int) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'control-places.sqlite'}", connect_args={"timeout": 30})
        own = Town(replace(town.city, store=ControlStore(engine, log, now=lambda: EPOCH)))
        own.rehearsals = Rehearsals(before=wait)
        try:
            outcomes.append(own.desk.approve(CUSTODIAN, number, reason="Good.").status)
        except GovernanceError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=approve, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["approved", "proposal-outdated"]
    assert sorted(one.status for one in town.desk.list()) == ["approved", "open"]
    assert town.state.definitions["places"].version == 2


def die_at_the_next_commit(folder: str, number: int) -> None:
    """In a process of its own: approve, and be gone when the transaction would be committed."""
    log = open_log(f"sqlite:///{folder}/log.sqlite")
    engine = create_engine(f"sqlite:///{folder}/control-places.sqlite", connect_args={"timeout": 30})
    town = Town(City(log, ControlStore(engine, log, now=lambda: EPOCH), "places"))
    assert town.state.proposals[number].status == "open"
    event.listen(engine, "commit", lambda connection: os._exit(9))
    town.desk.approve(CUSTODIAN, number, reason="Good.")


def test_a_process_that_is_killed_at_the_commit_leaves_the_proposal_as_it_was(
    town: Town, log: Log, tmp_path: Path
) -> None:
    number = town.rehearsed(with_motto())
    child = multiprocessing.get_context("spawn").Process(target=die_at_the_next_commit, args=(str(tmp_path), number))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    state = ControlReader(log).catch_up()
    assert (state.proposals[number].status, state.definitions["places"].version) == ("open", 1)
    assert town.desk.approve(CUSTODIAN, number, reason="Good.").status == "approved"
    assert town.state.definitions["places"].version == 2


def test_a_log_that_is_away_leaves_nothing_half_and_the_rest_comes_with_it(
    town: Town, log: Log, tmp_path: Path
) -> None:
    number = town.rehearsed(with_motto())

    class Away:
        def append(self, records: object) -> object:
            raise LogUnavailable("no broker")

        def __getattr__(self, name: str) -> object:
            return getattr(log, name)

    engine = create_engine(f"sqlite:///{tmp_path / 'control-places.sqlite'}")
    cut_off = Town(replace(town.city, store=ControlStore(engine, Away(), now=lambda: EPOCH)))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="no broker"):
        cut_off.desk.approve(CUSTODIAN, number, reason="Good.")
    seen = ControlReader(log).catch_up()
    assert (seen.proposals[number].status, seen.definitions["places"].version) == ("open", 1)
    after = town.state
    assert (after.proposals[number].status, after.definitions["places"].version) == ("approved", 2)


def test_the_log_alone_restores_all_of_it(town: Town, log: Log) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    number = town.rehearsed(with_motto())
    town.desk.review(REVIEWER, number, verdict="approve", reason="Good.", consumer="map")
    town.desk.approve(CUSTODIAN, number, reason="Good.", legal_basis="Decision 12/2026")
    town.desk.propose(PRODUCER, define(schema_with(added="song")))
    town.desk.set_lint_level(ADMINISTRATOR, "event-name", level="off", reason="Names of a treaty.")
    town.desk.deprecate(CUSTODIAN, SUBJECT, 1, until=date(2026, 9, 1), reason="Version 2 is there.")
    state, restored = town.state, ControlReader(log).catch_up()
    for part in ("proposals", "consumers", "lint_levels", "deprecations", "subjects", "definition_texts"):
        assert getattr(restored, part) == getattr(state, part)
    assert restored.last_draft_id == state.last_draft_id


def test_the_actor_of_each_event_is_the_key(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.desk.approve(CUSTODIAN, number, reason="Good.")
    actors = {kind: actor for kind, actor in events_of(town) if kind.startswith("Proposal")}
    assert actors == {
        "ProposalMade": "H57.16/p1",
        "ProposalRehearsed": "H57.16/p1",
        "ProposalApproved": "H57.15/s1",
    }


def test_a_rehearsal_is_asked_for_once_and_only_of_what_has_a_history(town: Town) -> None:
    number = town.desk.propose(PRODUCER, with_motto()).number
    assert town.desk.request_rehearsal(REVIEWER, number).rehearsal_requested
    end = town.city.log.ends([CONTROL])
    town.desk.request_rehearsal(REVIEWER, number)
    assert town.city.log.ends([CONTROL]) == end
    request = ProposalRequest("configure", "places", "why", subject=SUBJECT, level="FULL")
    with pytest.raises(ProposalInvalid, match="only a new definition"):
        town.desk.request_rehearsal(REVIEWER, town.desk.propose(PRODUCER, request).number)


def test_the_desk_keeps_what_it_was_told_of_a_consumer(town: Town) -> None:
    town.desk.declare_consumer(REVIEWER, MAP)
    changed = DeclaredConsumer("map", "H57.20", "New map", "map@hue.example", SUBJECT, None, ())
    town.desk.declare_consumer(REVIEWER, changed)
    assert town.state.consumers == {("map", SUBJECT): changed}
    with pytest.raises(RoleMissing):
        town.desk.withdraw_consumer(PRODUCER, "map", SUBJECT)
    town.desk.withdraw_consumer(REVIEWER, "map", SUBJECT)
    assert town.state.consumers == {}
