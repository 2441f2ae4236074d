"""`huehub contract` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.avro import schema_guid
from schemas.packaged import load_definitions
from tests.contracts_odcs.examples import FOREIGN
from tests.end_to_end.running import WELLS, RunningHub

WATER = ("--organisation", "W1", "--name-vi", "Phòng", "--name-en", "Water Office", "--contact", "w@example.org")


@pytest.fixture
def hub(tmp_path: Path) -> RunningHub:
    """A hub that does not run; its commands do."""
    for folder in ("schemas", "departments"):
        (tmp_path / folder).mkdir()
    settings = {f"HUB_{folder.upper()}_DIR": str(tmp_path / folder) for folder in ("schemas", "departments")}
    return RunningHub(tmp_path / "hub", settings | {"HUB_LOG_LEVEL": "ERROR"})


def test_an_exported_registry_is_imported_as_a_folder_that_holds_the_same(hub: RunningHub, tmp_path: Path) -> None:
    hub.run("department", "add", "water", *WATER)
    hub.run("registry", "apply", str(WELLS), "--approve", "The wells are wanted")
    file, folder = tmp_path / "out" / "wells.yaml", tmp_path / "imported"
    assert hub.run("contract", "export", "wells", "--output", str(file)) == f"{file}: wells version 1\n"
    told = hub.run("contract", "import", str(file), "--output", str(folder))
    assert told == f"wells version 1: 3 schemas written to {folder}\n"
    ((found,), (wanted,)) = load_definitions(folder), load_definitions(WELLS)
    assert found.definition.record == wanted.definition.record
    assert [schema_guid(one.text) for one in found.versions] == [schema_guid(one.text) for one in wanted.versions]


def test_without_a_file_the_contract_is_printed(hub: RunningHub) -> None:
    hub.run("department", "add", "water", *WATER)
    hub.run("registry", "apply", str(WELLS), "--approve", "The wells are wanted")
    assert hub.run("contract", "export", "wells").startswith("kind: DataContract\napiVersion: v3.1.0\n")


def test_an_unknown_registry_is_one_line(hub: RunningHub) -> None:
    told = hub.run("contract", "export", "springs", expect=1)
    assert told == "Error (unknown-registry): there is no registry 'springs'; those are none yet\n"


def test_what_a_contract_lacks_is_listed_and_nothing_is_written(hub: RunningHub, tmp_path: Path) -> None:
    file, folder = tmp_path / "orders.yaml", tmp_path / "imported"
    file.write_text(FOREIGN.replace("team: {name: shop}", "").replace("classification: public", ""), encoding="utf-8")
    told = hub.run("contract", "import", str(file), "--output", str(folder), expect=1)
    lines = told.splitlines()
    assert lines[0].startswith(f"{file}: team.name: the code of the department")
    assert lines[1].startswith(f"{file}: schema[0].properties[0].classification: a class is missing: one of open")
    assert lines[-1] == "Error: 3 to mend; nothing was written"
    assert not folder.exists()


def test_a_contract_from_elsewhere_becomes_a_folder_that_lint_lets_pass(hub: RunningHub, tmp_path: Path) -> None:
    file, folder = tmp_path / "orders.yaml", tmp_path / "imported"
    file.write_text(FOREIGN, encoding="utf-8")
    hub.run("contract", "import", str(file), "--output", str(folder))
    assert hub.run("lint", str(folder)).splitlines()[-1].startswith("1 definitions, 3 schemas: 0 errors")


def test_a_file_that_is_no_text_is_told_so(hub: RunningHub, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_bytes(b"\xff\xfe")
    told = hub.run("contract", "import", str(tmp_path / "contract.yaml"), "--output", str(tmp_path / "x"), expect=1)
    assert "is not UTF-8" in told
