"""The whole hub on Kafka and PostgreSQL: two settings, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import MetaData, inspect, text

from consumers.hashes import log_hash
from hub.control.reader import ControlReader
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.live import get_live
from ops.postgres.server import PostgresServer
from tests.end_to_end.running import RunningHub, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]
FEEDS = ("organisations", "festival-facts", "monument-facts", "tourist-spot-facts", "site-identities")


@contextmanager
def running(hub: RunningHub) -> Iterator[None]:
    try:
        hub.start("--no-publish")
        hub.wait_until_ready(timeout_s=120)
        yield
    finally:
        hub.end()


def log_hashes(log_url: str, database_url: str) -> dict[str, str]:
    """The log hash of every registry's live build."""
    log, engine = open_log(log_url), open_database(database_url)
    try:
        definitions = ControlReader(log).catch_up().definitions
        with engine.connect() as connection:
            builds = {name: get_live(connection, one).build for name, one in definitions.items()}
        return {name: log_hash(engine, definitions[name], build) for name, build in builds.items()}
    finally:
        engine.dispose()
        log.close()


def drop_every_table(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.begin() as connection:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            connection.execute(text(f'DROP TABLE "{table.name}" CASCADE'))
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_two_settings_move_the_hub_and_every_table_can_be_lost(
    kafka: str, postgres_url: str, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log_url = f"kafka://{kafka}"
    settings = {"HUB_LOG": log_url, "HUB_DATABASE": postgres_url}
    hub = RunningHub(tmp_path_factory.mktemp("moved"), settings)
    with running(hub):
        for feed in FEEDS:
            assert " published, 0 refused" in hub.run("publish", feed)
        wait_for(lambda: hub.lag() == 0, what="applied")
        entries = hub.entries()
        assert hub.count("festivals") == 16
        assert entries["heritage-sites"] > 100
        for registry in ("heritage-sites", "festivals"):
            assert "(equal)" in hub.run("rebuild", registry)
        assert hub.stop() == 0
    hashes = log_hashes(log_url, postgres_url)
    drop_every_table(postgres_url)
    with running(hub):
        wait_for(lambda: hub.lag() == 0, what="applied again")
        assert hub.entries() == entries
        assert hub.stop() == 0
    assert log_hashes(log_url, postgres_url) == hashes
    # SQLite on the same log
    other = RunningHub(tmp_path_factory.mktemp("sqlite"), {"HUB_LOG": log_url})
    with running(other):
        wait_for(lambda: other.lag() == 0, what="applied on SQLite")
        assert other.stop() == 0
    assert log_hashes(log_url, f"sqlite:///{other.folder / 'var' / 'registries.sqlite'}") == hashes
