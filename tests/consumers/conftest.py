"""A log, a city and a database of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from consumers.hashes import log_hash
from consumers.runner import ProjectionRunner
from hub.log.interface import Log
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import builds, checkpoints, dead_letters, tables_of, turns
from schemas.definition import Definition
from tests.workload import DAY, EPOCH, City, Told, found_city

NOW = EPOCH + 100 * DAY


@dataclass
class Town:
    """One registry on a log; `now` is what its clock says, `elapsed_s` what its stopwatch says."""

    city: City
    log: Log
    engine: Engine
    folder: Path
    now: int = NOW
    elapsed_s: float = 0.0
    runners: list[ProjectionRunner] = field(default_factory=list)

    @property
    def registry(self) -> str:
        return self.city.registry

    @property
    def definition(self) -> Definition:
        return self.city.state.definitions[self.registry]

    def runner(self, **options: Any) -> ProjectionRunner:
        options = {"clock": lambda: self.now, "monotonic": lambda: self.elapsed_s, **options}
        return ProjectionRunner(self.registry, self.log, self.engine, **options)

    def tell(self, *events: Told) -> None:
        """Tell events and apply them."""
        self.city.tell(events)
        self.runner().catch_up()

    def rows(self, table: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(table)))

    @property
    def build(self) -> int:
        return next(
            int(row.build) for row in self.rows(builds) if row.registry == self.registry and row.status == "live"
        )

    @property
    def tables(self) -> Any:
        return tables_of(self.definition, self.build)

    def versions(self, key: str) -> list[Any]:
        """Every version of a key: (recorded from, recorded to, valid from, valid to, entry)."""
        return sorted(
            (row.recorded_from, row.recorded_to, row.valid_from, row.valid_to, row.entry)
            for row in self.rows(self.tables.versions)
            if row.key == key
        )

    def current(self) -> list[str]:
        return sorted(row.key for row in self.rows(self.tables.versions) if row.current == 1)

    def reasons(self) -> list[str]:
        return [row.reason for row in self.rows(dead_letters) if row.build == self.build]

    def checkpoint(self) -> Any:
        return next(row for row in self.rows(checkpoints) if row.registry == self.registry)

    def turns(self) -> list[Any]:
        return self.rows(turns)

    def hash(self) -> str:
        return log_hash(self.engine, self.definition, self.build)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    log = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    engine = open_database(f"sqlite:///{tmp_path / 'registries.sqlite'}")
    yield Town(found_city(log, tmp_path), log, engine, tmp_path)
    engine.dispose()
    log.close()
