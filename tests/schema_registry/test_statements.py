"""What a request costs: how many statements, and that none of them goes through all subjects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from hub.schema_registry.store import SchemaStore
from tests.schema_registry.client import RegistryClient, Reply, client_of, record

# tables with a row for each subject, schema or event; the others have one row, or one for each setting or registry
_LARGE = re.compile(r"SCAN (schema_versions|schema_contents|schema_references|control_\w+)(?! USING COVERING INDEX)")


class Statements:
    """What was executed, and how SQLite goes about it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.told: list[tuple[str, Any]] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        self.told.clear()

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            self.told.append((statement, parameters))

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(self.engine, "before_cursor_execute", note)

    def scans(self) -> list[str]:
        """The statements that read a large table from end to end."""
        found = []
        with self.engine.connect() as connection:
            for statement, parameters in self.told:
                one = parameters[0] if isinstance(parameters, list) else parameters
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
                found += [statement for row in plan if _LARGE.search(row.detail)]
        return found


@pytest.fixture
def statements(engine: Engine) -> Statements:
    return Statements(engine)


@pytest.fixture
def store(open_store: Callable[[], SchemaStore]) -> SchemaStore:
    """What is kept in memory is not looked after while a test counts."""
    opened = open_store()
    opened.reads.FRESH_S = 3600
    return opened


@pytest.fixture
def client(store: SchemaStore) -> RegistryClient:
    opened = client_of(store)
    for number in range(30):
        assert opened.register(f"s{number}", record(f"f{number}")).status == 200
    return opened


COSTS: dict[str, tuple[Callable[[RegistryClient], Reply], int]] = {
    "by id, not asked before": (lambda client: client.get("/schemas/ids/7"), 5),
    "latest, not asked before": (lambda client: client.get("/subjects/s7/versions/latest"), 4),
    "look-up": (lambda client: client.look_up("s7", record("f7")), 4),
    "registered before": (lambda client: client.register("s7", record("f7")), 4),
    "a new version": (lambda client: client.register("new", record("new")), 18),
    "subjects, after a change": (lambda client: client.get("/subjects"), 2),
}


@pytest.mark.parametrize("question", COSTS)
def test_a_request_takes_so_many_statements_and_none_goes_through_everything(
    question: str, client: RegistryClient, store: SchemaStore, statements: Statements
) -> None:
    ask, most = COSTS[question]
    store.reads.forget()
    with statements.noted():
        assert ask(client).status == 200
    assert len(statements.told) <= most, [one for one, _ in statements.told]
    if question != "subjects, after a change":  # that one tells every subject
        assert statements.scans() == []


def test_a_schema_asked_for_again_by_its_id_takes_no_statement(client: RegistryClient, statements: Statements) -> None:
    before = client.get("/schemas/ids/7")
    with statements.noted():
        assert client.get("/schemas/ids/7").json == before.json
    assert statements.told == []


@pytest.mark.parametrize("path", ["/subjects/s7/versions/latest", "/subjects/s7/versions/1", "/subjects"])
def test_what_did_not_change_since_it_was_asked_for_takes_one_statement(
    path: str, client: RegistryClient, statements: Statements
) -> None:
    before = client.get(path)
    with statements.noted():
        assert client.get(path).json == before.json
    assert len(statements.told) == 1
    assert statements.scans() == []


def test_a_change_of_another_subject_does_not_make_a_version_be_read_again(
    client: RegistryClient, statements: Statements
) -> None:
    client.get("/subjects/s7/versions/latest")
    client.register("s8", record("f8", "more"))
    with statements.noted():
        client.get("/subjects/s7/versions/latest")
    assert len(statements.told) == 1


@pytest.mark.parametrize("times", [10, 40])
def test_a_registration_takes_the_same_statements_however_many_there_were(
    times: int, client: RegistryClient, statements: Statements
) -> None:
    for number in range(times):
        client.register(f"more{number}", record(f"more{number}"))
    with statements.noted():
        client.register("last", record("last"))
    assert len(statements.told) == 18


def test_what_an_id_tells_of_its_version_is_read_again_once_that_was_deleted(
    client: RegistryClient, open_store: Callable[[], SchemaStore]
) -> None:
    """Deleted through one process, asked of another one."""
    other = open_store()
    assert client_of(other).get("/schemas/ids/7").json["deleted"] is False
    assert client.delete("/subjects/s6").status == 200
    other.reads.forget()
    assert client_of(other).get("/schemas/ids/7").json["deleted"] is True
    assert client.register("again", record("f6")).json["id"] == 7
    assert client_of(other).get("/schemas/ids/7").json["subject"] == "again"
