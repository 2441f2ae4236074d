"""What is read of a registration without decoding it whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.control.events import ControlEvent, Registration, decode, encode, find_registration
from hub.control.fold import apply, apply_encoded
from hub.control.state import ControlState

WHOLE = st.integers(0, 2**31 - 1)
NUMBER = st.integers(0, 2**62)
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
FACTS = st.fixed_dictionaries(
    {
        "subject": st.one_of(TEXT, TEXT.map(lambda one: f":.moved:{one}")),
        "version": WHOLE,
        "id": WHOLE,
        "guid": TEXT,
        "text": TEXT,
        "references": st.just([]),
        "metadata": st.none() | TEXT,
        "ruleSet": st.none(),
    }
)


@given(number=NUMBER, at=NUMBER, name=TEXT, actor=TEXT, facts=FACTS)
def test_what_is_read_is_what_decoding_gives(number: int, at: int, name: str, actor: str, facts: Any) -> None:
    data = encode(ControlEvent(number, name, at, actor, "SubjectVersionRegistered", facts))
    told = decode(data)
    expected = (told.number, *(told.facts[field] for field in ("subject", "version", "id", "guid")))
    assert find_registration(data) == Registration(*expected)


@given(facts=FACTS)
def test_the_state_is_the_one_of_the_whole_event(facts: Any) -> None:
    event = ControlEvent(3, "e", 1, "a", "SubjectVersionRegistered", facts)
    whole, brief = ControlState(number=2, last_schema_id=9), ControlState(number=2, last_schema_id=9)
    apply(whole, event)
    apply_encoded(brief, encode(event))
    assert brief == whole
    assert brief.number == 3


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("KeyRevoked", {"keyId": "k"}),
        ("SubjectVersionsDeleted", {"subject": "s", "versions": [1], "permanent": False}),
        ("SchemaRegistered", {"subject": "s", "version": 1, "id": 1, "guid": "g", "text": "{}"}),
    ],
)
def test_every_other_event_is_decoded_whole(kind: str, facts: Any) -> None:
    assert find_registration(encode(ControlEvent(1, "e", 1, "a", kind, facts))) is None
