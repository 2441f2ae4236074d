"""One unchanging view for the questions of one request."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text

from hub.registries.database import open_database
from hub.registries.errors import DatabaseUnavailable
from hub.registries.snapshots import open_snapshot
from hub.registries.tables import builds

ROW = {
    "registry": "r", "build": 1, "definition_version": 1, "definition_digest": "", "status": "live", "changed_at": 0,
}  # fmt: skip


def _sees_one_state(url: str) -> None:
    engine = open_database(url)
    with open_snapshot(engine) as reader:
        assert reader.execute(select(builds)).all() == []
        with engine.begin() as writer:
            writer.execute(insert(builds), [ROW])
        assert reader.execute(select(builds)).all() == []
    with open_snapshot(engine) as reader:
        assert len(reader.execute(select(builds)).all()) == 1
    engine.dispose()


def test_statements_of_one_snapshot_see_one_state(tmp_path: Path) -> None:
    _sees_one_state(f"sqlite:///{tmp_path / 'registries.sqlite'}")


@pytest.mark.postgres
def test_statements_of_one_snapshot_see_one_state_on_postgresql(postgres_url: str) -> None:
    _sees_one_state(postgres_url)


def test_a_database_that_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    with pytest.raises(DatabaseUnavailable), open_snapshot(engine) as connection:
        connection.execute(text("SELECT 1"))
