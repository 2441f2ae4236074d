from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.feed import BatchQuarantined, Fact, Origin
from producers.snapshot import Change, apply, check_retirements, diff, refuse_doubles

_fields = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), max_size=4)
_records = st.dictionaries(st.sampled_from("uvwxyz"), _fields, max_size=6)


@given(old=_records, new=_records)
def test_the_changes_between_two_lists_turn_the_one_into_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert apply(diff(old, new), old) == new


@given(old=_records, new=_records)
def test_no_change_says_what_was_known(old: dict[str, Any], new: dict[str, Any]) -> None:
    for change in diff(old, new):
        for name in change.changed:
            assert old[change.key].get(name) != new[change.key].get(name)


@given(records=_records)
def test_an_unchanged_list_is_no_event(records: dict[str, Any]) -> None:
    assert list(diff(records, records)) == []


def test_the_events_between_two_lists_are_exactly_these() -> None:
    old: dict[str, Any] = {"1": {"name": "A", "price": 5}, "2": {"name": "B"}, "3": {"name": "C"}}
    new: dict[str, Any] = {"4": {"name": "D", "price": None}, "1": {"name": "A2"}, "3": {"name": "C", "price": None}}
    assert list(diff(old, new)) == [
        Change("created", "4", {"name": "D"}),
        Change("changed", "1", {"name": "A2", "price": None}),
        Change("retired", "2", {}),
    ]


def test_a_list_that_lost_too_much_is_quarantined_with_the_way_out() -> None:
    old: dict[str, Any] = {str(n): {} for n in range(10)}
    new: dict[str, Any] = {str(n): {} for n in range(7)}
    with pytest.raises(BatchQuarantined, match=r"3 of 10 records.*more than 20%.*retire_limit"):
        check_retirements(old, new)
    check_retirements(old, new, limit=0.3)


def test_one_missing_record_is_never_too_many() -> None:
    check_retirements({"1": {}}, {})


def fact(key: str, row: int, **fields: Any) -> Fact:
    return Fact("PlaceListed", key, fields, Origin("a.csv", row))


def test_two_rows_of_one_key_with_other_content_are_both_refused_naming_each_other() -> None:
    taken, refusals = refuse_doubles([fact("1", 2, name="A"), fact("2", 3), fact("1", 4, name="B")])
    assert list(taken) == ["2"]
    assert [(refusal.origin.row, refusal.code) for refusal in refusals] == [(2, "duplicate-key"), (4, "duplicate-key")]
    assert "a.csv, row 4" in refusals[0].message
    assert "a.csv, row 2" in refusals[1].message


def test_two_rows_that_say_the_same_are_one_fact() -> None:
    taken, refusals = refuse_doubles([fact("1", 2, name="A"), fact("1", 4, name="A")])
    assert (list(taken), refusals) == (["1"], [])
