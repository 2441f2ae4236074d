"""Proposals of a running hub: caught by the rehearsal or by a consumer, sent back; a good one becomes a version."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.conftest import TOWN, started
from tests.end_to_end.running import RunningHub, wait_for

DRILLED = "org.example.wells.WellDrilled"
SOURCE = "urn:hoian:W1:well-register"
EVENTS, WITHOUT_DEPTH = 30, (7, 18, 29)
READERS = ("--organisation", "W2", "--name-vi", "Bản đồ", "--name-en", "Maps", "--contact", "maps@example.org")
KEYS = {
    "producer": ("producer", "W1", "well register"),
    "steward": ("steward", "W1", "records office"),
    "reviewer": ("reviewer", "W2", "map"),
    "administrator": ("administrator", "W0", "it centre"),
}
Fields = list[dict[str, Any]]


class Governed:
    """A running town with thirty wells, keys, and a declared consumer of their yield."""

    def __init__(self, hub: RunningHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.secrets = {name: self._issue(*key) for name, key in KEYS.items()}

    def _issue(self, role: str, organisation: str, holder: str) -> str:
        told = self.hub.run("key", "add", "--role", role, "--organisation", organisation, "--holder", holder)
        found = re.search(r"\(shown once\): (\S+)", told)
        assert found is not None, told
        return found[1]

    def schema(self, *arguments: str, by: str, expect: int = 0) -> str:
        """What `huehub schema …` prints with the key of `by`."""
        settings = {"HUB_KEY": self.secrets[by], "HUB_URL": self.hub.url}
        return self.hub.run("schema", *arguments, expect=expect, settings=settings)

    def propose(self, change: Callable[[Fields], Fields], *, expect: int = 0) -> dict[str, Any]:
        """Propose another WellDrilled, wait for its rehearsal by the consuming process, and read what stands."""
        text = self.hub.get(f"/schema-registry/subjects/{DRILLED}/versions/latest")["schema"]
        document = json.loads(text)
        document["fields"] = change(document["fields"])
        file = self.folder / "WellDrilled.avsc"
        file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        asked = ("propose", str(file), "--registry", "wells", "--reason", "A test.", "--wait", "--format", "json")
        made: dict[str, Any] = json.loads(self.schema(*asked, by="producer", expect=expect))
        return made

    def missing(self, number: int) -> list[str]:
        """What an approval of the steward's would lack."""
        return [one["code"] for one in self.hub.get(f"/governance/v1/proposals/{number}")["missing"]]

    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.hub.get("/governance/v1/changes", limit=1000)["changes"]
        return found


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Governed]:
    folder = tmp_path_factory.mktemp("governed")
    with started(RunningHub(folder / "hub", TOWN), "--no-publish") as hub:
        hub.run("department", "add", "maps", *READERS)
        post_wells(hub)
        found = Governed(hub, folder)
        declare_map(found)
        relax_level(found)
        yield found


