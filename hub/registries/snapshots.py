"""One unchanging view of the database for the questions of one request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from hub.registries.errors import DatabaseUnavailable


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection in one read transaction: every statement sees the same state. Nothing is written.

    Raises `DatabaseUnavailable` for what the driver calls operational, whoever met it.
    """
    try:
        with _readonly(engine).connect() as connection:
            if engine.dialect.name == "sqlite":
                _begin(connection)
            yield connection
    except (OperationalError, engine.dialect.loaded_dbapi.OperationalError) as error:
        raise DatabaseUnavailable("the registries' database cannot be read now; try again") from error


def _readonly(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _begin(connection: Connection) -> None:
    """pysqlite begins no transaction for SELECT by itself; a deferred one takes no write lock."""
    driver = connection.connection.dbapi_connection
    if driver is not None and not driver.in_transaction:
        driver.cursor().execute("BEGIN")
