"""Drafts of proposals: readable in a context of their own, under ids of their own, written by proposals only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.registries.database import open_database
from hub.schema_registry.rest.permissions import ANYONE
from hub.schema_registry.store import SchemaStore
from tests.producers.places_registry import SCHEMAS
from tests.schema_registry.client import RegistryClient, client_of
from tests.schema_registry.governed import ADDRESS, LISTED, Hall, basic, draft

V2 = {**json.loads(SCHEMAS[0]), "doc": "A second version."}
V3 = {**json.loads(SCHEMAS[0]), "doc": "A third version."}
DRAFT = 2**30


@pytest.fixture
def client(hall: Hall) -> RegistryClient:
    """A registry with one proposal, number 7, of one draft."""
    hall.propose(draft(V2))
    return hall.client(ANYONE)


def test_a_draft_is_read_in_the_context_of_its_proposal(client: RegistryClient) -> None:
    found = client.get(f"/contexts/.draft-7/subjects/{LISTED}/versions/latest").json
    assert (found["id"], found["version"]) == (DRAFT, 2)
    assert json.loads(found["schema"])["doc"] == "A second version."
    assert client.get(f"/contexts/.draft-7/schemas/ids/{DRAFT}").json["schema"] == found["schema"]
    assert client.get(f"/subjects/:.draft-7:{LISTED}/versions").json == [2]


def test_a_client_that_registers_by_default_gets_the_id_of_the_draft(client: RegistryClient) -> None:
    assert client.look_up(f":.draft-7:{LISTED}", V2).json["id"] == DRAFT
    assert client.register(f":.draft-7:{LISTED}", V2).json["id"] == DRAFT


def test_drafts_are_not_among_the_subjects_of_all(client: RegistryClient) -> None:
    assert client.get("/subjects").json == ["test.places.PlaceChanged", LISTED, "test.places.PlaceRetired"]
    assert all(not one["subject"].startswith(":") for one in client.get("/schemas").json)
    assert client.get("/subjects?subjectPrefix=:.draft-7:").json == [f":.draft-7:{LISTED}"]
    assert client.get("/contexts").json == [".", ".draft-7"]


def test_the_newest_version_outside_is_the_one_that_stands(client: RegistryClient) -> None:
    assert client.get(f"/subjects/{LISTED}/versions/latest").json["version"] == 1
    assert client.get(f"/schemas/ids/{DRAFT}").error == (404, 40403)
    assert client.get(f"/schemas/ids/{DRAFT}?subject={LISTED}").error == (404, 40403)


def test_a_name_that_only_a_draft_has_is_not_found_outside(hall: Hall, client: RegistryClient) -> None:
    schema = V2 | {"name": "PlaceMoved"}
    hall.propose(draft(schema, subject="test.places.PlaceMoved", id=DRAFT + 1, version=1), proposal=8)
    assert client.get("/subjects/test.places.PlaceMoved/versions/1").error == (404, 40401)
    assert client.look_up("test.places.PlaceMoved", schema).error == (404, 40401)
    assert client.get("/contexts/.draft-8/subjects").json == [":.draft-8:test.places.PlaceMoved"]


def test_a_higher_revision_takes_the_place_of_the_drafts_before(hall: Hall, client: RegistryClient) -> None:
    assert client.get(f"/contexts/.draft-7/schemas/ids/{DRAFT}").status == 200
    hall.propose(draft(V3, id=DRAFT + 1), revision=2)
    found = client.get(f"/contexts/.draft-7/subjects/{LISTED}/versions/latest").json
    assert (found["id"], json.loads(found["schema"])["doc"]) == (DRAFT + 1, "A third version.")
    assert client.get(f"/subjects/:.draft-7:{LISTED}/versions").json == [2]
    hall.store.reads.forget()
    assert client.get(f"/contexts/.draft-7/schemas/ids/{DRAFT}").error == (404, 40403)


@pytest.mark.parametrize("kind", ["ProposalReturned", "ProposalWithdrawn"])
def test_drafts_stay_readable_when_the_proposal_is_closed(hall: Hall, client: RegistryClient, kind: str) -> None:
    facts: dict[str, Any] = {"proposal": 7, "reason": "no", "keyId": "h57.15-1"}
    if kind == "ProposalReturned":
        facts |= {"revision": 1, "organisation": "H57.15"}
    hall.change((kind, facts))
    assert client.get(f"/contexts/.draft-7/schemas/ids/{DRAFT}").status == 200


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", f"/contexts/.draft-7/subjects/{LISTED}/versions", {"schema": '"string"'}),
        ("POST", "/contexts/.draft-7/subjects/new/versions", {"schema": '"string"'}),
        ("POST", "/subjects/:.draft-9:new/versions", {"schema": '"string"'}),
        ("DELETE", f"/subjects/:.draft-7:{LISTED}", None),
        ("DELETE", f"/subjects/:.draft-7:{LISTED}/versions/2", None),
        ("PUT", "/contexts/.draft-7/config", {"compatibility": "NONE"}),
        ("PUT", f"/config/:.draft-7:{LISTED}", {"compatibility": "NONE"}),
        ("PUT", "/contexts/.draft-7/mode", {"mode": "IMPORT"}),
        ("PUT", "/mode/:.draft-7:", {"mode": "IMPORT"}),
    ],
)
@pytest.mark.parametrize("role", ["", "administrator"])
def test_nobody_writes_among_drafts(
    hall: Hall, client: RegistryClient, role: str, method: str, path: str, document: Any
) -> None:
    headers = basic(*hall.issue(role)) if role else {}
    answer = client.ask(method, path, document, **headers)
    assert answer.error == (403, 40301)
    assert f"{ADDRESS}/governance/v1/proposals" in answer.json["message"]


def test_no_schema_refers_to_a_draft(client: RegistryClient) -> None:
    schema = {"type": "record", "name": "Tour", "fields": [{"name": "start", "type": LISTED}]}
    reference = {"name": LISTED, "subject": f":.draft-7:{LISTED}", "version": 2}
    answer = client.register("tours-value", schema, references=[reference])
    assert answer.error == (422, 42201)
    assert "draft" in answer.json["message"]


def test_the_context_of_drafts_is_not_deleted(hall: Hall, client: RegistryClient) -> None:
    assert client.delete("/contexts/.draft-7").status in (403, 422)
    assert client.get("/contexts").json == [".", ".draft-7"]


def test_ids_of_drafts_count_nowhere_else(client: RegistryClient) -> None:
    registered = client.register("free", '"string"').json["id"]
    assert registered == 4  # after the three schemas of the registry


def test_drafts_come_back_from_the_log(hall: Hall, client: RegistryClient, tmp_path: Any) -> None:
    restored = SchemaStore(open_database(f"sqlite:///{tmp_path / 'other.sqlite'}"), hall.log, now=lambda: 0)
    found = client_of(restored).get(f"/contexts/.draft-7/subjects/{LISTED}/versions/latest").json
    assert found["id"] == DRAFT
