"""Folders of definitions: `huehub registry apply`, and what `huehub up` brings with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consumers.runner import ProjectionRunner
from hub.control.state import ControlState
from hub.governance.requests import ProposalRequest
from hub.settings import Settings
from hub.wiring import now_micros, open_desk, opened_hub, seed
from tests.end_to_end.running import RunningHub
from tests.governance.town import ADMINISTRATOR, PRODUCER, SUBJECT, schema_with
from tests.workload import CULTURE, SCHEMAS, City, definition_text, registered

CLOSED = schema_with(seats={"class": "restricted"})
OPENED = schema_with(seats={"doc": "How many may sit."})
WITHOUT_HOUSES = {"type": "enum", "name": "PlaceKind", "symbols": ["OTHER", "TEMPLE"]}
TOPICS = "topics culture.places.v1, tourism.places.v1"


def with_described_edges() -> str:
    """The schema of the city whose inner record lacks what lint asks for, mended."""
    document = json.loads(SCHEMAS["PlacesReorganised"])
    for one in document["fields"][1]["type"]["items"]["fields"]:
        one |= {"class": "open", "label": {"vi": one["name"], "en": one["name"]}, "doc": "A place."}
    return json.dumps(document)


SOUND = SCHEMAS | {"PlacesReorganised": with_described_edges()}


def write_folder(folder: Path, text: str, **schemas: str) -> Path:
    """A folder with the registry of places; `schemas` stand in place of the first ones."""
    (folder / "registries").mkdir(parents=True, exist_ok=True)
    (folder / "avsc/places").mkdir(parents=True, exist_ok=True)
    (folder / "registries/places.yaml").write_text(text, encoding="utf-8")
    for name, schema in (SOUND | schemas).items():
        (folder / f"avsc/places/{name}.avsc").write_text(schema, encoding="utf-8")
    return folder


class Machine:
    """The machine of a hub: its folders, and what is said and done there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = RunningHub(folder)
        none = folder / "none"
        none.mkdir()
        self.settings = Settings(data_dir=folder / "var", schemas_dir=folder / "schemas", departments_dir=none)
        with opened_hub(self.settings) as hub:
            store = hub.open_control_store("test")
            for code, organisation in (("culture", "H57.15"), ("tourism", "H57.16")):
                facts = {"name_vi": code, "name_en": code, "contact": f"{code}@hue.example"}
                store.add_department(code=code, organisation=organisation, **facts)

    def apply(self, text: str, *options: str, expect: int = 0, **schemas: str) -> str:
        """What `registry apply` prints of a folder."""
        folder = write_folder(self.folder / "given", text, **schemas)
        return self.desk.run("registry", "apply", str(folder), *options, expect=expect)

    def up(self, text: str, **schemas: str) -> list[str]:
        """What `huehub up` says of the definitions packaged with it."""
        write_folder(self.folder / "schemas", text, **schemas)
        with opened_hub(self.settings) as hub:
            return seed(hub)

    def tell(self, count: int, source: str) -> None:
        """Publish and apply `count` places of `source`."""
        with opened_hub(self.settings) as hub:
            city = City(hub.log, hub.open_control_store("test"), "places")
            events = [registered(number, f"{source[-5:]}-{number}", source=source) for number in range(count)]
            city.tell(events)
            ProjectionRunner("places", hub.log, hub.engine, clock=now_micros).catch_up()

    def ask_for_no_compatibility(self) -> None:
        """Have the level NONE approved for registered places."""
        request = ProposalRequest("configure", "places", "A clean cut.", subject=SUBJECT, level="NONE")
        with opened_hub(self.settings) as hub:
            desk = open_desk(hub, hub.open_control_store("test"))
            desk.approve(ADMINISTRATOR, desk.propose(PRODUCER, request).number, reason="Agreed.")

    def state(self) -> ControlState:
        with opened_hub(self.settings) as hub:
            return hub.control.refresh()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_folder_becomes_a_proposal_and_tells_how_to_approve_it(machine: Machine) -> None:
    told = machine.apply(definition_text(), "--reason", "A city needs places.")
    assert "proposal 1 (revision 1): define places: open" in told
    assert "huehub schema approve NUMBER" in told
    state = machine.state()
    assert (state.definitions, state.subjects) == ({}, {})
    assert (state.proposals[1].reason, state.proposals[1].key_id) == ("A city needs places.", "terminal")
    assert state.proposals[1].organisation == "H57.15"


def test_the_same_folder_is_proposed_once_and_then_approved(machine: Machine) -> None:
    machine.apply(definition_text())
    machine.apply(definition_text())
    told = machine.apply(definition_text(), "--approve", "Agreed.")
    assert "approved by H57.15/terminal: Agreed." in told
    assert f"places version 1: {TOPICS}" in told
    assert list(machine.state().proposals) == [1]


