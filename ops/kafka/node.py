"""One Kafka node: its ports, its properties file, its process."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template

from ops.errors import NotReady
from ops.processes import LOOPBACK, ServerProcess, dying_with_parent

TEMPLATES = Path(__file__).parent
HEAP = ("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one node listens: clients, other nodes, controllers."""

    client: int
    internal: int
    controller: int


@dataclass(frozen=True, slots=True)
class Login:
    """A user and its password."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Node:
    """Node `number` (from 1) of a cluster. `folder` holds its properties, data, output and pid."""

    number: int
    ports: Ports
    folder: Path

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.ports.client}"

    @property
    def controller(self) -> str:
        return f"{LOOPBACK}:{self.ports.controller}"

    @property
    def properties(self) -> Path:
        return self.folder / "node.properties"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def process(self) -> ServerProcess:
        return ServerProcess(self.folder / "pid", self.folder / "output.log", str(self.properties))

    def is_formatted(self) -> bool:
        return (self.data / "meta.properties").exists()

    def write_properties(self, controllers: str, *, size: int, admin: Login | None, between: Login) -> None:
        """Write the node's properties; `admin` turns logins and access rules on."""
        values = {
            "node_id": self.number,
            "controllers": controllers,
            "client_port": self.ports.client,
            "internal_port": self.ports.internal,
            "controller_port": self.ports.controller,
            "data": self.data,
            "replication": min(size, 3),
            "min_isr": 2 if size >= 3 else 1,
            "admin": admin.user if admin else "",
            "between_nodes": _plain_login(between),
        }
        parts = ("node.properties", "sasl.properties" if admin else "plain.properties")
        text = "".join((TEMPLATES / part).read_text() for part in parts)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.properties.write_text(Template(text).substitute(values))
        self.properties.chmod(0o600)

    def format(self, jars: Path, arguments: list[str]) -> None:
        """Prepare the data folder."""
        command = [*java(jars), "kafka.tools.StorageTool", "format", "-c", str(self.properties), *arguments]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if outcome.returncode:
            raise NotReady(f"node {self.number} could not be formatted", outcome.stdout + outcome.stderr)

    def start(self, jars: Path, *, dies_with_parent: bool = False) -> None:
        """Start the node; it answers some seconds later."""
        command = [*java(jars), "kafka.Kafka", str(self.properties)]
        self.process.start(dying_with_parent(command) if dies_with_parent else command)

    def stop(self) -> None:
        """Let the node hand over its partitions and end."""
        self.process.stop(signal.SIGTERM)

    def kill(self) -> None:
        """End the node at once, as a power cut would."""
        self.process.stop(signal.SIGKILL)


def java(jars: Path) -> list[str]:
    """The command that runs a class of Kafka, small."""
    logging = f"-Dlog4j2.configurationFile={TEMPLATES / 'log4j2.properties'}"
    return ["java", *HEAP, logging, "-cp", f"{jars}/*"]


def _plain_login(between: Login) -> str:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    user, password = between.user, between.password
    return f'{module} username="{user}" password="{password}" user_{user}="{password}";'
