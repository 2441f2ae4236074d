from __future__ import annotations

from pathlib import Path

import pytest

from producers.declarations import choose_feeds, find_missing, load_departments, load_implementation
from producers.errors import DeclarationError

GOOD = """
code: culture
organisation: H57.15
name: {vi: "Sở Văn hoá", en: "Culture"}
contact: culture@example.org
feeds:
  - name: places
    registry: places
    system: register
    mode: snapshot
    title: {vi: "Địa điểm", en: "Places"}
    needs: [04-portal]
    events: {created: PlaceListed, changed: PlaceChanged}
    source: {file: places.csv}
    mapping: {key: [code], fields: {code: {column: id}}}
    options: {retire_limit: 0.5}
  - name: places-package
    registry: places
    system: package
    mode: events
    title: {vi: "Địa điểm", en: "Places"}
    instead_of: places
    implementation: producers.batches:check_completeness
"""


def write(folder: Path, text: str, name: str = "culture") -> Path:
    (folder / name).mkdir()
    (folder / name / "department.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_department_is_read_with_its_feeds(tmp_path: Path) -> None:
    (department,) = load_departments(write(tmp_path, GOOD))
    assert (department.code, department.organisation, department.name_vi) == ("culture", "H57.15", "Sở Văn hoá")
    places, package = department.feeds
    assert places.department == "culture"
    assert places.events == {"created": "PlaceListed", "changed": "PlaceChanged"}
    assert places.options == {"retire_limit": 0.5}
    assert package.implementation == "producers.batches:check_completeness"
    assert department.source_of(places, "hue") == "urn:hue:H57.15:register"


def test_the_packaged_departments_are_acceptable() -> None:
    codes = [department.code for department in load_departments()]
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("mode: snapshot", "mode: weekly", r"culture/department\.yaml: feeds\[0\]\.mode: 'weekly' is not one of"),
        ("code: culture", "code: Culture!", r"department\.yaml: code: 'Culture!'"),
        ("contact: culture@example.org", "", r"department\.yaml: contact: a text is needed"),
        ('en: "Culture"', 'fr: "Culture"', r"name\.fr: unknown; known are vi, en"),
        ("needs: [04-portal]", "needs: 4", r"feeds\[0\]\.needs: needs a list"),
        ("created: PlaceListed, ", "", r"feeds\[0\]\.events: a snapshot feed names its created event"),
        ("source: {file: places.csv}", "colour: red", r"feeds\[0\]\.colour: unknown"),
        ("source: {file: places.csv}", "", r"feeds\[0\]: needs an implementation, or a source and a mapping"),
        ("instead_of: places", "instead_of: nothing", r"instead_of: there is no feed 'nothing'"),
        ("name: places-package", "name: places", r"feeds\.name: 'places' is declared twice"),
        ("implementation: producers.batches:check_completeness", "implementation: batches", r"module:function"),
    ],
)
def test_an_error_names_file_and_field(tmp_path: Path, good: str, bad: str, complaint: str) -> None:
    assert good in GOOD
    with pytest.raises(DeclarationError, match=complaint):
        load_departments(write(tmp_path, GOOD.replace(good, bad)))


def test_text_that_is_no_yaml_is_refused_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read as YAML"):
        load_departments(write(tmp_path, "code: [unclosed"))


def test_a_feed_runs_where_its_needs_are_and_its_stand_in_where_not(tmp_path: Path) -> None:
    (department,) = load_departments(write(tmp_path, GOOD))
    data = tmp_path / "data"
    data.mkdir()
    feeds = list(department.feeds)
    assert [feed.name for feed in choose_feeds(feeds, data)] == ["places-package"]
    assert [feed.name for feed in choose_feeds(feeds, None)] == ["places-package"]
    (data / "04-portal").mkdir()
    chosen = [(feed.name, feed.withdrawn) for feed in choose_feeds(feeds, data)]
    assert chosen == [("places", False), ("places-package", True)]
    assert find_missing(feeds[0], None) == ("04-portal",)


def test_an_implementation_that_is_not_there_is_named() -> None:
    with pytest.raises(DeclarationError, match=r"producers\.batches:nothing"):
        load_implementation("producers.batches:nothing")
