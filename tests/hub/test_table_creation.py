"""Tables are made by whoever comes, also by many at the same moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect

from hub.registries.database import open_database
from hub.table_creation import create_tables

_TABLES, _AT_ONCE, _ROUNDS = 12, 8, 4


def parts() -> MetaData:
    metadata = MetaData()
    for number in range(_TABLES):
        Table(f"t{number}", metadata, Column("a", Integer, primary_key=True), Column("b", Integer, index=True))
    return metadata


def create_at_once(urls: list[str]) -> list[Exception]:
    """What went wrong where each of the addresses is opened and filled in a thread of its own at one moment."""
    failed: list[Exception] = []
    start = threading.Barrier(len(urls))

    def create(url: str) -> None:
        engine = create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
        start.wait()
        try:
            create_tables(engine, parts())
        except Exception as error:
            failed.append(error)
        engine.dispose()

    threads = [threading.Thread(target=create, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed


def test_many_create_the_same_tables_of_sqlite_at_once(tmp_path: Path) -> None:
    for number in range(_ROUNDS):
        url = f"sqlite:///{tmp_path / f'{number}.sqlite'}"
        open_database(url).dispose()
        assert create_at_once([url] * _AT_ONCE) == []
        assert {f"t{one}" for one in range(_TABLES)} <= set(inspect(create_engine(url)).get_table_names())


@pytest.mark.postgres
def test_many_create_the_same_tables_of_postgresql_at_once(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    assert create_at_once([url] * _AT_ONCE) == []
