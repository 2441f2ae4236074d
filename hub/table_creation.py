"""Creates tables beside other processes that do the same at the same moment."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

_ATTEMPTS = 8
_FIRST_WAIT_S = 0.05
_ADVISORY_LOCK = 4_715_806_115  # any number, the same in every process


def create_tables(engine: Engine, *parts: MetaData) -> None:
    """Create what is missing, in one piece. Whoever comes at once stands in line, and finds it done.

    Without the line two processes see the same table missing; the slower one is told that it exists already, and
    with many tables that happens again at the next.
    """
    wait_s = _FIRST_WAIT_S
    for attempt in range(_ATTEMPTS):
        with engine.connect() as connection:  # a database that is away is told at once
            try:
                _create(connection, parts)
            except (IntegrityError, OperationalError, ProgrammingError):
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return
        time.sleep(wait_s)
        wait_s *= 2


def _create(connection: Connection, parts: Iterable[MetaData]) -> None:
    with connection.begin():
        _stand_in_line(connection)
        for part in parts:
            part.create_all(connection)


def _stand_in_line(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
