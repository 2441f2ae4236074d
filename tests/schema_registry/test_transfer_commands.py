"""`huehub schema import` and `export` as an administrator calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.commands.schema_transfer import export_schemas, import_schemas
from hub.schema_registry.transfer.errors import SourceUnreadable, TargetUnwritable, UnknownPlace
from hub.settings import SettingInvalid, Settings
from tests.schema_registry.moving import fill, opened_town


@pytest.fixture
def file(tmp_path: Path) -> str:
    """An export of a filled registry."""
    path = str(tmp_path / "all.ndjson")
    with opened_town(tmp_path / "filled") as town:
        fill(town.client)
    (tmp_path / "filled" / "hub.sqlite").rename(tmp_path / "filled" / "registries.sqlite")
    result = run(tmp_path / "filled", "export", "--to", path)
    assert "11 versions, 3 settings, 2 modes here; changes made there: 16" in result.output
    return path


def run(folder: Path, command: str, *arguments: str) -> Result:
    chosen = {"import": import_schemas, "export": export_schemas}[command]
    result = CliRunner().invoke(chosen, arguments, obj=Settings(data_dir=folder))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_an_import_says_what_it_did(tmp_path: Path, file: str) -> None:
    told = run(tmp_path / "new", "import", "--from", file).output
    assert told == "11 versions registered, 2 deleted; 3 settings and 2 modes set; 0 versions stood here already\n"


def test_a_dry_run_changes_nothing(tmp_path: Path, file: str) -> None:
    told = run(tmp_path / "new", "import", "--from", file, "--dry-run").output
    assert "would register people-value version 1 (id 2), deleted\n" in told
    again = json.loads(run(tmp_path / "new", "import", "--from", file, "--dry-run", "--format", "json").output)
    assert (again["imported"], again["registered"], again["same"]) == (False, 11, 0)


def test_collisions_are_listed_with_the_way_out_and_exit_code_1(tmp_path: Path, file: str) -> None:
    with opened_town(tmp_path / "new") as town:
        town.client.register("ours", '"float"')
    (tmp_path / "new" / "hub.sqlite").rename(tmp_path / "new" / "registries.sqlite")
    refused = run(tmp_path / "new", "import", "--from", file)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "id-taken: theirs address version 1 (id 1); here the id 1 is another content: ours version 1",
        "Nothing was imported.",
        "--context NAME imports everything into a context of its own, :.NAME:",
    ]
    as_json = json.loads(run(tmp_path / "new", "import", "--from", file, "--format", "json").stdout)
    assert [(one["code"], one["subject"], one["id"]) for one in as_json["collisions"]] == [("id-taken", "address", 1)]
    assert run(tmp_path / "new", "import", "--from", file, "--context", "theirs").exit_code == 0


def test_the_variable_with_the_password_must_be_there(tmp_path: Path, file: str) -> None:
    with pytest.raises(SettingInvalid, match="NO_SUCH_VARIABLE"):
        run(tmp_path / "new", "import", "--from", file, "--password-env", "NO_SUCH_VARIABLE")


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="nowhere"):
        run(tmp_path / "new", "import", "--from", str(tmp_path / "nowhere.ndjson"))


def test_a_context_must_have_a_name(tmp_path: Path, file: str) -> None:
    for wrong in (".", "a:b", "", ":.x:"):
        assert run(tmp_path / "new", "import", "--from", file, "--context", wrong).exit_code == 2


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetUnwritable, match="nowhere"):
        run(tmp_path / "new", "export", "--to", str(tmp_path / "nowhere" / "all.ndjson"))


def test_an_address_of_another_kind_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownPlace, match=r"ftp:// is nowhere .* kafka://HOST:PORT/_schemas"):
        run(tmp_path / "new", "import", "--from", "ftp://example.org/all.ndjson")
