"""Karapace on our own broker, with the same subjects under the same ids.

It is on no package index: KARAPACE names the command that starts a checkout of it, such as
`/srv/karapace/bin/python -m karapace`.
"""

from __future__ import annotations

import os
import random
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.schema_registry.processes import wait_until_up, with_compiled_modules
from hub.log.kafka_backend import KafkaLog
from hub.log.kafka_compacted import create_compacted_topic
from hub.log.open import parse_kafka_address
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.topic import write_topic
from ops.kafka.cluster import KafkaCluster, lay_out
from ops.processes import free_ports

COMMAND = "KARAPACE"


@contextmanager
def opened_kafka(folder: Path) -> Iterator[str]:
    """`host:port` of a broker of one node."""
    nodes = lay_out(folder / "kafka", free_ports(3, chooser=random.Random()))
    cluster = KafkaCluster(nodes, dies_with_parent=True)
    try:
        cluster.start()
        yield cluster.bootstrap
    finally:
        cluster.kill()


def fill(kafka: str, topic: str, contents: Contents) -> None:
    """Write what the hub holds into a topic as Karapace keeps it."""
    address = parse_kafka_address(f"kafka://{kafka}")
    create_compacted_topic(address, topic)
    with closing(KafkaLog(address)) as log:
        write_topic(log, topic, contents, force=False)


@contextmanager
def served(kafka: str, topic: str, folder: Path) -> Iterator[tuple[str, float]]:
    """The address of a Karapace over a topic, and the seconds until it had read all of it."""
    (port,) = free_ports(1, chooser=random.Random())
    settings = {"bootstrap_uri": kafka, "topic_name": topic, "group_id": topic, "port": str(port)}
    settings |= {"host": "127.0.0.1", "advertised_hostname": "127.0.0.1", "karapace_registry": "true"}
    settings |= {"log_level": "WARNING", "waiting_time_before_acting_as_master_ms": "10"}
    environment = with_compiled_modules(os.environ)
    environment |= {f"KARAPACE_{name.upper()}": value for name, value in settings.items()}
    output = folder / f"{topic}.txt"
    with output.open("wb") as written:
        command = shlex.split(os.environ[COMMAND])
        server = subprocess.Popen(command, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        health = f"http://127.0.0.1:{port}/_health"
        yield f"127.0.0.1:{port}", wait_until_up(health, server, output, is_ready=_has_read_all)
    finally:
        server.kill()
        server.wait(10)


def _has_read_all(health: Any) -> bool:
    told = health["status"]
    return bool(told["schema_registry_ready"] and told["schema_registry_is_primary"])
