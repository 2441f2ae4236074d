from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.log.interface import Partition
from hub.log.open import open_log
from producers.catalogue import ControlCatalogue
from producers.cloud_events import read_events
from producers.intake import Intake
from schemas.event import from_headers
from tests.producers.http_hub import open_http_hub
from tests.producers.places_registry import TOPIC, places_state

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "publish.md"


def snippet(language: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found[number]


def test_the_ten_lines_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: ControlCatalogue) -> None:
    monkeypatch.chdir(tmp_path)
    open_log("sqlite:///hub-log.sqlite").create_topic(TOPIC)
    names: dict[str, Any] = {"catalogue": catalogue}
    exec(compile(snippet("python"), str(PAGE), "exec"), names)  # noqa: S102 - our own page
    assert names["report"].sent == 1
    assert names["outbox"].find_delivery(names["event_id"]).position.offset == 0


def test_the_ten_lines_without_a_kafka_client_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_http_hub(tmp_path / "hub") as one:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=one.transport))
        names: dict[str, Any] = {"token": one.token}
        exec(compile(snippet("python", 1), str(PAGE), "exec"), names)  # noqa: S102 - our own page
        (record,) = one.hub.log.read_range(Partition(TOPIC, 0), 0, 1)
    assert names["report"].is_complete
    assert from_headers(record.headers).id == names["event_id"]


def test_the_posted_event_is_one_the_intake_takes() -> None:
    events = read_events("application/cloudevents+json", (), json.dumps(json.loads(snippet("json"))).encode())
    taken, refused = Intake(places_state(), "culture", TOPIC).judge(events)
    assert (len(taken), refused) == (1, [])
