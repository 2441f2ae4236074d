"""What `huehub schema` does without any hub: diff, check --against, lint; and how a hub that is away is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.running import WELLS
from tests.governance.terminal import NOBODY, Terminal
from tests.governance.town import schema_with
from tests.workload import SCHEMAS

OLD, NEW = SCHEMAS["PlaceRegistered"], schema_with(added="motto")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal whose hub is away."""
    return Terminal(NOBODY, tmp_path)


def without_default(text: str) -> str:
    """The schema, its last field without a default."""
    document = json.loads(text)
    del document["fields"][-1]["default"]
    return json.dumps(document)


def test_a_difference_of_two_files_ends_well(terminal: Terminal) -> None:
    found = terminal.run("diff", terminal.file("old", OLD), terminal.file("new", NEW))
    assert found.code == 0
    assert "1 changes" in found.out
    assert "motto" in found.out


def test_a_difference_tells_programs_every_verdict(terminal: Terminal) -> None:
    files = terminal.file("old", OLD), terminal.file("new", without_default(NEW))
    found = terminal.run("diff", *files, "--format", "json")
    (change,) = found.json["changes"]
    assert (change["verdicts"]["BACKWARD"], change["verdicts"]["FORWARD"]) == (False, True)


@pytest.mark.parametrize(("level", "code"), [("BACKWARD", 1), ("forward", 0), ("FULL", 1), ("NONE", 0)])
def test_a_difference_ends_with_1_where_a_level_is_broken(terminal: Terminal, level: str, code: int) -> None:
    files = terminal.file("old", OLD), terminal.file("new", without_default(NEW))
    assert terminal.run("diff", *files, "--level", level).code == code


def test_a_compatible_file_is_fine(terminal: Terminal) -> None:
    found = terminal.run("check", terminal.file("new", NEW), "--against", terminal.file("old", OLD))
    assert (found.code, found.err) == (0, "")
    assert "fine" in found.out


def test_an_incompatible_file_ends_with_1_and_names_the_place(terminal: Terminal) -> None:
    new, old = terminal.file("new", without_default(NEW)), terminal.file("old", OLD)
    found = terminal.run("check", new, "--against", old, "--format", "json")
    assert found.code == 1
    (checked,) = found.json["checked"]
    assert (checked["ok"], checked["level"]) == (False, "BACKWARD")
    assert [one["code"] for one in checked["findings"]] == ["incompatible"]
    assert "motto" in checked["findings"][0]["message_vi"]


def test_an_older_version_counts_at_a_transitive_level_alone(terminal: Terminal) -> None:
    field = {"name": "x", "type": "int"}
    one = {"type": "record", "name": "R", "fields": []}
    two = one | {"fields": [field | {"default": 0}]}
    three = one | {"fields": [field]}
    names = [terminal.file(str(index), json.dumps(text)) for index, text in enumerate((three, two, one))]
    arguments = ("check", names[0], "--against", names[1], "--against", names[2], "--level")
    assert terminal.run(*arguments, "BACKWARD").code == 0
    assert terminal.run(*arguments, "BACKWARD_TRANSITIVE").code == 1


def test_a_lowered_class_is_an_error_and_a_silent_change_a_warning(terminal: Terminal) -> None:
    old = terminal.file("old", schema_with(seats={"class": "restricted"}))
    new = terminal.file("new", schema_with(seats={"unit": "table"}))
    found = terminal.run("check", new, "--against", old, "--format", "json")
    levels = {one["code"]: one["level"] for one in found.json["checked"][0]["findings"]}
    assert levels == {"class-lowered": "error", "unit": "warning"}
    assert found.code == 1


def test_a_file_that_is_no_schema_ends_with_1(terminal: Terminal) -> None:
    broken, old = terminal.file("broken", '{"type": "record"}'), terminal.file("old", OLD)
    found = terminal.run("check", broken, "--against", old)
    assert found.code == 1
    assert "broken" in found.out


