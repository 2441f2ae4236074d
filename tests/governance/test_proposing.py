"""What can be asked for, and what a proposal keeps of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.control.errors import ControlConflict, ControlRefused
from hub.control.governance import FIRST_DRAFT_ID
from hub.governance.errors import (
    GovernanceError,
    NotAllowed,
    NothingChanges,
    ProposalClosed,
    ProposalInvalid,
    ProposalUnknown,
    SubjectUnknown,
)
from hub.governance.requests import ProposalRequest
from hub.security.errors import RoleMissing
from schemas.avro import schema_guid
from schemas.errors import AvroInvalid, DefinitionError
from tests.governance.town import (
    ADMINISTRATOR,
    CUSTODIAN,
    PRODUCER,
    REVIEWER,
    SUBJECT,
    Town,
    define,
    raised,
    schema_with,
    with_motto,
)
from tests.workload import SCHEMAS


def test_a_proposal_is_kept_in_the_control_log_and_changes_nothing_yet(town: Town) -> None:
    before = town.state.definitions["places"]
    proposal = town.desk.propose(PRODUCER, with_motto())
    assert (proposal.number, proposal.revision, proposal.status, proposal.base) == (1, 1, "open", 1)
    assert (proposal.organisation, proposal.key_id, proposal.holder) == ("H57.16", "p1", "importer")
    assert town.desk.get(1) == proposal
    assert town.state.definitions["places"] is before
    assert len(town.state.subjects[SUBJECT]) == 1


def test_the_same_asked_again_while_it_is_open_is_the_same_proposal(town: Town) -> None:
    first = town.desk.propose(PRODUCER, with_motto())
    assert town.desk.propose(PRODUCER, with_motto(reason="Once more.")) == first
    assert town.desk.propose(CUSTODIAN, with_motto()).number == 2
    town.desk.withdraw(PRODUCER, 1, reason="No more.")
    assert town.desk.propose(PRODUCER, with_motto()).number == 3


def test_schemas_alone_raise_the_definition_in_force_by_one(town: Town) -> None:
    proposal = town.desk.propose(PRODUCER, with_motto())
    assert proposal.definition == raised(2)


def test_a_draft_has_its_real_hash_the_next_version_and_an_id_from_two_to_the_thirtieth(town: Town) -> None:
    text = schema_with(added="motto")
    (draft,) = town.desk.propose(PRODUCER, define(text)).drafts
    assert (draft.subject, draft.version, draft.id) == (SUBJECT, 2, FIRST_DRAFT_ID)
    assert (draft.guid, draft.text) == (schema_guid(text), text)
    (other,) = town.desk.propose(PRODUCER, define(schema_with(added="song"))).drafts
    assert (other.version, other.id) == (2, FIRST_DRAFT_ID + 1)


def test_schemas_the_hub_has_already_are_no_drafts(town: Town) -> None:
    proposal = town.desk.propose(PRODUCER, define(SCHEMAS["PlaceClosed"], schema_with(added="motto")))
    assert [one.subject for one in proposal.drafts] == [SUBJECT]


def test_two_versions_of_one_subject_are_drafted_in_their_order(town: Town) -> None:
    first, second = schema_with(added="motto"), schema_with(added="song")
    drafts = town.desk.propose(PRODUCER, define(first, second)).drafts
    assert [(one.version, one.text) for one in drafts] == [(2, first), (3, second)]


def test_a_registry_that_does_not_exist_yet_can_be_proposed(town: Town) -> None:
    request = define(registry="sites", definition=raised(1, "sites"))
    proposal = town.desk.propose(PRODUCER, request)
    assert (proposal.registry, proposal.base, proposal.drafts) == ("sites", 0, ())


def test_a_level_versions_to_delete_and_to_restore_are_changes_of_a_subject(town: Town) -> None:
    request = ProposalRequest("configure", "places", "why", subject=SUBJECT, level="FULL")
    change = json.loads(town.desk.propose(PRODUCER, request).change or "")
    assert change == {"subject": SUBJECT, "config": {"compatibilityLevel": "FULL"}}
    request = ProposalRequest("delete", "places", "why", subject=SUBJECT, versions=(1,))
    change = json.loads(town.desk.propose(PRODUCER, request).change or "")
    assert change == {"subject": SUBJECT, "versions": [1]}


REFUSED: list[tuple[ProposalRequest, type[Exception], str]] = [
    (define(), ProposalInvalid, "one of the two is needed"),
    (with_motto(reason="  "), ProposalInvalid, "reason: "),
    (with_motto(kind="paint"), ProposalInvalid, "'paint' is no kind"),
    (with_motto(registry="rivers"), ProposalInvalid, "there is no 'rivers'; known are places"),
    (define("{"), AvroInvalid, r"schemas\[0\]: not JSON"),
    (define(schema_with(added="motto"), "{}"), AvroInvalid, r"schemas\[1\]: an event's schema is a record"),
    (define(definition="registry: ["), DefinitionError, "definition"),
    (define(definition=raised(2, "sites")), ProposalInvalid, "it defines 'sites', the proposal is about 'places'"),
    (define(SCHEMAS["PlaceClosed"]), NothingChanges, "stands like this already"),
    (define(definition=raised(1)), NothingChanges, "stands like this already"),
    (with_motto(definition=raised(1)), ControlConflict, "stands at version 1"),
    (define(definition=raised(2).replace("custodian: culture", "custodian: fire")), ControlRefused, "'fire'"),
    (define(schema_with(name={"class": "personal"})), ControlRefused, r"PlaceRegistered\.name has the class personal"),
    (ProposalRequest("configure", "places", "why"), ProposalInvalid, "subject: "),
    (ProposalRequest("configure", "places", "why", subject="a.B", level="FULL"), SubjectUnknown, "a.B"),
    (ProposalRequest("configure", "places", "why", subject=SUBJECT, level="HIGH"), ProposalInvalid, "'HIGH' is none"),
    (ProposalRequest("configure", "places", "why", subject=SUBJECT), NothingChanges, "this level already"),
    (ProposalRequest("delete", "places", "why", subject=SUBJECT), ProposalInvalid, "versions: "),
    (ProposalRequest("delete", "places", "why", subject=SUBJECT, versions=(4,)), SubjectUnknown, "no version 4"),
    (ProposalRequest("restore", "places", "why", subject=SUBJECT, versions=(1,)), NothingChanges, "not deleted"),
    (ProposalRequest("delete", "rivers", "why", subject=SUBJECT, versions=(1,)), ProposalInvalid, "no 'rivers'"),
]


@pytest.mark.parametrize(("request_", "error", "told"), REFUSED)
def test_a_request_that_cannot_be_is_refused_with_its_place(
    town: Town, request_: ProposalRequest, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        town.desk.propose(PRODUCER, request_)
    with pytest.raises(error, match=told):
        town.desk.check(request_)
    assert town.desk.list() == []


def test_a_reviewer_does_not_propose(town: Town) -> None:
    with pytest.raises(RoleMissing, match="producer, steward or administrator"):
        town.desk.propose(REVIEWER, with_motto())


def test_proposals_are_listed_newest_first_by_status_and_registry(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    town.desk.propose(PRODUCER, define(registry="sites", definition=raised(1, "sites")))
    town.desk.withdraw(PRODUCER, 1, reason="Not yet.")
    assert [one.number for one in town.desk.list()] == [2, 1]
    assert [one.number for one in town.desk.list(status="withdrawn")] == [1]
    assert [one.number for one in town.desk.list(registry="sites")] == [2]


def test_a_number_that_was_never_given_is_told(town: Town) -> None:
    with pytest.raises(ProposalUnknown, match="no proposal 9"):
        town.desk.get(9)


def test_a_revision_replaces_what_was_asked_and_its_answers_fall_away(town: Town) -> None:
    number = town.rehearsed(with_motto())
    town.desk.review(CUSTODIAN, number, verdict="object", reason="Call it song.")
    proposal = town.desk.revise(PRODUCER, number, define(schema_with(added="song")))
    assert (proposal.number, proposal.revision, proposal.rehearsed, proposal.reviews) == (number, 2, None, ())
    assert "song" in proposal.drafts[0].text
    assert proposal.drafts[0].id == FIRST_DRAFT_ID + 1


def test_only_who_proposed_it_revises_and_withdraws(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    for by in (CUSTODIAN, ADMINISTRATOR):
        with pytest.raises(NotAllowed, match=r"was made by H57\.16/p1"):
            town.desk.revise(by, 1, define(schema_with(added="song")))
        with pytest.raises(NotAllowed, match=r"was made by H57\.16/p1"):
            town.desk.withdraw(by, 1, reason="No.")


def test_a_revision_stays_with_its_registry(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    with pytest.raises(ProposalInvalid, match="make a new one"):
        town.desk.revise(PRODUCER, 1, define(registry="sites", definition=raised(1, "sites")))


def test_what_was_sent_back_can_be_revised_and_is_open_again(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    returned = town.desk.send_back(CUSTODIAN, 1, reason="Call it song.")
    assert (returned.status, returned.closing and returned.closing.reason) == ("returned", "Call it song.")
    assert town.desk.revise(PRODUCER, 1, define(schema_with(added="song"))).status == "open"


ENDED: dict[str, dict[str, Any]] = {
    "review": {"verdict": "approve", "reason": "Good."},
    "send_back": {"reason": "No."},
    "approve": {"reason": "Good."},
}


@pytest.mark.parametrize("action", ENDED)
def test_a_closed_proposal_takes_nothing_more(town: Town, action: str) -> None:
    town.desk.propose(PRODUCER, with_motto())
    town.desk.withdraw(PRODUCER, 1, reason="Not yet.")
    with pytest.raises(ProposalClosed, match="withdrawn already"):
        getattr(town.desk, action)(CUSTODIAN, 1, **ENDED[action])
    with pytest.raises(GovernanceError, match="withdrawn already"):
        town.desk.revise(PRODUCER, 1, with_motto())
