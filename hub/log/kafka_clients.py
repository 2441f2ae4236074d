"""Connections to Kafka: the address, the checked login, and the clients made when they are first needed.

kafka-python tells a refused login and an absent broker alike, by a time-out. So before a client is made, one
connection is tried by hand: it fails within milliseconds and says which of the two it was.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient
from kafka.protocol.metadata import MetadataRequest

from hub.log.errors import LoginRefused, LogUnavailable
from hub.log.kafka_errors import translate

SECURITY = {"": "PLAINTEXT", "sasl": "SASL_PLAINTEXT", "tls": "SSL", "sasl-tls": "SASL_SSL"}
MECHANISM = "SCRAM-SHA-512"
REQUEST_TIMEOUT_S = 5.0
DELIVERY_TIMEOUT_S = 20.0
_CLOSE_S = 1.0
_HANG_UP_PAUSE_S = 0.1
_Client = TypeVar("_Client", KafkaProducer, KafkaConsumer, KafkaAdminClient)


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where a cluster is and who asks. `replication` is how many copies new topics get."""

    servers: tuple[str, ...]
    security: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    certificates: str | None = None
    replication: int = 1

    @property
    def asks_login(self) -> bool:
        return self.security.startswith("sasl")

    def __str__(self) -> str:
        """Without the password."""
        return f"Kafka at {','.join(self.servers)}" + (f" as {self.user}" if self.user else "")

    def settings(self) -> dict[str, Any]:
        """What every client is told."""
        settings: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": "huehub",
            "security_protocol": SECURITY[self.security],
            "request_timeout_ms": int(REQUEST_TIMEOUT_S * 1000),
            "reconnect_backoff_ms": 50,
            "reconnect_backoff_max_ms": 1000,
        }
        if self.asks_login:
            settings |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return settings | ({"ssl_cafile": self.certificates} if self.certificates else {})


def check_login(address: KafkaAddress) -> None:
    """Raises `LoginRefused` if a broker answers and refuses, `LogUnavailable` if none answers."""
    client = KafkaNetClient(**address.settings())
    try:
        _try_brokers(client, address)
    finally:
        client.close()


def _try_brokers(client: KafkaNetClient, address: KafkaAddress) -> None:
    problem: Exception | None = None
    for broker in client.cluster.bootstrap_brokers():
        problem = _try_broker(client, broker.node_id)
        if problem is None:
            return
        if isinstance(translate(problem, ""), LoginRefused):
            break
    raise translate(problem or kafka_errors.KafkaConnectionError("no broker is named"), str(address)) from problem


def _try_broker(client: KafkaNetClient, node_id: Any) -> Exception | None:
    """What kept one broker from letting us in. A hang-up counts when it is repeated: a broker may be stopping."""
    problem = _attempt(client, node_id)
    if isinstance(problem, _HungUp):
        time.sleep(_HANG_UP_PAUSE_S)
        client._manager.reset_backoff(node_id)
        problem = _attempt(client, node_id)
    return problem


def _attempt(client: KafkaNetClient, node_id: Any) -> Exception | None:
    try:
        client._manager.run(_connect, client._manager, node_id)
    except kafka_errors.KafkaError as error:
        problem: Exception = error
        return problem
    return None


async def _connect(manager: Any, node_id: Any) -> None:
    """Log in at one broker and ask something. One that told its version and then hung up has refused us."""
    connection = manager.get_connection(
        node_id, timeout_ms=int(REQUEST_TIMEOUT_S * 1000), pop_on_close=True, refresh_metadata_on_err=False
    )
    try:
        await connection
        await connection.send_request(MetadataRequest(topics=[]))
    except kafka_errors.KafkaConnectionError as error:
        if connection.broker_version_data is not None:
            raise _HungUp("user or password refused" if connection.sasl_enabled else "it asks for a login") from error
        raise


class _HungUp(kafka_errors.SaslAuthenticationFailedError):  # type: ignore[misc]
    """The broker answered and then closed the connection, which is how it refuses."""


class LazyClient(Generic[_Client]):
    """A client that is made when it is first needed, and made anew after it was dropped."""

    def __init__(self, make: Callable[[], _Client], address: KafkaAddress) -> None:
        self._make = make
        self._address = address
        self._making = threading.RLock()
        self._client: _Client | None = None
        self._closed = False

    def get(self) -> _Client:
        """The client; raises `LoginRefused` or `LogUnavailable`."""
        client = self._client
        return client if client is not None else self._make_once()

    def _make_once(self) -> _Client:
        with self._making:
            if self._closed:
                raise LogUnavailable(f"{self._address} was closed")
            if self._client is None:
                check_login(self._address)
                try:
                    self._client = self._make()
                except kafka_errors.KafkaError as error:
                    raise translate(error, str(self._address)) from error
            return self._client

    def drop(self, broken: _Client) -> None:
        """Close a client that failed, unless another already took its place."""
        with self._making:
            if self._client is not broken:
                return
            self._client = None
        _close(broken, timeout_s=0.0)

    def close(self) -> None:
        with self._making:
            client, self._client, self._closed = self._client, None, True
        if client is not None:
            _close(client, timeout_s=_CLOSE_S)


def _close(client: _Client, *, timeout_s: float) -> None:
    with contextlib.suppress(kafka_errors.KafkaError):
        if isinstance(client, KafkaProducer):
            _close_producer(client, timeout_s=timeout_s)
        else:
            client.close()


def _close_producer(producer: KafkaProducer, *, timeout_s: float) -> None:
    """What is not acknowledged in time fails; a close that ran out of time would leave the sender running."""
    try:
        producer.close(timeout=timeout_s)
    except kafka_errors.KafkaTimeoutError:
        producer._sender.force_close()
        producer.close(timeout=_CLOSE_S)


def make_producer(address: KafkaAddress) -> KafkaProducer:
    """Every record is acknowledged by all replicas in sync, and written once whatever is sent again."""
    return KafkaProducer(
        **address.settings(),
        enable_idempotence=True,
        acks="all",
        max_in_flight_requests_per_connection=5,
        delivery_timeout_ms=int(DELIVERY_TIMEOUT_S * 1000),
        max_block_ms=int(REQUEST_TIMEOUT_S * 1000),
        bootstrap_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        allow_auto_create_topics=False,
        batch_size=128 * 1024,
        linger_ms=0,
        metrics_enabled=False,
    )


def make_consumer(address: KafkaAddress) -> KafkaConsumer:
    """Reads partitions it is told, from where it is told: no group, no committed offsets, no silent jump."""
    return KafkaConsumer(
        **address.settings(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        allow_auto_create_topics=False,
        bootstrap_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        fetch_max_wait_ms=40,
        fetch_max_bytes=8 * 1024 * 1024,
        max_partition_fetch_bytes=2 * 1024 * 1024,
        metrics_enabled=False,
    )


def make_admin(address: KafkaAddress) -> KafkaAdminClient:
    return KafkaAdminClient(**address.settings(), bootstrap_timeout_ms=int(REQUEST_TIMEOUT_S * 1000))
