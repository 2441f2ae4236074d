"""Logins and access rules on a real broker that asks for them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from hub.log.errors import LoginRefused, LogUnavailable, ReservedDepartment, TopicForbidden
from hub.log.interface import Log, NewRecord, Partition
from hub.log.kafka_security import add_department_user
from hub.log.open import open_log, parse_kafka_address
from ops.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka
PASSWORD = "một mật khẩu dài"
Opener = Callable[..., Log]


def unique(stem: str) -> str:
    return f"{stem}{uuid.uuid4().hex[:8]}"


def administrator(kafka_sasl: KafkaCluster) -> str:
    return f"kafka://{kafka_sasl.bootstrap}?security=sasl&user=hubadmin"


def login(log_of: Opener, user: str, password: str) -> Log:
    """A log of this user's that is known to be let in: the login reaches every node some time after it was set."""
    deadline = time.monotonic() + 30.0
    while True:
        log = log_of(user, password)
        try:
            log.topics()
            return log
        except LoginRefused:
            if time.monotonic() > deadline:
                raise


@pytest.fixture
def log_of(kafka_sasl: KafkaCluster) -> Iterator[Opener]:
    """Opens the log as a user; all are closed at the end."""
    opened: list[Log] = []

    def open_as(user: str, password: str) -> Log:
        opened.append(open_log(f"kafka://{kafka_sasl.bootstrap}?security=sasl&user={user}", password=password))
        return opened[-1]

    yield open_as
    for log in opened:
        log.close()


@pytest.fixture
def hub(log_of: Opener) -> Log:
    return log_of("hubadmin", "hubadmin-pw")


@pytest.fixture
def department(kafka_sasl: KafkaCluster) -> str:
    """A department that has a user."""
    name = unique("so-")
    address = parse_kafka_address(administrator(kafka_sasl), password="hubadmin-pw")
    add_department_user(address, name, password=PASSWORD)
    return name


def test_a_department_writes_and_reads_its_own_topic(hub: Log, log_of: Opener, department: str) -> None:
    topic = f"{department}.things.v1"
    hub.create_topic(topic, 2)
    log = login(log_of, department, PASSWORD)
    log.append([NewRecord(topic, b"k", b"v", partition=1)])
    assert [record.value for record in log.read(Partition(topic, 1), 0, max_records=5)] == [b"v"]


def test_a_department_writes_nobody_elses_topic(hub: Log, log_of: Opener, department: str) -> None:
    # the other's code begins with this one's: the prefix must end at the dot
    topic = f"{department}-khac.things.v1"
    hub.create_topic(topic)
    log = login(log_of, department, PASSWORD)
    with pytest.raises(TopicForbidden):
        log.append([NewRecord(topic, b"k", b"v")])
    assert hub.ends([Partition(topic, 0)]) == {Partition(topic, 0): 0}


def test_a_department_reads_nobody_elses_topic(hub: Log, log_of: Opener, department: str) -> None:
    topic = f"{unique('khac-')}.things.v1"
    hub.create_topic(topic)
    hub.append([NewRecord(topic, b"k", b"v")])
    with pytest.raises(TopicForbidden):
        login(log_of, department, PASSWORD).read(Partition(topic, 0), 0, max_records=5)


def test_a_department_sees_the_hubs_topics_but_neither_reads_nor_writes_them(
    hub: Log, log_of: Opener, department: str
) -> None:
    topic = f"hub.{unique('x')}"
    hub.create_topic(topic)
    hub.append([NewRecord(topic, b"k", b"v")])
    log = login(log_of, department, PASSWORD)
    assert log.partitions(topic) == 1
    with pytest.raises(TopicForbidden):
        log.append([NewRecord(topic, b"k", b"v")])
    with pytest.raises(TopicForbidden):
        log.read(Partition(topic, 0), 0, max_records=5)


def test_a_department_creates_no_topic(log_of: Opener, department: str) -> None:
    with pytest.raises(TopicForbidden):
        login(log_of, department, PASSWORD).create_topic(f"{department}.more.v1")


def test_after_a_forbidden_topic_the_own_one_is_still_written(hub: Log, log_of: Opener, department: str) -> None:
    own, foreign = f"{department}.things.v1", f"{unique('khac-')}.things.v1"
    hub.create_topic(own)
    hub.create_topic(foreign)
    log = login(log_of, department, PASSWORD)
    with pytest.raises(TopicForbidden):
        log.append([NewRecord(foreign, b"k", b"v")])
    assert log.append([NewRecord(own, b"k", b"v")])[0].offset == 0


def test_a_wrong_password_is_a_refused_login(log_of: Opener, department: str) -> None:
    with pytest.raises(LoginRefused):
        log_of(department, "wrong").append([NewRecord(f"{department}.things.v1", b"k", b"v")])


def test_an_unknown_user_is_a_refused_login(log_of: Opener) -> None:
    with pytest.raises(LoginRefused):
        log_of("nobody", "wrong").topics()


def test_a_login_where_nobody_asks_for_one_is_refused(kafka: str) -> None:
    log = open_log(f"kafka://{kafka}?security=sasl&user=someone", password="x")
    with pytest.raises(LoginRefused):
        log.topics()


def test_no_login_where_one_is_asked_for_is_refused(kafka_sasl: KafkaCluster) -> None:
    with pytest.raises(LoginRefused):
        open_log(f"kafka://{kafka_sasl.bootstrap}").topics()


def test_an_absent_broker_is_no_refused_login() -> None:
    # port 1 is nobody's
    with pytest.raises(LogUnavailable):
        open_log("kafka://127.0.0.1:1?security=sasl&user=someone", password="x").topics()


def test_a_new_password_replaces_the_old(kafka_sasl: KafkaCluster, log_of: Opener, department: str) -> None:
    address = parse_kafka_address(administrator(kafka_sasl), password="hubadmin-pw")
    add_department_user(address, department, password="another one")
    login(log_of, department, "another one")
    with pytest.raises(LoginRefused):
        log_of(department, PASSWORD).topics()


def test_a_department_cannot_add_users(kafka_sasl: KafkaCluster, log_of: Opener, department: str) -> None:
    login(log_of, department, PASSWORD)
    url = f"kafka://{kafka_sasl.bootstrap}?security=sasl&user={department}"
    with pytest.raises(TopicForbidden):
        add_department_user(parse_kafka_address(url, password=PASSWORD), unique("so-"), password="x")


@pytest.mark.parametrize("name", ["hub", "broker", "hubadmin", "Upper", "", "a,b", "a=b"])
def test_a_reserved_or_malformed_code_gets_no_user(kafka_sasl: KafkaCluster, name: str) -> None:
    address = parse_kafka_address(administrator(kafka_sasl), password="hubadmin-pw")
    with pytest.raises(ReservedDepartment):
        add_department_user(address, name, password="x")
