"""How the straight loop writes to each database: executemany on SQLite, binary COPY on PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Double, Engine, LargeBinary, SmallInteger, Table

from hub.registries.tables import RegistryTables
from schemas.times import OPEN

Closing = tuple[int, str, int]
_CHECKPOINT = "CREATE TABLE IF NOT EXISTS straight_checkpoint (positions TEXT, last_entry BIGINT)"


class SqliteStore:
    """One connection, one transaction a batch; `hub.registries.database` has set the pragmas."""

    def __init__(self, engine: Engine, tables: RegistryTables) -> None:
        tables.metadata.create_all(engine)
        self._raw = engine.raw_connection()
        self._cursor: Any = self._raw.driver_connection.cursor()  # type: ignore[union-attr]
        self._versions = tables.versions.name
        self._cursor.execute(_CHECKPOINT)
        self._cursor.execute("INSERT INTO straight_checkpoint VALUES ('{}', 0)")
        self._raw.commit()

    def open_rows(self, keys: list[str]) -> dict[str, list[Any]]:
        """The version without end of each key."""
        found: dict[str, list[Any]] = {}
        for at in range(0, len(keys), 500):
            some = keys[at : at + 500]
            marks = ",".join("?" * len(some))
            query = (
                f"SELECT * FROM {self._versions} WHERE key IN ({marks}) AND recorded_to = {OPEN} AND valid_to = {OPEN}"
            )
            found |= {row[0]: list(row) for row in self._cursor.execute(query, some)}
        return found

    def insert(self, table: Table, rows: list[list[Any]]) -> None:
        marks = ",".join("?" * len(table.columns))
        self._cursor.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)

    def close_rows(self, closings: list[Closing]) -> None:
        statement = (
            f"UPDATE {self._versions} SET recorded_to = ?, current = 0 "
            f"WHERE key = ? AND claimant = '' AND valid_from = ? AND recorded_to = {OPEN}"
        )
        self._cursor.executemany(statement, closings)

    def commit(self, offsets: dict[int, int], last_entry: int) -> None:
        statement = "UPDATE straight_checkpoint SET positions = ?, last_entry = ?"
        self._cursor.execute(statement, (json.dumps(offsets), last_entry))
        self._raw.commit()


class PostgresStore:
    """One connection, one transaction a batch."""

    def __init__(self, engine: Engine, tables: RegistryTables) -> None:
        tables.metadata.create_all(engine)
        self._connection = psycopg.connect(
            engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        # a plan prepared while the table is empty reads the whole of it later on
        self._connection.prepare_threshold = None
        self._cursor = self._connection.cursor(binary=True)
        self._versions = tables.versions.name
        self._places: dict[tuple[str, int], str] = {}
        self._connection.execute(_CHECKPOINT)
        self._connection.execute("INSERT INTO straight_checkpoint VALUES ('{}', 0)")
        self._connection.commit()

    def open_rows(self, keys: list[str]) -> dict[str, list[Any]]:
        """The version without end of each key."""
        query = (
            f"SELECT v.*, v.ctid::text FROM {self._versions} v "
            f"WHERE key = ANY(%s) AND recorded_to = {OPEN} AND valid_to = {OPEN}"
        )
        rows = self._cursor.execute(query.encode(), (keys,)).fetchall()
        self._places = {(row[0], row[4]): row[-1] for row in rows}
        return {row[0]: list(row[:-1]) for row in rows}

    def insert(self, table: Table, rows: list[list[Any]]) -> None:
        with self._cursor.copy(f"COPY {table.name} FROM STDIN (FORMAT BINARY)".encode()) as copy:
            copy.set_types([_type_name(column.type) for column in table.columns])
            for row in rows:
                copy.write_row(row)

    def close_rows(self, closings: list[Closing]) -> None:
        stored = [(number, self._places[key, start]) for number, key, start in closings if (key, start) in self._places]
        statement = (
            f"UPDATE {self._versions} v SET recorded_to = c.number, current = 0 "
            "FROM unnest(%s::bigint[], %s::text[]::tid[]) AS c(number, place) WHERE v.ctid = c.place"
        )
        self._cursor.execute(statement.encode(), [[one[at] for one in stored] for at in (0, 1)])

    def commit(self, offsets: dict[int, int], last_entry: int) -> None:
        statement = b"UPDATE straight_checkpoint SET positions = %s, last_entry = %s"
        self._cursor.execute(statement, (json.dumps(offsets), last_entry))
        self._connection.commit()


def _type_name(kind: object) -> str:
    if isinstance(kind, SmallInteger):
        return "int2"
    if isinstance(kind, BigInteger):
        return "int8"
    if isinstance(kind, Double):
        return "float8"
    return "bytea" if isinstance(kind, LargeBinary) else "text"
