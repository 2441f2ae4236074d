"""A broker that asks for logins: what `huehub department add` gives a department, and what is told of a wrong one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from hub.log.errors import LoginRefused, TopicForbidden
from hub.log.interface import Log, NewRecord
from hub.log.open import open_log
from ops.kafka.cluster import KafkaCluster
from tests.end_to_end.conftest import TOWN
from tests.end_to_end.running import RunningHub

pytestmark = [pytest.mark.kafka]
NAMES = ("--name-vi", "Phòng", "--name-en", "Office", "--contact", "office@example.org")
T = TypeVar("T")


def url_of(cluster: KafkaCluster, user: str) -> str:
    return f"kafka://{cluster.bootstrap}?security=sasl&user={user}"


@pytest.fixture(scope="module")
def administration(kafka_sasl: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> RunningHub:
    """The hub's commands as its administrator; nothing runs."""
    settings = TOWN | {"HUB_LOG": url_of(kafka_sasl, "hubadmin"), "HUB_LOG_PASSWORD": "hubadmin-pw"}
    return RunningHub(tmp_path_factory.mktemp("logins"), settings)


@pytest.fixture(scope="module")
def password(administration: RunningHub) -> str:
    """The password of `water`'s user; the wells and another department stand beside it."""
    told = administration.run("department", "add", "water", "--organisation", "W1", *NAMES)
    administration.run("department", "add", "water-bills", "--organisation", "W2", *NAMES)
    administration.run("registry", "apply", TOWN["HUB_SCHEMAS_DIR"], "--approve", "a test")
    assert "It may write topics that begin with water. and no others." in told
    found = re.search(r"Kafka user water, password \(shown once\): (\S+)", told)
    assert found is not None
    return found[1]


def once_let_in(ask: Callable[[], T]) -> T:
    """What `ask` gives; a login reaches the node some time after it was set."""
    deadline = time.monotonic() + 30.0
    while True:
        try:
            return ask()
        except LoginRefused:
            if time.monotonic() > deadline:
                raise


def open_as_water(cluster: KafkaCluster, password: str) -> Log:
    def ask() -> Log:
        log = open_log(url_of(cluster, "water"), password=password)
        log.topics()
        return log

    return once_let_in(ask)


def test_the_departments_own_client_writes_its_own_topic_and_no_other(
    kafka_sasl: KafkaCluster, administration: RunningHub, password: str
) -> None:
    hub = open_log(url_of(kafka_sasl, "hubadmin"), password="hubadmin-pw")
    hub.create_topic("water-bills.bills.v1")
    log = open_as_water(kafka_sasl, password)
    assert log.append([NewRecord("water.wells.v1", b"k", b"v")])[0].offset == 0
    for foreign in ("water-bills.bills.v1", "hub.control"):
        with pytest.raises(TopicForbidden):
            log.append([NewRecord(foreign, b"k", b"v")])
    log.close()
    hub.close()


def test_a_wrong_password_is_told_as_a_refused_login(administration: RunningHub, password: str) -> None:
    told = administration.run("publish", "wells", expect=1, settings={"HUB_LOG_PASSWORD": "wrong"})
    assert "login-refused" in told
    assert "Traceback" not in told


def test_a_missing_password_is_told_with_the_way_out(administration: RunningHub) -> None:
    told = administration.run("status", expect=1, settings={"HUB_LOG_PASSWORD": ""})
    assert "password" in told
    assert len(told.splitlines()) == 1


def test_the_administrator_publishes(administration: RunningHub, password: str, tmp_path: Path) -> None:
    assert "4 published, 0 refused" in administration.run("publish", "wells")
