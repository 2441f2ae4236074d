from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.control.state import ControlState
from hub.log.errors import LogUnavailable
from hub.log.interface import Log, NewRecord, Partition, Position
from producers.catalogue import ControlCatalogue
from producers.feed import Fact, Origin
from producers.gateway import GatewayContext, create_blueprint
from producers.http_transport import HttpTransport
from producers.outbox import Outbox
from producers.publisher import Publisher
from schemas.event import from_headers
from tests.producers.places_registry import SOURCE, TOPIC, places_state

TOKENS = {sha256(code.encode()).hexdigest(): code for code in ("culture", "health")}
ADDRESS = f"/topics/{TOPIC}"
BATCHED = "application/cloudevents-batch+json"


class AwayLog:
    """A log that cannot be reached."""

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        raise LogUnavailable("the broker is away")


def make_app(log: Any, state: ControlState | None = None) -> Flask:
    state = state or places_state()
    app = Flask(__name__)
    context = GatewayContext(log=lambda: log, state=lambda: state, find_department=TOKENS.get, body_limit_bytes=100_000)
    app.register_blueprint(create_blueprint(context))
    return app


@pytest.fixture
def client(log: Log) -> FlaskClient:
    return make_app(log).test_client()


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": SOURCE,
        "type": "PlaceListed",
        "subject": "7",
        "time": "2025-07-01T00:00:00Z",
        "sequence": str(number),
        "data": {"code": "7", "name": "Ngọ Môn", "since": "2025-07-01", "area": 1.5},
    } | changes


def post(client: FlaskClient, body: Any, department: str = "culture", address: str = ADDRESS) -> Any:
    kind = BATCHED if isinstance(body, list) else "application/cloudevents+json"
    headers = {"authorization": f"Bearer {department}", "content-type": kind}
    return client.post(address, json=body, headers=headers)


def count(log: Log) -> int:
    return log.ends([Partition(TOPIC, 0)])[Partition(TOPIC, 0)]


def test_a_structured_event_with_json_data_is_encoded_and_appended(client: FlaskClient, log: Log) -> None:
    answer = post(client, event())
    assert answer.status_code == 202
    assert answer.json["events"][0]["position"] == {"topic": TOPIC, "partition": 0, "offset": 0}
    assert answer.headers["Location"] == "/api/v1/events/urn%3Ahue%3AH57.15%3Aregister/e1"
    (record,) = log.read_range(Partition(TOPIC, 0), 0, 1)
    envelope = from_headers(record.headers)
    assert (envelope.id, envelope.subject, envelope.sequence, record.key) == ("e1", "7", 1, b"7")
    assert record.value is not None
    assert record.value.startswith(b"\x00\x00\x00\x00\x01\x027\x14Ng")


