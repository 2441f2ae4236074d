"""Which log a URL names."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.log.errors import BadLogAddress
from hub.log.kafka_clients import KafkaAddress
from hub.log.open import open_log, parse_kafka_address


def test_every_part_of_a_kafka_address_is_read() -> None:
    url = "kafka://a:1,b:2?security=sasl-tls&user=van-hoa&replication=3&certificates=/etc/ca.pem"
    expected = KafkaAddress(("a:1", "b:2"), "sasl-tls", "van-hoa", "secret", "/etc/ca.pem", 3)
    assert parse_kafka_address(url, password="secret") == expected


def test_a_plain_address_needs_no_more_than_its_servers() -> None:
    assert parse_kafka_address("kafka://a:1") == KafkaAddress(("a:1",))


@pytest.mark.parametrize(
    "url",
    [
        "kafka://a",
        "kafka://",
        "kafka://a:1,",
        "kafka://user:secret@a:1",
        "kafka://a:1?securty=sasl",
        "kafka://a:1?security=kerberos",
        "kafka://a:1?replication=0",
        "kafka://a:1?security=sasl&user=x",
    ],
)
def test_a_malformed_kafka_address_is_refused(url: str) -> None:
    with pytest.raises(BadLogAddress):
        parse_kafka_address(url)


@pytest.mark.parametrize("url", ["", "file:///x", "sqlite://", "sqlite:///", "postgresql://x/y"])
def test_another_address_is_no_log(url: str) -> None:
    with pytest.raises(BadLogAddress):
        open_log(url)


def test_the_password_is_not_shown() -> None:
    address = parse_kafka_address("kafka://a:1?security=sasl&user=x", password="secret")
    assert "secret" not in f"{address} {address!r}"


def test_four_slashes_begin_an_absolute_path(tmp_path: Path) -> None:
    open_log(f"sqlite:///{tmp_path}/folder/log.db").close()
    assert (tmp_path / "folder" / "log.db").exists()


def test_opening_kafka_asks_nobody() -> None:
    # port 1 is nobody's
    open_log("kafka://127.0.0.1:1").close()
