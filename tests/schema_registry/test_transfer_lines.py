"""A registry exported to a file and imported elsewhere is the same registry."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.schema_registry.transfer.errors import SourceUnreadable
from hub.schema_registry.transfer.importing import import_contents
from hub.schema_registry.transfer.lines import FILE_NAME, read_lines, write_lines
from tests.schema_registry.moving import Town, answers, fill, fill_at_random, opened_town

ACTOR = "test"
SEEDS = range(12)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "here") as town:
        yield town


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "there") as town:
        yield town


@pytest.fixture
def file(here: Town, tmp_path: Path) -> Path:
    fill(here.client)
    write_lines(tmp_path / "all.ndjson", here.contents)
    return tmp_path / "all.ndjson"


def test_every_read_is_answered_alike_after_a_move(here: Town, there: Town, file: Path) -> None:
    import_contents(there.store, read_lines(file), actor=ACTOR)
    assert answers(there.client) == answers(here.client)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_registry_is_the_same_after_a_move(here: Town, there: Town, tmp_path: Path, seed: int) -> None:
    fill_at_random(here.client, random.Random(seed))
    write_lines(tmp_path / "all.ndjson", here.contents)
    import_contents(there.store, read_lines(tmp_path / "all.ndjson"), actor=ACTOR)
    assert answers(there.client) == answers(here.client)


def test_a_second_import_finds_nothing_to_do(there: Town, file: Path) -> None:
    import_contents(there.store, read_lines(file), actor=ACTOR)
    before = there.store.engine.connect().exec_driver_sql("select max(number) from control_events").scalar()
    assert import_contents(there.store, read_lines(file), actor=ACTOR).changes == 0
    assert there.store.engine.connect().exec_driver_sql("select max(number) from control_events").scalar() == before


def test_equal_registries_give_equal_bytes(there: Town, file: Path, tmp_path: Path) -> None:
    import_contents(there.store, read_lines(file), actor=ACTOR)
    write_lines(tmp_path, there.contents)
    assert (tmp_path / FILE_NAME).read_bytes() == file.read_bytes()


def test_the_next_id_comes_after_those_imported(there: Town, file: Path) -> None:
    import_contents(there.store, read_lines(file), actor=ACTOR)
    highest = max(one.id for one in there.contents.versions.values() if one.context == ".")
    assert there.client.register("later", '"long"').json["id"] == highest + 1


def test_a_file_that_was_cut_is_refused(file: Path) -> None:
    file.write_text("\n".join(file.read_text().split("\n")[:-2]) + "\n")
    with pytest.raises(SourceUnreadable, match="cut short"):
        read_lines(file)


def test_a_file_that_was_changed_is_refused(file: Path) -> None:
    file.write_text(file.read_text().replace('"version":2', '"version":7', 1))
    with pytest.raises(SourceUnreadable, match="hash"):
        read_lines(file)


def test_a_line_that_is_no_fact_is_named(file: Path) -> None:
    lines = file.read_text().split("\n")
    file.write_text("\n".join([lines[0], json.dumps({"kind": "version"}), *lines[2:]]))
    with pytest.raises(SourceUnreadable, match="line 2"):
        read_lines(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"nothing\.ndjson"):
        read_lines(tmp_path / "nothing.ndjson")