def test_avro_bytes_are_taken_in_binary_and_structured_mode_alike(client: FlaskClient, log: Log) -> None:
    post(client, event())
    (first,) = log.read_range(Partition(TOPIC, 0), 0, 1)
    structured = event(2, dataschema=from_headers(first.headers).dataschema)
    structured["data_base64"] = base64.b64encode(first.value or b"").decode()
    del structured["data"]
    assert post(client, structured).status_code == 202
    binary = {f"ce-{name}": str(structured[name]) for name in ("specversion", "source", "type", "time", "dataschema")}
    binary |= {"ce-id": "e%203", "ce-subject": "7", "ce-sequence": "3", "content-type": "application/avro"}
    binary["authorization"] = "Bearer culture"
    assert client.post(ADDRESS, data=first.value, headers=binary).status_code == 202
    records = list(log.read_range(Partition(TOPIC, 0), 0, 3))
    assert {record.value for record in records} == {first.value}
    assert from_headers(records[2].headers).id == "e 3"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"sequence": None}, "missing-header", "sequence"),
        ({"id": ""}, "missing-header", "id"),
        ({"time": "yesterday"}, "bad-header", "time"),
        ({"specversion": "0.3"}, "bad-header", "specversion"),
        ({"type": "PlaceBurnt"}, "unknown-event-type", "type"),
        ({"subject": "8"}, "key-mismatch", "subject"),
        ({"source": "urn:hue:H57.20:register"}, "source-not-allowed", "source"),
        ({"dataschema": "urn:x/00000000-0000-0000-0000-000000000000"}, "wrong-schema", "dataschema"),
        ({"data": {"code": "7"}}, "undecodable", "data.name"),
        ({"data": {"code": "7", "name": "x", "colour": 1}}, "undecodable", "data.colour"),
        ({"data": {"code": "7", "name": "x", "since": "1/7/2025"}}, "undecodable", "data.since"),
        ({"data": {"code": "7", "name": "x", "price": "20"}}, "undecodable", "data.price"),
        ({"type": "PlaceChanged", "data": {"code": "7", "changed": ["colour"]}}, "undecodable", "data.changed"),
        ({"correction": "corrected"}, "bad-header", "corrects"),
        ({"data": None, "data_base64": "AAAAAAk="}, "missing-header", "dataschema"),
    ],
)
def test_what_the_consumer_would_set_aside_is_refused_with_index_and_field(
    client: FlaskClient, log: Log, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = post(client, [event(), event(2, **changes)])
    assert answer.content_type == "application/problem+json"
    (error,) = answer.json["errors"]
    assert (error["index"], error["code"], error["field"]) == (1, code, field)
    assert count(log) == 0


def test_bytes_of_an_unknown_schema_are_refused(client: FlaskClient) -> None:
    changes: dict[str, Any] = {"data": None, "data_base64": "AAAAAAk=", "dataschema": "urn:x/y"}
    answer = post(client, event(**changes))
    assert (answer.status_code, answer.json["code"]) == (422, "unknown-schema")


def test_bytes_of_a_draft_are_refused_as_the_consumer_refuses_them(client: FlaskClient) -> None:
    data = base64.b64encode(b"\x00" + (2**30).to_bytes(4, "big")).decode()
    answer = post(client, event(data=None, data_base64=data, dataschema="urn:x/y"))
    assert (answer.status_code, answer.json["code"]) == (422, "draft-schema")


def test_bytes_of_a_free_subjects_schema_are_refused_as_the_consumer_refuses_them(log: Log) -> None:
    state = places_state()
    state.last_schema_id = 9
    client = make_app(log, state).test_client()
    answer = post(client, event(data=None, data_base64="AAAAAAk=", dataschema="urn:x/y"))
    assert (answer.status_code, answer.json["code"]) == (422, "wrong-schema")


def test_every_bad_event_of_a_batch_is_told(client: FlaskClient) -> None:
    answer = post(client, [event(1, subject="8"), event(2), event(3, sequence="x")])
    assert [error["index"] for error in answer.json["errors"]] == [0, 2]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_known_token_nothing_is_taken(client: FlaskClient, token: str) -> None:
    answer = post(client, event(), department=token)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_department_posts_to_its_own_topics_only(client: FlaskClient) -> None:
    assert post(client, event(), department="health").status_code == 403


def test_an_unknown_topic_is_not_found(client: FlaskClient) -> None:
    assert post(client, event(), address="/topics/culture.nothing.v1").status_code == 404


def test_a_repeated_event_is_answered_with_its_position_and_not_appended_again(client: FlaskClient, log: Log) -> None:
    first = post(client, event())
    again = post(client, [event(), event(2), event(2)])
    assert again.status_code == 202
    assert again.json["events"][0] == first.json["events"][0]
    assert count(log) == 2


def test_an_id_with_other_content_is_a_conflict(client: FlaskClient, log: Log) -> None:
    post(client, event())
    other = event(data={"code": "7", "name": "Khác"})
    assert post(client, other).status_code == 409
    assert post(client, [event(5), event(5, time="2025-07-02T00:00:00Z")]).json["errors"][0]["index"] == 1
    assert count(log) == 1


def test_a_log_that_is_away_is_a_retriable_503() -> None:
    answer = post(make_app(AwayLog()).test_client(), event())
    assert (answer.status_code, answer.json["retriable"]) == (503, True)
    assert answer.headers["Retry-After"]


def test_a_body_past_the_limit_is_413(client: FlaskClient) -> None:
    assert post(client, event(data={"code": "7", "name": "x" * 100_001})).status_code == 413


@pytest.mark.parametrize(
    ("kind", "body", "status"), [("text/plain", b"x", 415), (BATCHED, b"{", 400), (BATCHED, b"[]", 400)]
)
def test_a_body_that_is_no_event_is_refused(client: FlaskClient, kind: str, body: bytes, status: int) -> None:
    headers = {"authorization": "Bearer culture", "content-type": kind}
    assert client.post(ADDRESS, data=body, headers=headers).status_code == status


def publish(outbox: Outbox, catalogue: ControlCatalogue, *codes: str) -> None:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    for code in codes:
        publisher.publish(
            Fact("PlaceListed", code, {"code": code, "name": "Nơi"}, Origin("a", 1), legal_basis='Số "5", 10%')
        )


def transport(log: Any, *, department: str = "culture", mode: str = "batched") -> HttpTransport:
    http = httpx.Client(transport=httpx.WSGITransport(app=make_app(log)))
    return HttpTransport(http, "http://hub", department, mode=mode)


@pytest.mark.parametrize("mode", ["batched", "binary"])
def test_an_outbox_drains_over_the_intake_unchanged(
    outbox: Outbox, catalogue: ControlCatalogue, log: Log, mode: str
) -> None:
    publish(outbox, catalogue, "1", "2", "3")
    pending = [one.record for one in outbox.list_pending(TOPIC, limit=9)]
    assert outbox.drain(transport(log, mode=mode)).sent == 3
    records = list(log.read_range(Partition(TOPIC, 0), 0, 3))
    assert [(one.key, one.value, sorted(one.headers)) for one in records] == [
        (one.key, one.value, sorted(one.headers)) for one in pending
    ]


@pytest.mark.parametrize(("token", "code"), [("wrong", "login-refused"), ("health", "topic-forbidden")])
def test_a_refusal_of_the_intake_is_reported_as_what_it_is(
    outbox: Outbox, catalogue: ControlCatalogue, log: Log, token: str, code: str
) -> None:
    publish(outbox, catalogue, "1")
    (failure,) = outbox.drain(transport(log, department=token)).failures
    assert (failure.code, failure.retriable, outbox.count_pending()) == (code, False, 1)


def test_an_intake_without_log_leaves_the_events_for_later(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    publish(outbox, catalogue, "1")
    (failure,) = outbox.drain(transport(AwayLog())).failures
    assert (failure.retriable, outbox.count_pending()) == (True, 1)
