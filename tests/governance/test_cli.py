"""`huehub schema` against a served hub: reading, checking, proposing, deciding."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from consumers.rehearsals.workspace import held_registry
from tests.governance.office import Office
from tests.governance.terminal import Terminal, opened_terminal
from tests.governance.town import SUBJECT, raised, schema_with
from tests.workload import SCHEMAS, SPACE, registered

MOTTO = schema_with(added="motto")
FREE = {"type": "record", "name": "Note", "namespace": "org.example", "fields": [{"name": "text", "type": "string"}]}
BECAUSE = ("--reason", "The map needs it.")


@pytest.fixture
def terminal(office: Office) -> Iterator[Terminal]:
    with opened_terminal(office) as opened:
        yield opened


@pytest.fixture
def note(office: Office) -> str:
    """A free subject with one version."""
    schema = {"schema": json.dumps(FREE)}
    office.ask("POST", "/schema-registry/subjects/org.example.Note/versions", schema)
    return "org.example.Note"


def test_subjects_are_listed_with_their_registry(terminal: Terminal, note: str) -> None:
    found = terminal.run("list", "--format", "json")
    assert len(found.json) == 9
    owners = {one["subject"]: one["registries"] for one in found.json}
    assert (owners[SUBJECT], owners[note]) == (["places"], [])
    assert len(terminal.run("list", "--registry", "places").out.splitlines()) == 8
    assert terminal.run("list", "--prefix", "org.").out.split("\t")[0] == note


def test_a_subject_is_shown_with_owner_and_schema(terminal: Terminal) -> None:
    found = terminal.run("show", SUBJECT)
    assert found.code == 0
    assert "culture (H57.15), culture@hue.example; level BACKWARD_TRANSITIVE" in found.out
    told = terminal.run("show", SUBJECT, "--version", "1", "--format", "json").json
    assert json.loads(told["shown"]["schema"])["name"] == "PlaceRegistered"


def test_what_is_not_there_ends_with_1_and_says_so(terminal: Terminal) -> None:
    found = terminal.run("show", "org.example.Nothing")
    assert (found.code, found.out) == (1, "")
    assert "org.example.Nothing" in found.err


def test_a_file_is_compared_with_what_the_hub_has(terminal: Terminal) -> None:
    found = terminal.run("diff", f"{SUBJECT}:1", terminal.file("new", MOTTO), "--format", "json")
    assert (found.json["old"], len(found.json["changes"])) == (f"{SUBJECT}:1", 1)


def test_files_of_a_registry_are_checked_together_as_a_proposal(terminal: Terminal) -> None:
    files = [terminal.file("a", MOTTO), terminal.file("b", schema_with("PlaceClosed", added="motto"))]
    found = terminal.run("check", *files, "--format", "json")
    (checked,) = found.json["checked"]
    assert (found.code, checked["registry"], checked["ok"]) == (0, "places", True)


def test_a_file_that_breaks_the_registry_ends_with_1(terminal: Terminal) -> None:
    broken = json.loads(MOTTO)
    del broken["fields"][-1]["default"]
    found = terminal.run("check", terminal.file("a", json.dumps(broken)))
    assert found.code == 1
    assert "incompatible" in found.out


def test_an_event_that_is_new_to_a_registry_is_checked_for_it(terminal: Terminal) -> None:
    new = schema_with(name={"doc": ""}).replace("PlaceRegistered", "PlaceOpened")
    file = terminal.file("a", new)
    assert terminal.run("check", file).code == 0  # as a free subject, which no rule binds
    found = terminal.run("check", file, "--registry", "places", "--format", "json")
    assert found.code == 1
    assert {one["code"] for one in found.json["checked"][0]["findings"]} == {"doc-missing", "schema-unnamed"}


def test_an_event_that_is_new_is_checked_with_the_definition_that_names_it(terminal: Terminal) -> None:
    schema = terminal.file("a", schema_with("PlaceClosed").replace("PlaceClosed", "PlaceOpened"))
    named = raised().replace("\nevents:", "\nevents:\n  PlaceOpened: {operation: retire, key: code}")
    definition = terminal.file("places.yaml", named)
    found = terminal.run("check", schema, "--registry", "places", "--definition", definition)
    assert (found.code, found.out) == (0, f"{schema}: fine\n")
    assert terminal.run("check", schema, "--definition", definition).code == 2


def test_what_stands_already_is_fine(terminal: Terminal) -> None:
    assert terminal.run("check", terminal.file("a", SCHEMAS["PlaceRegistered"])).code == 0


def test_a_free_subject_is_checked_at_its_own_level(terminal: Terminal, note: str) -> None:
    more = FREE | {"fields": [*FREE["fields"], {"name": "by", "type": "string"}]}
    found = terminal.run("check", terminal.file("a", json.dumps(more)))
    assert found.code == 1
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in found.out
    assert terminal.run("check", terminal.file("a", json.dumps(FREE)), "--subject", "org.example.New").code == 0


def test_a_proposal_needs_a_key(terminal: Terminal) -> None:
    found = terminal.run("propose", terminal.file("a", MOTTO), "--registry", "places", *BECAUSE)
    assert found.code == 1
    assert "access key" in found.err


def test_from_proposal_to_approval(terminal: Terminal, office: Office) -> None:
    office.tell([registered(1, "p1")])
    made = terminal.run(
        "propose", terminal.file("a", MOTTO), "--registry", "places", *BECAUSE, "--format", "json", by="producer"
    )
    assert (made.code, made.json["proposal"]) == (0, 1)
    refused = terminal.run("approve", "1", *BECAUSE, by="custodian")
    assert refused.code == 1
    assert "rehears" in refused.err
    office.rehearse(1)
    assert terminal.run("review", "1", "--verdict", "approve", *BECAUSE, by="custodian").code == 0
    approved = terminal.run("approve", "1", *BECAUSE, by="custodian")
    assert (approved.code, approved.out.splitlines()[0]) == (0, "proposal 1 (revision 1): define places: approved")
    assert f"{SUBJECT}\t2\t" in terminal.run("list", "--prefix", SUBJECT).out


def test_waiting_for_a_rehearsal_that_nobody_does_ends_with_75(terminal: Terminal, office: Office) -> None:
    office.tell([registered(1, "p1")])
    waiting = ("--wait", "--timeout", "0")
    found = terminal.run(
        "propose", terminal.file("a", MOTTO), "--registry", "places", *BECAUSE, *waiting, by="producer"
    )
    assert found.code == 75
    assert "huehub consume" in found.err


def test_an_approval_while_the_registry_is_rehearsed_ends_with_75_and_says_why(
    terminal: Terminal, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.app._REHEARSAL_WAIT_S", 0.1)
    office.tell([registered(1, "p1")])
    number = str(office.proposed(MOTTO))
    office.rehearse(int(number))
    with held_registry(office.hub.settings.rehearsals_dir, "places"):
        found = terminal.run("approve", number, *BECAUSE, by="custodian")
    assert found.code == 75
    assert "(503): another rehearsal of places runs at this moment" in found.err
    assert terminal.run("approve", number, *BECAUSE, by="custodian").code == 0


def test_an_approval_is_shown_with_its_legal_basis_and_what_was_overruled(terminal: Terminal, office: Office) -> None:
    number = office.proposed(schema_with(added="motto"))
    office.post(f"/proposals/{number}/reviews", {"verdict": "object", "reason": "No."}, by="custodian", status=201)
    office.rehearse(number)
    how = ("--legal-basis", "Decree 47/2024", "--overrule")
    told = terminal.run("approve", str(number), *BECAUSE, *how, by="administrator").out
    assert "approved, overruling what was missing, by H57/" in told
    assert "legal basis: Decree 47/2024" in told


def test_a_schema_that_cannot_be_is_told_by_its_file(terminal: Terminal) -> None:
    good, bad = terminal.file("good.avsc", MOTTO), terminal.file("bad.avsc", '{"type": "record", "name": "x.Y"}')
    for command in (("propose", *BECAUSE), ("check",)):
        found = terminal.run(*command, good, bad, "--registry", "places", by="producer")
        assert found.code == 1
        assert f"{bad}: " in found.out + found.err
        assert "schemas[" not in found.out + found.err


def test_proposing_what_stands_already_is_fine_and_makes_no_proposal(terminal: Terminal, office: Office) -> None:
    file = terminal.file("a", SCHEMAS["PlaceRegistered"])
    found = terminal.run("propose", file, "--registry", "places", *BECAUSE, "--wait", by="producer")
    assert (found.code, found.out) == (0, "registry places stands like this already: nothing is proposed\n")
    told = terminal.run("propose", file, "--registry", "places", *BECAUSE, "--format", "json", by="producer").json
    assert (told["proposal"], told["status"]) == (None, "nothing-changes")
    assert office.get("/proposals")["proposals"] == []


def test_a_proposal_with_errors_stands_and_ends_with_1(terminal: Terminal) -> None:
    broken = json.loads(MOTTO)
    del broken["fields"][-1]["default"]
    file = terminal.file("a", json.dumps(broken))
    assert terminal.run("propose", file, "--registry", "places", *BECAUSE, by="producer").code == 1
    assert terminal.run("proposals", "show", "1", "--format", "json").json["status"] == "open"


def test_a_level_and_a_deletion_are_proposed_for_a_subject(terminal: Terminal) -> None:
    common = ("propose", "--registry", "places", "--subject", SUBJECT, *BECAUSE, "--format", "json")
    told = terminal.run(*common, "--level", "FULL", by="producer").json
    assert (told["kind"], told["change"]["subject"]) == ("configure", SUBJECT)
    told = terminal.run(*common, "--delete", "1", by="producer").json
    assert (told["kind"], told["change"]["versions"]) == ("delete", [1])


def test_sent_back_and_proposed_anew(terminal: Terminal) -> None:
    file = terminal.file("a", MOTTO)
    terminal.run("propose", file, "--registry", "places", *BECAUSE, by="producer")
    assert "returned" in terminal.run("return", "1", *BECAUSE, by="custodian").out
    anew = terminal.run("propose", file, "--registry", "places", *BECAUSE, "--revise", "1", by="producer")
    assert "revision 2" in anew.out
    assert "withdrawn" in terminal.run("withdraw", "1", *BECAUSE, by="producer").out
    lines = terminal.run("proposals", "list", "--status", "withdrawn").out.splitlines()
    assert [line.split("\t")[:4] for line in lines] == [["1", "withdrawn", "define", "places"]]


def test_lint_takes_levels_and_exceptions_of_the_hub(terminal: Terminal, office: Office) -> None:
    file = terminal.file("a.avsc", schema_with(name={"doc": ""}))
    assert terminal.run("lint", file).code == 1
    document = {
        "rule": "doc-missing",
        "place": f"{SPACE}.PlaceRegistered.name",
        "until": "2090-01-01",
        "reason": "Soon.",
    }
    office.post("/lint/exceptions", document, by="administrator", status=201)
    assert terminal.run("lint", file, "--hub").code == 0
