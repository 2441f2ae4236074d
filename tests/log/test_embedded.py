"""The embedded log keeps the contract, and what only a file can do wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.log.errors import LogError, LogUnavailable
from hub.log.interface import Log, NewRecord, Partition
from hub.log.open import open_log
from tests.contracts.log_contract import LogContract, new_topic, numbered, values


class TestEmbeddedLog(LogContract):
    """The contract on one file opened twice, as two processes would."""

    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[Log]:
        log = open_log(f"sqlite:///{tmp_path}/log.db")
        yield log
        log.close()

    @pytest.fixture
    def other(self, log: Log, tmp_path: Path) -> Iterator[Log]:
        other = open_log(f"sqlite:///{tmp_path}/log.db")
        yield other
        other.close()


def test_a_log_opened_again_holds_what_it_held(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url)
    topic = new_topic(log, 2)
    log.append([NewRecord(topic, b"k", b"v", (("name", b"value"),), partition=1)])
    log.close()
    (record,) = open_log(url).read(Partition(topic, 1), 0, max_records=5)
    assert (record.key, record.value, record.headers) == (b"k", b"v", (("name", b"value"),))


def test_a_log_that_must_exist_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable):
        open_log(f"sqlite:///{tmp_path}/log.db", create=False)
    assert not list(tmp_path.iterdir())


def test_another_database_is_not_taken_for_a_log(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE something (x)")
    with pytest.raises(LogError, match="not a log"):
        open_log(f"sqlite:///{tmp_path}/other.db")


def test_a_file_that_is_no_database_is_not_taken_for_a_log(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("Sông Hương " * 200)
    with pytest.raises(LogError, match="not a log"):
        open_log(f"sqlite:///{tmp_path}/text.db")


def test_a_closed_log_is_unavailable(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    topic = new_topic(log)
    log.close()
    with pytest.raises(LogUnavailable):
        log.append(numbered(topic, range(1)))


def test_an_append_that_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    topic = new_topic(log)
    records = [*numbered(topic, range(3)), NewRecord(topic, b"k", "not bytes".split)]  # type: ignore[arg-type]
    with pytest.raises((LogError, TypeError, sqlite3.Error)):
        log.append(records)
    assert log.append(numbered(topic, range(1)))[0].offset == 0


def test_a_topic_larger_than_a_batch_of_names_keeps_them_apart(tmp_path: Path) -> None:
    """Records whose header names differ from one to the next come back with their own."""
    log, other = open_log(f"sqlite:///{tmp_path}/log.db"), open_log(f"sqlite:///{tmp_path}/log.db")
    topic = new_topic(log)
    for number in range(50):
        log.append([NewRecord(topic, b"k", b"v", ((f"name-{number % 7}", b"%d" % number),))])
    read = other.read(Partition(topic, 0), 0, max_records=100)
    assert [record.headers for record in read] == [((f"name-{n % 7}", b"%d" % n),) for n in range(50)]
    assert values(read) == [b"v"] * 50