def test_text_that_is_no_json_is_told_with_its_file(terminal: Terminal) -> None:
    found = terminal.run("check", terminal.file("torn.avsc", "{"), "--against", terminal.file("old", OLD))
    assert found.code == 1
    assert "torn.avsc is not JSON" in found.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "{old}", "--level", "FULL"),
        ("check", "{old}", "{old}", "--against", "{old}"),
        ("check", "{old}", "--registry", "places", "--against", "{old}"),
        ("diff", "{old}"),
        ("diff", "{old}", "{old}", "--level", "SIDEWAYS"),
        ("propose", "--registry", "places", "--reason", "r"),
        ("propose", "{old}", "--registry", "places", "--reason", "r", "--subject", "s", "--delete", "1"),
        ("propose", "--registry", "places", "--reason", "r", "--level", "FULL"),
        ("approve", "none", "--reason", "r"),
        ("sing",),
    ],
    ids=" ".join,
)
def test_what_is_called_wrongly_ends_with_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    old = terminal.file("old", OLD)
    assert terminal.run(*(one.format(old=old) for one in arguments)).code == 2


@pytest.mark.parametrize("command", [("diff", "{file}", "{file}"), ("check", "{file}", "--against", "{file}")])
def test_a_torn_file_is_told_by_its_name(terminal: Terminal, command: tuple[str, ...]) -> None:
    file = terminal.file("torn.avsc", '{"type":')
    found = terminal.run(*(one.format(file=file) for one in command))
    assert found.code == 1
    assert "torn.avsc is not JSON" in found.err


def test_a_file_that_needs_another_schema_is_told_by_its_name(terminal: Terminal) -> None:
    file = terminal.file("part.avsc", '{"type": "array", "items": "org.example.Other"}')
    found = terminal.run("diff", file, file)
    assert found.code == 1
    assert "part.avsc: " in found.err
    assert "org.example.Other" in found.err


def test_a_folder_without_schemas_is_no_success(terminal: Terminal, tmp_path: Path) -> None:
    found = terminal.run("lint", str(tmp_path))
    assert found.code == 1
    assert "no .avsc is there" in found.err


@pytest.mark.parametrize("secret", ["khóa", "two words", "two\nlines"])
def test_a_key_that_cannot_be_one_ends_with_2(tmp_path: Path, secret: str) -> None:
    found = Terminal(NOBODY, tmp_path).run("list", secret=secret)
    assert found.code == 2
    assert "HUB_KEY is no secret" in found.err


def test_a_folder_is_linted_without_a_hub(terminal: Terminal) -> None:
    found = terminal.run("lint", str(WELLS), "--format", "json")
    assert (found.code, found.json["errors"]) == (0, 0)


def test_a_finding_of_lint_ends_with_1_and_names_file_and_rule(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "avsc/places").mkdir(parents=True)
    (tmp_path / "avsc/places/More.avsc").write_text(schema_with(name={"doc": ""}), encoding="utf-8")
    found = terminal.run("lint", str(tmp_path / "avsc"), "--format", "json")
    assert found.code == 1
    (finding,) = [one for one in found.json["findings"] if one["level"] == "error"]
    assert (finding["rule"], Path(finding["file"]).name) == ("doc-missing", "More.avsc")
    assert finding["place"].endswith("PlaceRegistered.name")


def test_lint_tells_a_file_that_is_no_schema(terminal: Terminal) -> None:
    found = terminal.run("lint", terminal.file("torn.avsc", "{"))
    assert found.code == 1
    assert "invalid-schema" in found.out


@pytest.mark.parametrize("arguments", [("list",), ("show", "a"), ("diff", "a", "b"), ("proposals", "list")])
def test_a_hub_that_is_away_ends_with_69(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    found = terminal.run(*arguments)
    assert found.code == 69
    assert NOBODY in found.err
    assert "HUB_URL" in found.err


def test_an_address_that_is_none_ends_with_2(tmp_path: Path) -> None:
    assert Terminal("hub.example", tmp_path).run("list").code == 2
