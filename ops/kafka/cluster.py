"""A Kafka cluster on loopback: laid out, started, stopped, one node killed and brought back."""

from __future__ import annotations

import base64
import contextlib
import logging
import signal
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from ops.errors import OpsError
from ops.kafka.jars import get_jars
from ops.kafka.node import Login, Node, Ports
from ops.processes import answers, tail, wait_until

BETWEEN_NODES = Login("broker", "between-nodes-on-loopback")


@dataclass(frozen=True, slots=True)
class KafkaCluster:
    """Nodes that stand for one another. With `admin` clients must log in (SCRAM) and access rules hold."""

    nodes: Sequence[Node]
    admin: Login | None = None
    dies_with_parent: bool = False

    @property
    def bootstrap(self) -> str:
        """`host:port,…` of every node, as a client wants it."""
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self, *, timeout_s: float = 90.0) -> None:
        """Start the nodes that do not run; returns when all answer."""
        jars = get_jars()
        if not all(node.is_formatted() for node in self.nodes):
            self._format(jars)
        for node in self.nodes:
            if not node.process.is_running():
                node.start(jars, dies_with_parent=self.dies_with_parent)
        self.wait_ready(timeout_s=timeout_s)

    def start_node(self, number: int) -> None:
        """Bring one node back; returns when all answer again."""
        self.restart_node(number)
        self.wait_ready()

    def restart_node(self, number: int) -> None:
        """Start one node without waiting: alone it may be too few to answer."""
        self._node(number).start(get_jars(), dies_with_parent=self.dies_with_parent)

    def stop_node(self, number: int) -> None:
        self._node(number).stop()

    def kill_node(self, number: int) -> None:
        """SIGKILL one node."""
        self._node(number).kill()

    def stop(self) -> None:
        """Stop every node that runs; together, since the last controller alone cannot end tidily."""
        for node in self.nodes:
            node.process.send(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()

    def wait_ready(self, *, timeout_s: float = 90.0) -> None:
        """Return once every node that should run is known to the cluster."""
        log = self.nodes[0].process.log_file
        wait_until(self._is_ready, timeout_s=timeout_s, what="Kafka did not answer", log=log)

    def _is_ready(self) -> bool:
        for node in self.nodes:
            if not node.process.is_running():
                raise OpsError(f"Kafka node {node.number} ended:\n{tail(node.process.log_file)}")
        return all(answers(node.ports.client) for node in self.nodes) and self._knows_all_nodes()

    def _knows_all_nodes(self) -> bool:
        with _quiet_client(), contextlib.suppress(KafkaError), contextlib.closing(self._admin_client()) as client:
            return len(client.describe_cluster()["brokers"]) == len(self.nodes)
        return False

    def _admin_client(self) -> KafkaAdminClient:
        login = {}
        if self.admin is not None:
            login = {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.admin.user,
                "sasl_plain_password": self.admin.password,
            }
        return KafkaAdminClient(
            bootstrap_servers=self.bootstrap.split(","),
            bootstrap_timeout_ms=3000,
            request_timeout_ms=3000,
            reconnect_backoff_max_ms=200,
            **login,
        )

    def _format(self, jars: Path) -> None:
        controllers = ",".join(node.controller for node in self.nodes)
        arguments = ["-t", _short_uuid(), *self._quorum(), *self._first_user()]
        for node in self.nodes:
            node.write_properties(controllers, size=len(self.nodes), admin=self.admin, between=BETWEEN_NODES)
            node.format(jars, arguments)

    def _quorum(self) -> list[str]:
        if len(self.nodes) == 1:
            return ["--standalone"]
        voters = ",".join(f"{node.number}@{node.controller}:{_short_uuid()}" for node in self.nodes)
        return ["--initial-controllers", voters]

    def _first_user(self) -> list[str]:
        if self.admin is None:
            return []
        return ["--add-scram", f"SCRAM-SHA-512=[name={self.admin.user},password={self.admin.password}]"]

    def _node(self, number: int) -> Node:
        return next(node for node in self.nodes if node.number == number)


def lay_out(folder: Path, ports: Sequence[int]) -> list[Node]:
    """Nodes below `folder`, three ports each."""
    triples = [Ports(*ports[at : at + 3]) for at in range(0, len(ports), 3)]
    return [Node(number, triple, folder / f"node-{number}") for number, triple in enumerate(triples, start=1)]


def _short_uuid() -> str:
    """A random id as Kafka writes them; it must not begin with a dash."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return "A" + text[1:] if text.startswith("-") else text


@contextlib.contextmanager
def _quiet_client() -> Iterator[None]:
    """Keep the client's complaints to itself while the servers are still coming up."""
    logger = logging.getLogger("kafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
