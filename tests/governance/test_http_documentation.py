"""docs/reference/governance-api.md names every resource and kind of change, and its examples answer."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hub.governance.rest.blueprint import RESOURCES, Resource, template_of
from hub.governance.rest.feed import WORDS
from tests.governance.office import Office
from tests.governance.town import schema_with
from tests.workload import registered

PAGE = (Path(__file__).parents[2] / "docs/reference/governance-api.md").read_text(encoding="utf-8")
EXAMPLES = [shlex.split(line)[-1] for line in re.findall(r"^\$ (curl .+)$", PAGE, re.MULTILINE)]


@pytest.fixture
def governed(office: Office) -> Office:
    """A place, the map that reads it, a second version of it, and an open proposal."""
    office.tell([registered(1, "p1")])
    office.declare_map()
    number = office.proposed(schema_with(added="motto"))
    office.rehearse(number)
    office.post(f"/proposals/{number}/approval", {"reason": "Agreed."}, by="custodian")
    office.proposed(schema_with("PlaceClosed", added="motto"))
    return office


def test_every_example_answers(governed: Office) -> None:
    assert len(EXAMPLES) >= 14
    for example in EXAMPLES:
        answer = governed.ask("GET", example.removeprefix("http://127.0.0.1:8080"))
        assert answer.status_code == 200, f"{example}: {answer.get_data(as_text=True)}"
        assert answer.get_data()


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: f"{one.method} {one.path}")
def test_every_resource_stands_in_the_page(resource: Resource) -> None:
    assert f"`{resource.method} {template_of(resource.path)}`" in PAGE


def test_every_kind_of_change_stands_in_the_page() -> None:
    assert [kind for kind in WORDS if f"`{kind}`" not in PAGE] == []
