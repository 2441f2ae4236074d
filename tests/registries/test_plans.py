"""What a page costs: the plans of its statements, and the steps SQLite takes for it. No times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text, update

from consumers.builds import begin_build
from hub.registries.database import open_database
from hub.registries.live import LiveBuild, get_live
from hub.registries.pages import list_records
from hub.registries.pins import AsOf
from hub.registries.prepared import Prepared
from hub.registries.questions import RecordsQuestion, sort_keys
from hub.registries.snapshots import open_snapshot
from hub.registries.tables import CURRENT, NOT_CURRENT, checkpoints, tables_of
from hub.registries.vietnamese import sort_key
from schemas.avro import parse_record_schema
from schemas.definition import Definition, parse_definition
from schemas.times import OPEN
from tests.workload import SCHEMAS, definition_text

TURNED_AT = 1_000_000


@dataclass
class Large:
    """A registry of `size` records, the last `changed` of which were changed once more by the newest entries."""

    engine: Any
    definition: Definition
    size: int
    changed: int

    def read(self, question: RecordsQuestion) -> tuple[list[bytes], int]:
        """The records of the page, and the virtual machine steps SQLite took, in hundreds."""
        with open_snapshot(self.engine) as connection:
            live = get_live(connection, self.definition)
            steps = _count_steps(connection)
            page = list_records(connection, live, question)
            return list(page.records), len(steps)

    def sorted_by(self, text_: str, **more: Any) -> RecordsQuestion:
        with open_snapshot(self.engine) as connection:
            live = get_live(connection, self.definition)
            return RecordsQuestion(sort=sort_keys(live, text_), count=False, limit=20, **more)


def _count_steps(connection: Connection) -> list[int]:
    steps: list[int] = []
    driver: Any = connection.connection.dbapi_connection

    def step() -> int:
        steps.append(1)
        return 0

    driver.set_progress_handler(step, 100)
    return steps


def fill(folder: Path, size: int, *, changed: int) -> Large:
    """`size` records told by entries 1 to `size`, `changed` of them told again after."""
    schemas = {one.full_name: one for one in map(parse_record_schema, SCHEMAS.values())}
    definition = parse_definition(definition_text(), schemas)
    engine = open_database(f"sqlite:///{folder / f'{size}-{changed}.sqlite'}")
    build = begin_build(engine, definition, status="live", now=0, number=1)
    assert build is not None
    versions = tables_of(definition, 1).versions
    rows = [_version(number, number, OPEN) for number in range(1, size - changed + 1)]
    for index in range(changed):
        number, again = size - changed + 1 + index, size + 1 + index
        rows += [_version(number, number, again, current=NOT_CURRENT), _version(number, again, OPEN)]
    with engine.begin() as connection:
        connection.execute(insert(versions), rows)
        connection.execute(update(checkpoints).values(last_entry=size + changed, turned_at=TURNED_AT))
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return Large(engine, definition, size, changed)


def _version(number: int, recorded_from: int, recorded_to: int, *, current: int = CURRENT) -> dict[str, Any]:
    key, name = f"k{number:06}", f"Tên {number:06}"
    return {
        "key": key, "claimant": "", "recorded_from": recorded_from, "recorded_to": recorded_to, "valid_from": 0,
        "valid_to": OPEN, "entry": recorded_from, "state": 0, "current": current,
        "body": f'{{"key":"{key}"}}'.encode(), "search": "", "f_name": name, "s_name": sort_key(name),
    }  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Large:
    return fill(tmp_path_factory.mktemp("small"), 1000, changed=10)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Large:
    return fill(tmp_path_factory.mktemp("large"), 20_000, changed=10)


@pytest.mark.parametrize("sort", ["name", "-name", "key", "-key"])
@pytest.mark.parametrize("as_of", [None, "before"])
def test_a_page_costs_no_more_in_a_table_twenty_times_as_large(
    small: Large, large: Large, sort: str, as_of: str | None
) -> None:
    def cost(registry: Large) -> int:
        pinned = None if as_of is None else AsOf(entry=registry.size)
        records, steps = registry.read(registry.sorted_by(sort, as_of=pinned))
        assert len(records) == 20
        return steps

    assert cost(large) <= cost(small) + 10


def test_a_deep_page_costs_no_more_than_the_first(large: Large) -> None:
    question = large.sorted_by("name")
    with open_snapshot(large.engine) as connection:
        live = get_live(connection, large.definition)
        cursor, pages = None, []
        deep = RecordsQuestion(sort=question.sort, count=False, limit=1000)
        for _ in range(15):
            page = list_records(connection, live, RecordsQuestion(**_fields(deep) | {"cursor": cursor}))
            cursor = page.next
            pages.append(page)
    _, first_steps = large.read(deep)
    records, deep_steps = large.read(RecordsQuestion(**_fields(deep) | {"cursor": cursor}))
    assert records[0] == b'{"key":"k015001"}'
    assert deep_steps <= 2 * first_steps


def _fields(question: RecordsQuestion) -> dict[str, Any]:
    return {name: getattr(question, name) for name in question.__dataclass_fields__}


def test_a_page_pinned_to_before_costs_what_changed_since(tmp_path: Path) -> None:
    steps = {}
    for changed in (100, 1600):
        registry = fill(tmp_path, 5000, changed=changed)
        pinned = registry.sorted_by("name", as_of=AsOf(entry=5000))
        records, steps[changed] = registry.read(pinned)
        assert records[0] == b'{"key":"k000001"}'
    assert steps[1600] > steps[100]
    assert steps[1600] < 20 * steps[100]


@pytest.mark.parametrize(
    ("as_of", "indexes"),
    [
        (None, ["r_places_1_versions_name"]),
        ("before", ["r_places_1_versions_name", "r_places_1_versions_closed", "r_places_1_versions_ending"]),
    ],
)
def test_each_branch_is_read_by_its_index(
    large: Large, as_of: str | None, indexes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    run = Prepared.rows

    def explained(self: Prepared, connection: Connection, parameters: Any) -> Any:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {self.sql}", self.arguments(parameters)).all()
        seen.extend(str(row[-1]) for row in plan)
        return run(self, connection, parameters)

    question = large.sorted_by("name", as_of=None if as_of is None else AsOf(entry=large.size))
    with open_snapshot(large.engine) as connection:
        live: LiveBuild = get_live(connection, large.definition)
        monkeypatch.setattr(Prepared, "rows", explained)
        list_records(connection, live, question)
    plan = "\n".join(seen)
    for index in indexes:
        assert f"USING INDEX {index}" in plan, plan
    assert "SCAN r_places_1_versions\n" not in plan
