"""Where a registry is read from and written to, by its address.

`http://…` another registry, `kafka://host:port/_schemas?…` the topic of one (options as for the hub's own log),
anything else a file or folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from hub.log.kafka_backend import KafkaLog
from hub.log.kafka_clients import KafkaAddress
from hub.log.kafka_compacted import create_compacted_topic
from hub.log.open import parse_kafka_address
from hub.schema_registry.parsing import Parser
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.errors import UnknownPlace
from hub.schema_registry.transfer.lines import read_lines, write_lines
from hub.schema_registry.transfer.remote import opened_registry
from hub.schema_registry.transfer.remote_reading import read_remote
from hub.schema_registry.transfer.remote_writing import Progress, write_remote
from hub.schema_registry.transfer.topic import read_topic, write_topic

DEFAULT_TOPIC = "_schemas"


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and who asks there; on Kafka the user stands in the address."""

    address: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def read_from(place: Place) -> Contents:
    """Everything the place holds; raises `TransferError`, `LogError`."""
    scheme = urlsplit(place.address).scheme
    if scheme in ("http", "https"):
        with opened_registry(place.address, user=place.user, password=place.password) as remote:
            return read_remote(remote)
    if scheme == "kafka":
        with _opened_topic(place) as (_, log, topic):
            return read_topic(log, topic)
    return read_lines(_path(place))


def write_to(place: Place, contents: Contents, *, parser: Parser, force: bool, progress: Progress) -> int:
    """Make the place hold `contents`; how many facts it lacked. Raises `TransferError`, `LogError`."""
    scheme = urlsplit(place.address).scheme
    if scheme in ("http", "https"):
        with opened_registry(place.address, user=place.user, password=place.password) as remote:
            return write_remote(remote, contents, parser=parser, progress=progress).changes
    if scheme == "kafka":
        with _opened_topic(place) as (address, log, topic):
            create_compacted_topic(address, topic)
            return write_topic(log, topic, contents, force=force)
    return write_lines(_path(place), contents)


def _path(place: Place) -> Path:
    if "://" in place.address:
        kind = place.address.partition("://")[0]
        raise UnknownPlace(
            f"{kind}:// is nowhere a schema registry is read from or written to: http://…, https://…, "
            "kafka://HOST:PORT/_schemas, or a path"
        )
    return Path(place.address)


@contextmanager
def _opened_topic(place: Place) -> Iterator[tuple[KafkaAddress, KafkaLog, str]]:
    parts = urlsplit(place.address)
    url = urlunsplit((parts.scheme, parts.netloc, "", parts.query, ""))
    address = parse_kafka_address(url, password=place.password)
    with closing(KafkaLog(address)) as log:
        yield address, log, parts.path.strip("/") or DEFAULT_TOPIC
