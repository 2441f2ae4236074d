"""The file of the embedded log: its tables, how a connection is opened, and which errors SQLite's become.

A record's id is its partition's slot times 2^40 plus its offset, so that a partition is one run of a b-tree
and its end is one look-up. Offsets are given under `BEGIN IMMEDIATE`; `synchronous=FULL` in WAL mode makes a
commit return only when the disk has it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from hub.log.errors import LogError, LogUnavailable

OFFSET_BITS = 40
APPLICATION_ID = 0x4875654C
SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    partitions INTEGER NOT NULL,
    first_slot INTEGER NOT NULL,
    identity TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS header_names (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY,
    appended_at INTEGER NOT NULL,
    key BLOB,
    value BLOB,
    names INTEGER NOT NULL,
    headers BLOB NOT NULL
);
"""


def open_file(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection to the log at `path`; its transactions are begun by hand."""
    if not create and not path.exists():
        raise LogUnavailable(f"there is no log at {path}")
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-16000")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        return
    if application or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _check_ours(connection, path)
    with transaction(connection):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is something else; a rival may just have made it ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
        raise LogError(f"{path} is a database, but not a log of this version")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Two processes that open a new file at once get "locked" here without SQLite's own waiting."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction, committed at the end, rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the log's."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise LogUnavailable(f"the log at {path} cannot be used now: {error}") from error
    except sqlite3.ProgrammingError as error:
        raise LogUnavailable(f"the log at {path} is closed: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LogError(f"the log at {path} is damaged or not a log: {error}") from error
