"""The registries' database: opened by URL, tuned for many readers beside one writer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from hub.registries.tables import shared
from hub.table_creation import create_tables

_BUSY_TIMEOUT_MS = 30_000


def open_database(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`, with the shared tables in it; dispose of it at the end."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(url)
    else:
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=8, max_overflow=24)
    create_tables(engine, shared)
    return engine


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while a batch is written; a lost last batch is applied again from the log."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()
