"""One unchanging view of the database for the questions of one request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection in one read transaction: every statement sees the same state. Nothing is written."""
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _begin(connection)
        yield connection


def _begin(connection: Connection) -> None:
    """pysqlite begins no transaction for SELECT by itself; a deferred one takes no write lock."""
    driver = connection.connection.dbapi_connection
    if driver is not None and not driver.in_transaction:
        driver.cursor().execute("BEGIN")
