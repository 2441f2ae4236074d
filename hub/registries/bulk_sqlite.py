"""The bulk path of SQLite: one prepared statement run for many rows by the driver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from schemas.times import OPEN

_WANTED = ("key", "claimant", "start")


class SqliteBulk:
    """`executemany` by the driver; lists are handed over as one JSON text."""

    def insert(self, connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            connection.exec_driver_sql(_insert(table), [tuple(row) for row in rows])

    def close_versions(self, connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        statement = (
            f'UPDATE "{table.name}" SET recorded_to = ?, "current" = 0 '
            f"WHERE key = ? AND claimant = ? AND valid_from = ? AND recorded_to = {OPEN}"
        )
        parameters = [(number, key, claimant, valid_from) for key, claimant, valid_from, number in rows]
        connection.exec_driver_sql(statement, parameters)

    def select(self, connection: Connection, statement: str, parameters: Iterable[Any]) -> list[Any]:
        given = tuple([orjson.dumps(one).decode() if isinstance(one, list) else one for one in parameters])
        return list(connection.exec_driver_sql(_spell(statement), given).all())

    def select_wanted(
        self, connection: Connection, statement: str, wanted: Sequence[tuple[str, str, int]]
    ) -> list[Any]:
        parts = ", ".join(f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(_WANTED))
        spelt = statement.replace("{wanted}", f"(SELECT {parts} FROM given CROSS JOIN json_each(given.wanted)) w")
        given = orjson.dumps(wanted).decode()
        return list(connection.exec_driver_sql(f"WITH given(wanted) AS (VALUES (?)) {spelt}", (given,)).all())


@lru_cache(maxsize=1024)
def _spell(statement: str) -> str:
    return statement.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")


def _insert(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" for _ in table.columns)})'
