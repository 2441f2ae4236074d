"""The tooling starts real servers, finds them again and stops them."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from hub.log.open import open_log
from ops.errors import NotReady
from ops.kafka.__main__ import get_cluster
from ops.kafka.cluster import KafkaCluster, lay_out
from ops.kafka.node import Login
from ops.postgres.server import PostgresServer
from ops.processes import ServerProcess, answers, free_ports, wait_until
from tests.contracts.log_contract import new_topic


@pytest.fixture
def sleeper(tmp_path: Path) -> ServerProcess:
    return ServerProcess(tmp_path / "pid", tmp_path / "output.log", str(tmp_path))


def test_a_process_is_found_by_its_pid_file_until_it_is_stopped(sleeper: ServerProcess, tmp_path: Path) -> None:
    sleeper.start([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    assert sleeper.is_running()
    sleeper.stop(signal.SIGTERM)
    assert not sleeper.is_running()


def test_a_process_that_took_over_the_pid_is_left_alone(sleeper: ServerProcess) -> None:
    sleeper.pid_file.write_text("1")
    assert not sleeper.is_running()


def test_waiting_in_vain_shows_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("the reason")
    with pytest.raises(NotReady, match="the reason"):
        wait_until(lambda: False, timeout_s=0.0, what="it did not answer", log=tmp_path / "output.log")


def test_free_ports_are_different_and_nobody_listens_there() -> None:
    ports = free_ports(10, chooser=random.Random(7))
    assert len(set(ports)) == 10 and not any(map(answers, ports))


def test_three_nodes_know_the_same_controllers(tmp_path: Path) -> None:
    nodes = get_cluster(tmp_path, size=3, sasl=False).nodes
    assert [node.ports.client for node in nodes] == [19092, 20092, 21092]
    assert len({port for node in nodes for port in (node.ports.internal, node.ports.controller)}) == 6


def test_properties_leave_no_gap_and_are_private(tmp_path: Path) -> None:
    (node,) = lay_out(tmp_path, [1001, 1002, 1003])
    node.write_properties("c:1", size=1, admin=Login("admin", "x"), between=Login("broker", "secret"))
    text = node.properties.read_text()
    assert "super.users=User:broker;User:admin" in text and "${" not in text
    assert node.properties.stat().st_mode & 0o077 == 0


@pytest.mark.postgres
def test_each_database_is_fresh(postgres: PostgresServer) -> None:
    url = postgres.create_database("fresh").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE something (x integer)")
    postgres.create_database("fresh")
    with psycopg.connect(url) as connection:
        (tables,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or (-1,)
    assert tables == 0


@pytest.mark.postgres
def test_postgres_listens_on_loopback_alone(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


@pytest.mark.postgres
def test_a_killed_postgres_keeps_what_was_committed(postgres_node: PostgresServer) -> None:
    url = postgres_node.create_database("kept").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE something (x integer)")
    postgres_node.kill()
    assert not postgres_node.answers()
    postgres_node.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM something").fetchone() == (0,)


@pytest.mark.kafka
def test_a_node_that_was_stopped_keeps_its_topics(kafka_node: KafkaCluster) -> None:
    url = f"kafka://{kafka_node.bootstrap}"
    log = open_log(url)
    topic = new_topic(log, 2)
    log.close()
    kafka_node.stop()
    assert not answers(kafka_node.nodes[0].ports.client)
    kafka_node.start()
    again = open_log(url)
    assert again.partitions(topic) == 2
    again.close()
