"""The oracle against histories small enough to fold by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas.avro import parse_record_schema
from schemas.definition import Definition, parse_definition
from schemas.times import OPEN
from tests.oracle.oracle import ABSORBED, ACTIVE, CEASED, DUPLICATE, Oracle, State
from tests.workload import DAY, EPOCH, SCHEMAS, TOURISM, Told, changed, definition_text, registered


def places() -> Definition:
    parsed = [parse_record_schema(text) for text in SCHEMAS.values()]
    return parse_definition(definition_text(), {one.full_name: one for one in parsed})


def oracle_of(*events: Told) -> Oracle:
    oracle = Oracle(places())
    for event in events:
        assert oracle.hear(event) is None
    return oracle


def told(number: int, event_type: str, key: str, day: int, **fields: Any) -> Told:
    return Told(f"event-{number}", event_type, key, fields, EPOCH + day * DAY)


def days(oracle: Oracle, key: str, as_of: int) -> list[tuple[int, int | None, int, int]]:
    """(first day, day after the last or None, state, entry) of each interval."""
    return [
        (
            (one.valid_from - EPOCH) // DAY,
            None if one.valid_to == OPEN else (one.valid_to - EPOCH) // DAY,
            one.state.state,
            one.state.entry,
        )
        for one in oracle.versions(key, as_of=as_of)
    ]


def state(oracle: Oracle, key: str, day: int) -> State:
    found = oracle.state(key, valid_at=EPOCH + day * DAY, as_of=len(oracle.entries))
    assert found is not None
    return found


def test_a_late_event_takes_its_place_by_valid_time() -> None:
    oracle = oracle_of(
        registered(1, "a", name="first"),
        changed(2, "a", valid_from=EPOCH + 8 * DAY, name="third"),
        changed(3, "a", valid_from=EPOCH + 4 * DAY, name="second"),
    )
    assert days(oracle, "a", 2) == [(0, 8, ACTIVE, 1), (8, None, ACTIVE, 2)]
    assert days(oracle, "a", 3) == [(0, 4, ACTIVE, 1), (4, 8, ACTIVE, 3), (8, None, ACTIVE, 2)]


def test_only_the_intervals_an_entry_changes_are_recorded_anew() -> None:
    oracle = oracle_of(
        registered(1, "a"),
        changed(2, "a", valid_from=EPOCH + 8 * DAY, name="third"),
        changed(3, "a", valid_from=EPOCH + 4 * DAY, name="second"),
    )
    recorded = {
        ((one.interval.valid_from - EPOCH) // DAY, one.recorded_from, one.recorded_to) for one in oracle.history()
    }
    assert recorded == {(0, 1, 2), (0, 2, 3), (8, 2, OPEN), (0, 3, OPEN), (4, 3, OPEN)}


def test_a_patch_before_any_put_has_no_effect() -> None:
    oracle = oracle_of(changed(1, "a", valid_from=EPOCH, name="early"), registered(2, "a", valid_from=EPOCH + DAY))
    assert days(oracle, "a", 2) == [(1, None, ACTIVE, 2)]


def test_a_retracted_retraction_lets_the_event_live_again() -> None:
    first = registered(1, "a")
    oracle = oracle_of(
        first,
        replace(first, id="event-2", correction="retracted", corrects="event-1"),
        replace(first, id="event-3", correction="retracted", corrects="event-2"),
    )
    assert days(oracle, "a", 2) == []
    assert days(oracle, "a", 3) == [(0, None, ACTIVE, 1)]


def test_a_correction_of_a_correction_speaks_for_the_original() -> None:
    first = registered(1, "a", name="wrong")
    oracle = oracle_of(
        first,
        replace(registered(2, "a", name="better"), correction="corrected", corrects="event-1"),
        replace(registered(3, "a", name="right", valid_from=EPOCH + DAY), correction="corrected", corrects="event-2"),
        replace(registered(4, "a"), correction="retracted", corrects="event-3"),
    )
    assert oracle.versions("a", as_of=3)[0].state.body["name"] == "right"  # type: ignore[index]
    assert days(oracle, "a", 3) == [(1, None, ACTIVE, 1)]
    assert state(oracle, "a", 0).body["name"] == "better"  # type: ignore[index]


def test_an_end_of_validity_ends_an_events_effect_and_lets_the_earlier_show() -> None:
    passing = replace(registered(2, "a", valid_from=EPOCH + 2 * DAY), valid_to=EPOCH + 5 * DAY)
    oracle = oracle_of(registered(1, "a"), passing)
    assert days(oracle, "a", 2) == [(0, 2, ACTIVE, 1), (2, 5, ACTIVE, 2), (5, None, ACTIVE, 1)]


def test_merge_absorbs_and_separate_restores_the_body_kept_underneath() -> None:
    oracle = oracle_of(
        registered(1, "a"),
        registered(2, "b", name="Am"),
        told(3, "PlacesFoundSame", "a", 3, kept="a", absorbed=["b"]),
        told(4, "PlacesFoundApart", "a", 6, kept="a", absorbed=["b"]),
    )
    assert days(oracle, "b", 4) == [(0, 3, ACTIVE, 2), (3, 6, ABSORBED, 3), (6, None, ACTIVE, 4)]
    assert state(oracle, "b", 4).successors == ("a",)
    assert state(oracle, "b", 6).body["name"] == "Am"  # type: ignore[index]


def test_reorganise_ends_what_does_not_continue_under_its_key() -> None:
    edges = [{"from": "a", "to": "a"}, {"from": "b", "to": "a"}, {"from": "b", "to": "c"}, {"from": "d", "to": None}]
    oracle = oracle_of(
        registered(1, "a"),
        registered(2, "b"),
        registered(3, "d"),
        told(4, "PlacesReorganised", "act", 2, act="act", edges=edges),
    )
    assert days(oracle, "a", 4) == [(0, None, ACTIVE, 1)]
    assert (state(oracle, "b", 2).state, state(oracle, "b", 2).successors) == (CEASED, ("a", "c"))
    assert (state(oracle, "d", 2).state, state(oracle, "d", 2).successors) == (CEASED, ())
    descent = {(one.from_key, one.to_key) for one in oracle.lineage(as_of=4)}
    assert descent == {("a", "a"), ("b", "a"), ("b", "c"), ("d", None)}


def test_a_source_without_authority_only_claims() -> None:
    oracle = oracle_of(registered(1, "a", source=TOURISM))
    assert oracle.versions("a", as_of=1) == []
    assert [one.claimant for one in oracle.claims(as_of=1)] == [TOURISM]
    assert oracle.current(EPOCH) == {}


def test_repeats_and_strays_are_told_apart() -> None:
    first = registered(1, "a")
    oracle = oracle_of(first)
    stray = replace(registered(2, "b"), correction="corrected", corrects="event-1")
    assert oracle.hear(first) == DUPLICATE
    assert oracle.hear(replace(first, happened_at=EPOCH + 1)) == "id-reused"
    assert oracle.hear(stray) == "corrects-other-key"
    assert oracle.hear(replace(stray, corrects="event-9")) == "corrects-unknown"
