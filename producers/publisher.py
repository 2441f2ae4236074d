"""Publishes facts: each is validated, encoded and put into the outbox, from where `drain` sends it.

```python
outbox = Outbox(Path("outbox.sqlite"))
publisher = Publisher(outbox, "urn:hue:H57.15:heritage-office", "sovhtt.festivals.v1", catalogue)
event_id = publisher.publish(Fact("FestivalRegistered", "le-hoi-a", {...}, Origin("register", 1)))
outbox.drain(log)
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.log.interface import Headers, NewRecord
from producers.catalogue import FoundSchema, SchemaCatalogue
from producers.errors import EventInvalid, SchemaUnknown
from producers.feed import Fact
from producers.field_values import key_text
from producers.outbox import Outbox, OutboxTransaction
from schemas.definition import KEY_SEPARATOR
from schemas.encoding import Encode, compile_encoder
from schemas.errors import SchemaError, ValueInvalid
from schemas.event import Envelope, organisation_of, to_headers
from schemas.times import OPEN
from schemas.wire import frame

MAX_VALUE_BYTES = 990_000  # the log takes records of 1,000,000 bytes, headers included
MAX_KEY_BYTES = 1024
# key, value, headers -> the headers with ce_keyid and ce_signature
Sign = Callable[[bytes, bytes, Headers], Headers]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A fact that was validated and encoded, and has no place in the sequence yet."""

    fact: Fact
    value: bytes
    dataschema: str
    happened_at: int
    correction: str = "changed"
    corrects: str | None = None


class Publisher:
    """Publishes the events of one source to one topic.

    `schema_url` is the address below which the hub serves schemas by GUID. `sign` adds a signature where
    the registry asks for one.
    """

    def __init__(
        self,
        outbox: Outbox,
        source: str,
        topic: str,
        schemas: SchemaCatalogue,
        *,
        schema_url: str = "urn:hub:schemas",
        sign: Sign | None = None,
    ) -> None:
        organisation_of(source)
        self.outbox = outbox
        self.source = source
        self.topic = topic
        self._registry = topic.split(".")[1]
        self._schemas = schemas
        self._schema_url = schema_url.rstrip("/")
        self._sign = sign
        self._known: dict[str, tuple[FoundSchema, Encode]] = {}

    def publish(self, fact: Fact, *, correction: str = "changed", corrects: str | None = None) -> str:
        """Put `fact` into the outbox; returns the event's id once it is durable there.

        `correction` is changed, corrected or retracted, the last two of the event `corrects`. Raises
        `EventInvalid` naming origin and field, `SchemaUnknown` where the hub knows no such event.
        """
        prepared = self.prepare(fact, correction=correction, corrects=corrects)
        with self.outbox.transaction() as transaction:
            return self.enqueue(transaction, prepared)

    def prepare(self, fact: Fact, *, correction: str = "changed", corrects: str | None = None) -> Prepared:
        """`fact` validated and encoded, to be enqueued together with what it was derived from."""
        found, encode = self.schema_of(fact)
        try:
            body = encode(fact.fields)
        except ValueInvalid as error:
            raise EventInvalid(f"{fact.origin}: {error.message}", field=error.field, code=error.code) from error
        value = frame(found.schema_id, body)
        _check(fact, found, value)
        return Prepared(
            fact=fact,
            value=value,
            dataschema=f"{self._schema_url}/{found.guid}",
            happened_at=self.outbox.now() if fact.happened_at is None else fact.happened_at,
            correction=correction,
            corrects=corrects,
        )

    def enqueue(self, transaction: OutboxTransaction, prepared: Prepared) -> str:
        """Give `prepared` its place and id within `transaction`; returns the id."""
        fact = prepared.fact
        place = transaction.next_place(self.source, self.topic)
        event_id = self.outbox.new_id()
        envelope = Envelope(
            id=event_id,
            source=place.source,
            type=fact.event,
            subject=fact.key,
            happened_at=prepared.happened_at,
            sequence=place.sequence,
            dataschema=prepared.dataschema,
            valid_from=prepared.happened_at if fact.valid_from is None else fact.valid_from,
            valid_to=OPEN if fact.valid_to is None else fact.valid_to,
            correction=prepared.correction,
            corrects=prepared.corrects,
            legal_basis=fact.legal_basis,
        )
        key = fact.key.encode()
        headers = self._signed(key, prepared.value, _headers(envelope, fact))
        transaction.enqueue(NewRecord(self.topic, key, prepared.value, headers), event_id=event_id, place=place)
        return event_id

    def schema_of(self, fact: Fact) -> tuple[FoundSchema, Encode]:
        """The schema of the fact's event with its encoder; asked of the catalogue once."""
        known = self._known.get(fact.event)
        if known is None:
            found = self._schemas.find(self._registry, fact.event)
            if found is None:
                raise SchemaUnknown(f"{fact.origin}: the hub knows no event {fact.event!r} of {self._registry}")
            known = self._known[fact.event] = (found, compile_encoder(found.schema))
        return known

    def _signed(self, key: bytes, value: bytes, headers: Headers) -> Headers:
        return headers if self._sign is None else self._sign(key, value, headers)


def _headers(envelope: Envelope, fact: Fact) -> Headers:
    try:
        return to_headers(envelope)
    except (SchemaError, ValueError) as error:
        raise EventInvalid(f"{fact.origin}: {error}") from error


def _check(fact: Fact, found: FoundSchema, value: bytes) -> None:
    """Refuses what the hub would set aside: a key that is not the fields', ends before starts, too many bytes."""
    told = key_of(found.key, fact.fields)
    if found.key and told != fact.key:
        raise EventInvalid(f"{fact.origin}: the fields say the key {told!r}, not {fact.key!r}", code="key-mismatch")
    if len(value) > MAX_VALUE_BYTES or len(fact.key.encode()) > MAX_KEY_BYTES:
        raise EventInvalid(f"{fact.origin}: has {len(value)} bytes, more than the hub takes", code="too-large")
    start = fact.happened_at if fact.valid_from is None else fact.valid_from
    if fact.valid_to is not None and start is not None and fact.valid_to <= start:
        raise EventInvalid(f"{fact.origin}: validity ends before it begins", field="valid_to")


def key_of(names: tuple[str, ...], fields: Mapping[str, Any]) -> str | None:
    """The key that `fields` make; None where a part is missing."""
    parts = [fields.get(name) for name in names]
    if any(part is None for part in parts):
        return None
    return KEY_SEPARATOR.join(key_text(part) for part in parts)
