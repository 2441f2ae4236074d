"""The log a URL names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from hub.log.embedded import EmbeddedLog
from hub.log.errors import BadLogAddress
from hub.log.interface import Log
from hub.log.kafka_backend import KafkaLog
from hub.log.kafka_clients import SECURITY, KafkaAddress

_KAFKA_OPTIONS = {"security", "user", "replication", "certificates"}


def open_log(url: str, *, create: bool = True, password: str | None = None) -> Log:
    """The log at `sqlite:///path` or `kafka://host:port,host:port?security=sasl&user=…&replication=3`.

    Three slashes begin a relative path, four an absolute one. Options of Kafka: `security` (sasl, tls, sasl-tls),
    `user`, `certificates` (a file of authorities), `replication` of new topics. With `create=False` an embedded
    log that is not there is `LogUnavailable`. Kafka is not asked before the first call.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return EmbeddedLog(Path(parts.path[1:]), create=create)
    if parts.scheme == "kafka":
        return KafkaLog(parse_kafka_address(url, password=password))
    raise BadLogAddress(f"{url!r} is no log: sqlite:///path or kafka://host:port,host:port")


def parse_kafka_address(url: str, *, password: str | None = None) -> KafkaAddress:
    """The address in a `kafka://` URL; raises `BadLogAddress` naming what is wrong."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = options.keys() - _KAFKA_OPTIONS
    if unknown:
        raise BadLogAddress(f"unknown option {sorted(unknown)[0]!r}; known are {', '.join(sorted(_KAFKA_OPTIONS))}")
    address = KafkaAddress(
        servers=_servers(parts),
        security=options.get("security", ""),
        user=options.get("user"),
        password=password,
        certificates=options.get("certificates"),
        replication=_replication(options.get("replication", "1")),
    )
    _check_security(address)
    return address


def _servers(parts: SplitResult) -> tuple[str, ...]:
    servers = tuple(parts.netloc.split(","))
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit() or "@" in host:
            raise BadLogAddress(f"{server!r} is no host:port")
    return servers


def _replication(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise BadLogAddress(f"replication {text!r} is not a number of copies")
    return int(text)


def _check_security(address: KafkaAddress) -> None:
    if address.security not in SECURITY:
        raise BadLogAddress(f"security {address.security!r} is not one of {', '.join(filter(None, SECURITY))}")
    if address.asks_login and not (address.user and address.password):
        raise BadLogAddress("a login needs user= in the address and a password beside it")
