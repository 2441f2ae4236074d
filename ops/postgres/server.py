"""One PostgreSQL server. Run by root it is handed to the user `postgres`, since it refuses root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ops.errors import MissingTool
from ops.processes import LOOPBACK, ServerProcess, dying_with_parent, wait_until

USER = "hub"
SERVICE_USER = "postgres"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server whose data is in `folder`, listening on loopback alone."""

    folder: Path
    port: int
    dies_with_parent: bool = False

    def start(self, *, timeout_s: float = 60.0) -> None:
        """Start it, with a new data folder the first time; returns when it answers."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        if not self.process.is_running():
            self.process.start(self._command())
        log = self.process.log_file
        wait_until(self.answers, timeout_s=timeout_s, what="PostgreSQL did not answer", log=log)

    def stop(self) -> None:
        """End it and its connections."""
        self.process.stop(signal.SIGINT)

    def kill(self) -> None:
        """End it at once; it recovers from its own log at the next start."""
        self.process.stop(signal.SIGQUIT)

    def create_database(self, name: str) -> str:
        """Make an empty database; its URL as SQLAlchemy wants it."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._url(name)

    def ensure_database(self, name: str) -> str:
        """Make the database unless it is there; its URL."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        return self._url(name) if found else self.create_database(name)

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self._address("postgres")):
            return True
        return False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def process(self) -> ServerProcess:
        return ServerProcess(self.folder / "pid", self.folder / "output.log", str(self.data))

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@{LOOPBACK}:{self.port}/{name}"

    def _address(self, database: str) -> str:
        return f"host={LOOPBACK} port={self.port} user={USER} dbname={database} connect_timeout=3"

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, SERVICE_USER, SERVICE_USER)
        options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(  # noqa: S603
            [*_as_service_user(), _program("initdb"), "-D", str(self.data), *options], check=True, capture_output=True
        )

    def _command(self) -> list[str]:
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [_program("postgres"), "-D", str(self.data), "-p", str(self.port), *settings]
        return [*_as_service_user(), *(dying_with_parent(command) if self.dies_with_parent else command)]


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's user can reach, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hub-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "server"


def _as_service_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError as error:
        raise MissingTool("there is no user postgres (Debian: postgresql)") from error
    return ["setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--init-groups"]


def _program(name: str) -> str:
    """The newest installed version of one of PostgreSQL's programs."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise MissingTool(f"PostgreSQL's {name} is not installed (Debian: postgresql)")
    return found
