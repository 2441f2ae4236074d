"""/governance/v1/proposals and /checks over the whole application."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from schemas.avro import schema_guid
from tests.governance.office import V1, Office
from tests.governance.town import SUBJECT, schema_with
from tests.workload import registered

MOTTO = schema_with(added="motto")
DRAFT = {"kind": "define", "registry": "places", "reason": "The map needs it.", "schemas": [MOTTO]}


def test_a_proposal_is_made_at_an_address_of_its_own(office: Office) -> None:
    answer = office.ask("POST", f"{V1}/proposals", DRAFT, by="producer")
    assert answer.status_code == 201
    assert answer.headers["Location"] == "https://hub.example/governance/v1/proposals/1"
    assert answer.headers["Cache-Control"] == "no-store"
    told = office.get("/proposals/1")
    assert (told["status"], told["organisation"], told["subjects"]) == ("open", "H57.16", [SUBJECT])


def test_a_draft_tells_where_it_can_be_read(office: Office) -> None:
    office.proposed(MOTTO)
    (draft,) = office.get("/proposals/1")["drafts"]
    assert (draft["version"], draft["id"]) == (2, 2**30)
    read = office.ask("GET", draft["link"].removeprefix("https://hub.example"))
    assert json.loads(read.get_json()["schema"])["fields"][-1]["name"] == "motto"


def test_a_schema_may_be_sent_as_json_itself(office: Office) -> None:
    told = office.post("/proposals", DRAFT | {"schemas": [json.loads(MOTTO)]}, by="producer", status=201)
    assert told["drafts"][0]["guid"] == schema_guid(MOTTO)


def test_the_name_of_the_person_behind_a_key_is_not_told(office: Office) -> None:
    number = office.proposed(MOTTO)
    assert "importer" not in json.dumps(office.get(f"/proposals/{number}"))


@pytest.mark.parametrize("resource", ["", "/1/revisions"])
def test_who_shows_no_key_is_told_to_show_one(office: Office, resource: str) -> None:
    answer = office.ask("POST", f"{V1}/proposals{resource}", DRAFT)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "key-missing")
    assert answer.headers["WWW-Authenticate"]
    assert answer.content_type == "application/problem+json"


def test_a_reviewer_proposes_nothing(office: Office) -> None:
    assert office.post("/proposals", DRAFT, by="reviewer", status=403)["code"] == "role-missing"


def test_what_still_misses_and_who_is_concerned_is_told(office: Office) -> None:
    office.declare_map()
    office.tell([registered(1, "p1")])
    told = office.get(f"/proposals/{office.proposed(MOTTO)}")
    assert told["concerned"]["custodian"] == "H57.15"
    assert [one["consumer"] for one in told["concerned"]["consumers"]] == ["map"]
    assert [one["code"] for one in told["missing"]] == ["not-rehearsed"]


def test_a_rehearsal_is_asked_for_and_found_later(office: Office) -> None:
    number = office.proposed(MOTTO)
    answer = office.ask("POST", f"{V1}/proposals/{number}/rehearsals", {}, by="producer")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"https://hub.example{V1}/proposals/{number}/rehearsal"
    assert answer.get_json()["rehearsalRequested"] is True
    assert office.get(f"/proposals/{number}/rehearsal", status=404)["code"] == "not-rehearsed"


def test_the_report_of_a_rehearsal_is_the_recorded_bytes_under_their_hash(office: Office) -> None:
    office.tell([registered(1, "p1")])
    number = office.proposed(MOTTO)
    office.rehearse(number)
    answer = office.ask("GET", f"{V1}/proposals/{number}/rehearsal")
    etag = sha256(answer.get_data()).hexdigest()
    assert answer.headers["ETag"] == f'"{etag}"'
    assert office.get(f"/proposals/{number}")["rehearsal"]["sha256"] == etag
    again = office.client.get(f"{V1}/proposals/{number}/rehearsal", headers={"If-None-Match": f'"{etag}"'})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_reviewed_and_approved_it_is_registered_for_every_client(office: Office) -> None:
    office.tell([registered(1, "p1")])
    number = office.proposed(MOTTO)
    office.rehearse(number)
    review = {"verdict": "approve", "reason": "It fits."}
    office.post(f"/proposals/{number}/reviews", review, by="custodian", status=201)
    told = office.post(f"/proposals/{number}/approval", {"reason": "Agreed."}, by="custodian")
    assert (told["status"], told["closing"]["organisation"], told["missing"]) == ("approved", "H57.15", [])
    registered_version = office.ask("GET", f"/schema-registry/subjects/{SUBJECT}/versions/latest").get_json()
    assert registered_version["version"] == 2
    assert "motto" in registered_version["schema"]


def test_an_approval_that_lacks_something_says_what(office: Office) -> None:
    office.tell([registered(1, "p1")])
    number = office.proposed(MOTTO)
    told = office.post(f"/proposals/{number}/approval", {"reason": "Quickly."}, by="custodian", status=409)
    assert told["code"] == "approval-refused"
    assert [one["code"] for one in told["missing"]] == ["not-rehearsed"]


def test_a_class_is_lowered_only_with_a_legal_basis(office: Office) -> None:
    closed = schema_with(added="phone").replace(
        '"class": "open", "label": {"vi": "phone"', '"class": "restricted", "label": {"vi": "phone"'
    )
    opened = schema_with(added="phone")
    first = office.proposed(closed)
    office.rehearse(first)
    office.post(f"/proposals/{first}/approval", {"reason": "New."}, by="custodian")
    number = office.proposed(opened)
    office.rehearse(number)
    codes = [one["code"] for one in office.get(f"/proposals/{number}")["missing"]]
    assert "class-lowered" in codes
    office.post(f"/proposals/{number}/approval", {"reason": "Wanted."}, by="custodian", status=409)
    document = {"reason": "Wanted.", "legalBasis": "Decree 1, article 2", "overrule": True}
    told = office.post(f"/proposals/{number}/approval", document, by="administrator")
    assert told["closing"]["legalBasis"] == "Decree 1, article 2"


def test_only_an_administrator_overrules(office: Office) -> None:
    number = office.proposed(MOTTO)
    document = {"reason": "Now.", "overrule": True}
    assert office.post(f"/proposals/{number}/approval", document, by="custodian", status=403)["code"] == "not-yours"


def test_nobody_approves_his_own(office: Office) -> None:
    document = DRAFT | {"reason": "Ours."}
    number = office.post("/proposals", document, by="custodian", status=201)["proposal"]
    told = office.post(f"/proposals/{number}/approval", {"reason": "Ours."}, by="custodian", status=403)
    assert told["code"] == "own-proposal"


def test_sent_back_it_is_revised_under_its_number(office: Office) -> None:
    number = office.proposed(MOTTO)
    assert office.post(f"/proposals/{number}/return", {"reason": "Docs."}, by="custodian")["status"] == "returned"
    told = office.post(f"/proposals/{number}/revisions", DRAFT, by="producer", status=201)
    assert (told["proposal"], told["revision"], told["status"]) == (number, 2, "open")


def test_who_made_it_withdraws_it_and_then_it_is_closed(office: Office) -> None:
    number = office.proposed(MOTTO)
    assert office.post(f"/proposals/{number}/withdrawal", {"reason": "No."}, by="producer")["status"] == "withdrawn"
    told = office.post(f"/proposals/{number}/approval", {"reason": "Yes."}, by="custodian", status=409)
    assert told["code"] == "proposal-closed"


def test_a_check_keeps_nothing(office: Office) -> None:
    broken = json.loads(MOTTO)
    del broken["fields"][-1]["default"]
    told = office.post("/checks", DRAFT | {"schemas": [broken]})
    assert told["refused"] is True
    assert "incompatible" in [one["code"] for one in told["findings"]]
    assert office.get("/proposals")["proposals"] == []


def test_proposals_come_in_pages_by_number_and_status(office: Office) -> None:
    for name in ("one", "two", "three"):
        office.proposed(schema_with(added=name))
    office.post("/proposals/2/return", {"reason": "No."}, by="custodian")
    first = office.get("/proposals?limit=2")
    assert [one["proposal"] for one in first["proposals"]] == [1, 2]
    second = office.get(first["next"].split(V1)[1])
    assert ([one["proposal"] for one in second["proposals"]], second["next"]) == ([3], None)
    assert [one["proposal"] for one in office.get("/proposals?status=returned")["proposals"]] == [2]
    assert office.get("/proposals?registry=rivers")["proposals"] == []


def test_a_proposal_that_is_not_there(office: Office) -> None:
    assert office.get("/proposals/9", status=404)["code"] == "unknown-proposal"


@pytest.mark.parametrize(
    ("document", "member"),
    [
        (DRAFT | {"why": "?"}, "why"),
        (DRAFT | {"kind": "improve"}, "kind"),
        (DRAFT | {"reason": "  "}, "reason"),
        (DRAFT | {"schemas": [7]}, "schemas[0]"),
        (DRAFT | {"versions": ["1"]}, "versions"),
        (DRAFT | {"reason": "\ud800"}, "reason"),
        (DRAFT | {"definition": "\udfff: 1"}, "definition"),
        (DRAFT | {"schemas": [{"type": "record", "doc": "\ud800"}]}, "schemas"),
        (DRAFT | {"\ud800": 1}, "?"),
        (DRAFT | {"reason": "\x1b[2J gone"}, "reason"),
        (DRAFT | {"subject": "x" * 4_001}, "subject"),
        (["define"], ""),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_the_member_that_is(office: Office, document: object, member: str) -> None:
    answer = office.ask("POST", f"{V1}/proposals", document, by="producer")
    told = answer.get_json()
    assert (answer.status_code, told["code"], told["member"]) == (400, "invalid-body", member)


def test_a_body_that_is_too_large_is_told_the_limit(office: Office) -> None:
    told = office.post("/proposals", DRAFT | {"definition": "x" * 4_000_000}, by="producer", status=413)
    assert "more than 4000000 bytes" in told["detail"]


def test_a_parameter_nobody_knows_is_refused(office: Office) -> None:
    assert office.get("/proposals?state=open", status=400)["parameter"] == "state"
    assert office.get("/proposals?status=lost", status=400)["parameter"] == "status"


def test_what_misses_follows_what_happened_since(office: Office) -> None:
    number = office.proposed(schema_with(added="motto").replace("The motto.", ""))
    office.rehearse(number)
    assert [one["code"] for one in office.get(f"/proposals/{number}")["missing"]] == ["doc-missing"]
    exception = {"rule": "doc-missing", "place": f"{SUBJECT}.motto", "until": "2090-01-01", "reason": "Soon."}
    office.post("/lint/exceptions", exception, by="administrator", status=201)
    assert office.get(f"/proposals/{number}")["missing"] == []


def test_a_proposal_that_another_overtook_must_be_revised(office: Office) -> None:
    late, first = office.proposed(MOTTO), office.proposed(schema_with("PlaceClosed", added="motto"))
    office.rehearse(first)
    office.post(f"/proposals/{first}/approval", {"reason": "First."}, by="custodian")
    (missing,) = office.get(f"/proposals/{late}")["missing"]
    assert (missing["code"], missing["wayOut"]) == ("proposal-outdated", "revise it")


def test_a_body_that_is_too_long_is_refused(office: Office) -> None:
    answer = office.ask("POST", f"{V1}/checks", DRAFT | {"reason": "x" * 4_000_001})
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
