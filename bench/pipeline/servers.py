"""The broker and the database of a benchmark, below build/bench, with empty data every time."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.kafka.cluster import KafkaCluster, lay_out
from ops.postgres.server import PostgresServer, new_folder
from ops.processes import free_ports

WORK = Path("build") / "bench"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where everything stands: a broker, a PostgreSQL, a folder for files."""

    kafka: KafkaCluster
    postgres: PostgresServer
    folder: Path

    @property
    def log_url(self) -> str:
        return f"kafka://{self.kafka.bootstrap}"

    def new_database(self, kind: str, name: str) -> str:
        """The URL of an empty database of `kind` (sqlite or postgresql)."""
        if kind == "postgresql":
            return self.postgres.create_database(name)
        for file in self.folder.glob(f"{name}.sqlite*"):
            file.unlink()
        return f"sqlite:///{self.folder.absolute() / name}.sqlite"


@contextmanager
def open_servers(work: Path = WORK) -> Iterator[Servers]:
    """Start both; stop both."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    chooser = random.Random()
    with new_folder() as postgres_folder:
        nodes = lay_out(work.absolute() / "kafka", free_ports(3, chooser=chooser))
        kafka = KafkaCluster(nodes, dies_with_parent=True)
        postgres = PostgresServer(postgres_folder, free_ports(1, chooser=chooser)[0], dies_with_parent=True)
        try:
            kafka.start()
            postgres.start()
            yield Servers(kafka, postgres, work)
        finally:
            kafka.kill()
            postgres.stop()
