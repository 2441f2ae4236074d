from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hub.log.open import open_log
from producers.catalogue import ControlCatalogue
from producers.cloud_events import read_events
from producers.intake import Intake
from tests.producers.places_registry import TOPIC, places_state

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "publish.md"


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_ten_lines_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: ControlCatalogue) -> None:
    monkeypatch.chdir(tmp_path)
    open_log("sqlite:///hub-log.sqlite").create_topic(TOPIC)
    names: dict[str, Any] = {"catalogue": catalogue}
    exec(compile(snippet("python"), str(PAGE), "exec"), names)  # noqa: S102 - our own page
    assert names["report"].sent == 1
    assert names["outbox"].find_delivery(names["event_id"]).position.offset == 0


def test_the_posted_event_is_one_the_intake_takes() -> None:
    events = read_events("application/cloudevents+json", (), json.dumps(json.loads(snippet("json"))).encode())
    taken, refused = Intake(places_state(), "culture", TOPIC).judge(events)
    assert (len(taken), refused) == (1, [])