def test_what_stands_already_is_told_and_not_proposed(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.")
    number = machine.state().number
    assert machine.apply(definition_text()) == f"places version 1: {TOPICS}\n"
    assert machine.state().number == number


def test_the_same_in_other_words_stands_already(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.")
    number = machine.state().number
    assert machine.apply("# in other words\n" + definition_text()) == f"places version 1: {TOPICS}\n"
    assert machine.state().number == number


def test_a_changed_text_without_a_higher_version_is_refused(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.")
    told = machine.apply(definition_text().replace("en: Places", "en: Sites"), expect=1)
    assert "stands at version 1; a changed definition needs a higher one" in told


def test_an_error_that_no_approval_can_pass_proposes_nothing(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.")
    wrong = schema_with(covered={"type": ["null", "string"]})
    told = machine.apply(definition_text(version=2), "--approve", "Please.", expect=1, PlaceRegistered=wrong)
    assert f"error: {SUBJECT}/fields/8/type/1: incompatible: not compatible (BACKWARD_TRANSITIVE)" in told
    assert "nothing was applied" in told
    assert list(machine.state().proposals) == [1]


def test_a_lowered_class_is_proposed_with_an_error_and_approved_with_a_legal_basis(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.", PlaceRegistered=CLOSED)
    second = definition_text(version=2)
    told = machine.apply(second, expect=1, PlaceRegistered=OPENED)
    assert f"error: {SUBJECT}.seats: class-lowered" in told
    assert "proposal 2 (revision 1): define places: open" in told
    told = machine.apply(second, "--approve", "Please.", "--overrule", expect=1, PlaceRegistered=OPENED)
    assert "cite the legal basis" in told
    basis = ("--approve", "The law asks for it.", "--legal-basis", "Decree 47/2024")
    assert "places version 2" in machine.apply(second, *basis, PlaceRegistered=OPENED)
    closing = machine.state().proposals[2].closing
    assert closing is not None
    assert closing.legal_basis == "Decree 47/2024"


def test_events_that_would_fail_are_counted_and_stop_it_unless_it_is_overruled(machine: Machine) -> None:
    machine.apply(definition_text(), "--approve", "Agreed.")
    machine.tell(5, CULTURE)  # those with an even number are houses
    machine.ask_for_no_compatibility()
    second, without_houses = definition_text(version=2), schema_with(kind={"type": WITHOUT_HOUSES})
    told = machine.apply(second, "--approve", "Houses are gone.", expect=1, PlaceRegistered=without_houses)
    assert "rehearsal: FAILED up to entry 5" in told
    assert "failing 3" in told
    assert "the rehearsal up to entry 5 did not pass" in told
    assert machine.state().definitions["places"].version == 1
    told = machine.apply(second, "--approve", "They were tests.", "--overrule", PlaceRegistered=without_houses)
    assert f"places version 2: {TOPICS}\n" in told


def test_legal_basis_and_overrule_go_with_approve(machine: Machine) -> None:
    assert "go with --approve" in machine.apply(definition_text(), "--overrule", expect=2)


def test_up_founds_what_the_hub_does_not_know_without_a_proposal(machine: Machine) -> None:
    assert machine.up(definition_text()) == ["defined: places"]
    assert machine.up(definition_text()) == []
    assert machine.state().proposals == {}


def test_up_raises_a_known_registry_by_a_proposal_with_its_rehearsal(machine: Machine) -> None:
    machine.up(definition_text())
    machine.tell(4, CULTURE)
    told = machine.up(definition_text(version=2), PlaceRegistered=CLOSED)
    assert told == ["raised: places to version 2 by proposal 1"]
    proposal = machine.state().proposals[1]
    assert (proposal.status, proposal.key_id) == ("approved", "upgrade")
    assert proposal.rehearsed is not None
    assert (proposal.rehearsed.pin, proposal.rehearsed.passed) == (4, True)


def test_up_keeps_what_an_approval_refuses_says_so_and_proposes_it_once(machine: Machine) -> None:
    machine.up(definition_text(), PlaceRegistered=CLOSED)
    for _ in range(2):
        (told,) = machine.up(definition_text(version=2), PlaceRegistered=OPENED)
        assert told.startswith("kept: places stays at version 1; the packaged version 2 is not in force: proposal 1")
        assert "cite the legal basis" in told
    state = machine.state()
    assert (state.definitions["places"].version, list(state.proposals)) == (1, [1])


def test_up_does_not_ask_again_for_what_was_sent_back(machine: Machine) -> None:
    machine.up(definition_text(), PlaceRegistered=CLOSED)
    machine.up(definition_text(version=2), PlaceRegistered=OPENED)
    with opened_hub(machine.settings) as hub:
        open_desk(hub, hub.open_control_store("test")).send_back(ADMINISTRATOR, 1, reason="No law says so.")
    (told,) = machine.up(definition_text(version=2), PlaceRegistered=OPENED)
    assert "proposal 1 is returned already" in told
    assert list(machine.state().proposals) == [1]


def test_a_newer_package_takes_the_place_of_a_refused_one(machine: Machine) -> None:
    machine.up(definition_text(), PlaceRegistered=CLOSED)
    machine.up(definition_text(version=2), PlaceRegistered=OPENED)
    told = machine.up(definition_text(version=3), PlaceRegistered=CLOSED)
    assert told == ["raised: places to version 3 by proposal 2"]
    assert {number: one.status for number, one in machine.state().proposals.items()} == {1: "withdrawn", 2: "approved"}
