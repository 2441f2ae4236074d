"""The bulk path of PostgreSQL: binary COPY into the tables, one UPDATE over arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.copy import LibpqWriter
from sqlalchemy import BigInteger, Connection, Double, LargeBinary, SmallInteger, Table
from sqlalchemy.exc import DBAPIError

from schemas.times import OPEN


class PostgresBulk:
    """COPY and arrays through psycopg, in the transaction of the SQLAlchemy connection."""

    def insert(self, connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with (
            _cursor(connection) as cursor,
            cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)', writer=_AtOnce(cursor)) as copy,
        ):
            copy.set_types([_type_name(column.type) for column in table.columns])
            for row in rows:
                copy.write_row(row)

    def close_versions(self, connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        keys, claimants, starts, numbers = (list(column) for column in zip(*rows, strict=True))
        with _cursor(connection) as cursor:
            cursor.execute("SET LOCAL enable_hashjoin = off", prepare=False)
            cursor.execute("SET LOCAL enable_mergejoin = off", prepare=False)
            cursor.execute(
                f'UPDATE "{table.name}" v SET recorded_to = c.number, "current" = 0 '
                "FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS c(key, claimant, start, number) "
                "WHERE v.key = c.key AND v.claimant = c.claimant AND v.valid_from = c.start "
                f"AND v.recorded_to = {OPEN}",
                (keys, claimants, starts, numbers),
                prepare=False,
            )

    def select(self, connection: Connection, statement: str, parameters: Iterable[Any]) -> list[Any]:
        with _cursor(connection) as cursor:
            cursor.execute(_spell(statement), tuple(parameters), prepare=False)
            return list(cursor.fetchall())

    def select_wanted(
        self, connection: Connection, statement: str, wanted: Sequence[tuple[str, str, int]]
    ) -> list[Any]:
        names = "unnest(given.keys, given.claimants, given.starts) AS w(key, claimant, start)"
        given = "WITH given(keys, claimants, starts) AS NOT MATERIALIZED (SELECT %s::text[], %s::text[], %s::bigint[])"
        spelt = statement.replace("{wanted}", f"given CROSS JOIN LATERAL {names}")
        columns = tuple(list(column) for column in zip(*wanted, strict=True))
        with _cursor(connection) as cursor:
            cursor.execute(f"{given} {spelt}", columns, prepare=False)
            return list(cursor.fetchall())


class _AtOnce(LibpqWriter):
    """Sends a batch in one piece: every wait for the socket is a chance for other threads to keep us waiting."""

    def __init__(self, cursor: Any) -> None:
        super().__init__(cursor)
        self._pieces: list[Buffer] = []

    def write(self, data: Buffer) -> None:
        self._pieces.append(data)

    def finish(self, exc: BaseException | None = None) -> None:
        if exc is None:
            super().write(b"".join(self._pieces))
        super().finish(exc)


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """A cursor of psycopg; its errors become those that SQLAlchemy raises for its own statements.

    Nothing is prepared: a plan made while the table was empty would read the whole of it later on.
    """
    try:
        cursor: Any = connection.connection.cursor(binary=True)
        with cursor:
            yield cursor
    except psycopg.Error as error:
        raise DBAPIError.instance("bulk", None, error, psycopg.Error, dialect=connection.dialect) from error


@lru_cache(maxsize=1024)
def _spell(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def _type_name(kind: Any) -> str:
    if isinstance(kind, SmallInteger):
        return "int2"
    if isinstance(kind, BigInteger):
        return "int8"
    if isinstance(kind, Double):
        return "float8"
    return "bytea" if isinstance(kind, LargeBinary) else "text"