def post_wells(hub: RunningHub) -> None:
    """Thirty wells through the HTTP intake; three have no depth."""
    token = hub.run("department", "token", "water").split("(shown once): ")[1].split()[0]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
    for number in range(1, EVENTS + 1):
        depth = None if number in WITHOUT_DEPTH else number + 0.5
        data = {"wellKey": str(number), "name": f"Giếng {number}", "depthM": depth, "yieldLs": 1.5}
        event = {
            "specversion": "1.0",
            "id": f"well-{number}",
            "source": SOURCE,
            "type": "WellDrilled",
            "subject": str(number),
            "time": "2026-01-05T00:00:00Z",
            "sequence": str(number),
            "data": data,
        }
        answer = httpx.post(f"{hub.url}/topics/water.wells.v1", json=event, headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
    wait_for(lambda: hub.count("wells") == EVENTS, what="wells")


def declare_map(governed: Governed) -> None:
    document = {"title": "Map of wells", "contact": "maps@example.org", "fields": ["yieldLs"]}
    answer = httpx.put(
        f"{governed.hub.url}/governance/v1/consumers/map/subjects/{DRILLED}",
        json=document,
        headers={"Authorization": f"Bearer {governed.secrets['reviewer']}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def relax_level(governed: Governed) -> None:
    """No compatibility is checked for the subject: what catches a bad change then is its rehearsal."""
    asked = ("--registry", "wells", "--subject", DRILLED, "--level", "NONE", "--reason", "A test.", "--format", "json")
    made = json.loads(governed.schema("propose", *asked, by="producer"))
    governed.schema("approve", str(made["proposal"]), "--reason", "A test.", by="steward")


def require_depth(fields: Fields) -> Fields:
    """Without null in the type of the depth."""

    def required(one: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in one.items() if name != "default"} | {"type": "double"}

    return [required(one) if one["name"] == "depthM" else one for one in fields]


def without_yield(fields: Fields) -> Fields:
    return [one for one in fields if one["name"] != "yieldLs"]


def with_owner(classification: str) -> Callable[[Fields], Fields]:
    """With an owner of this class as the last field."""
    label = {"vi": "Chủ giếng", "en": "Owner"}
    owner = {"name": "owner", "type": ["null", "string"], "default": None, "doc": "Who owns it.", "label": label}
    return lambda fields: [
        *(one for one in fields if one["name"] != "owner"),
        owner | {"class": classification},
    ]


def test_three_stored_events_that_would_fail_are_named_and_the_proposal_sent_back(governed: Governed) -> None:
    made = governed.propose(require_depth, expect=1)
    number, rehearsal = made["proposal"], made["rehearsal"]
    assert (rehearsal["passed"], rehearsal["counts"]["failing"]) == (False, 3)
    named = [(one["eventId"], one["field"]) for one in rehearsal["failing"]]
    assert named == [(f"well-{one}", "depthM") for one in WITHOUT_DEPTH]
    shown = governed.schema("proposals", "show", str(number), by="producer")
    assert all(f"event well-{one}: undecodable: depthM: " in shown for one in WITHOUT_DEPTH)
    refused = governed.schema("approve", str(number), "--reason", "Quickly.", by="steward", expect=1)
    assert "did not pass" in refused
    told = governed.schema("return", str(number), "--reason", "Three wells have no depth.", by="steward")
    assert ": returned" in told
    assert governed.hub.get("/api/v1/registries/wells")["definition_version"] == 1


def test_a_consumer_that_breaks_is_named_and_has_a_say(governed: Governed) -> None:
    made = governed.propose(without_yield)
    number = str(made["proposal"])
    assert made["rehearsal"]["breaks"] == ["map"]
    assert "consumer-breaks" in governed.missing(made["proposal"])
    answer = ("--verdict", "object", "--reason", "The map shows it.", "--consumer", "map")
    assert "object (consumer map, W2)" in governed.schema("review", number, *answer, by="reviewer")
    refused = governed.schema("approve", number, "--reason", "Anyway.", by="steward", expect=1)
    assert "The map shows it." in refused
    governed.schema("return", number, "--reason", "The map objects.", by="steward")


@pytest.fixture(scope="module")
def owned(governed: Governed) -> dict[str, Any]:
    """A good proposal, reviewed and approved: wells have an owner, who is not public."""
    made = governed.propose(with_owner("restricted"))
    number = str(made["proposal"])
    answer = ("--verdict", "approve", "--reason", "The map does not mind.", "--consumer", "map")
    governed.schema("review", number, *answer, by="reviewer")
    told = governed.schema("approve", number, "--reason", "Agreed.", "--format", "json", by="steward")
    approved: dict[str, Any] = json.loads(told)
    return approved


def test_a_good_proposal_is_registered_and_every_client_sees_it(governed: Governed, owned: dict[str, Any]) -> None:
    assert (owned["status"], owned["closing"]["reason"]) == ("approved", "Agreed.")
    latest = governed.hub.get(f"/schema-registry/subjects/{DRILLED}/versions/latest")
    assert (latest["version"], json.loads(latest["schema"])["fields"][-1]["name"]) == (2, "owner")
    assert latest["id"] < 2**30
    registry = "/api/v1/registries/wells"
    wait_for(lambda: governed.hub.get(registry)["definition_version"] == 2, what="the new definition")


def test_what_was_decided_stands_in_the_change_feed(governed: Governed, owned: dict[str, Any]) -> None:
    told = [one for one in governed.changes() if one.get("proposal") == owned["proposal"]]
    kinds = [one["kind"] for one in told]
    assert kinds[:2] == ["proposal-made", "proposal-rehearsed"]
    assert (kinds[2], kinds[-1]) == ("proposal-reviewed", "proposal-approved")
    after = [one for one in governed.changes() if one["number"] > told[-1]["number"]]
    assert [(one["kind"], one.get("subject")) for one in after[:2]] == [
        ("version-registered", DRILLED),
        ("registry-defined", None),
    ]
    atom = httpx.get(f"{governed.hub.url}/governance/v1/changes.atom", timeout=60).text
    assert f"Proposal approved: {owned['proposal']}" in atom


def test_a_restricted_field_becomes_public_only_with_a_legal_basis(governed: Governed, owned: dict[str, Any]) -> None:
    record = "/api/v1/registries/wells/records/1"
    assert "owner" not in json.dumps(governed.hub.get(record))
    made = governed.propose(with_owner("open"), expect=1)
    number = str(made["proposal"])
    assert "owner" in json.dumps(made["rehearsal"]["becomesPublic"])
    assert "class-lowered" in governed.missing(made["proposal"])
    governed.schema("approve", number, "--reason", "Openness.", by="steward", expect=1)
    governed.schema("approve", number, "--reason", "Openness.", "--overrule", by="administrator", expect=1)
    basis = ("--legal-basis", "Decree 47/2020, article 17")
    told = governed.schema("approve", number, "--reason", "Openness.", *basis, by="steward")
    assert ": approved" in told
    wait_for(lambda: "owner" in json.dumps(governed.hub.get(record)), what="the owner is public")


def test_who_uses_the_schema_is_told(governed: Governed) -> None:
    told = governed.hub.get(f"/governance/v1/subjects/{DRILLED}/usage")
    assert [(one["source"], one["version"], one["events"]) for one in told["writers"]] == [(SOURCE, 1, EVENTS)]
    assert [one["consumer"] for one in told["consumers"]] == ["map"]
