"""The fold, rule by rule, with times and bodies small enough to be checked by hand."""

from __future__ import annotations

from typing import Any

from consumers.fold import (
    ABSORB,
    CEASE,
    CHANGED,
    CORRECTED,
    PATCH,
    PUT,
    RETRACTED,
    SEPARATE,
    Change,
    Effect,
    Fact,
    fold,
    live_effects,
)
from hub.registries.tables import ABSORBED, ACTIVE, CEASED
from schemas.times import OPEN


def put(body: str) -> Change:
    return Change(PUT, body)


def patch(suffix: str) -> Change:
    return Change(PATCH, patch=lambda body: body + suffix)


def effect(number: int, valid_from: int, change: Change, valid_to: int = OPEN) -> Effect:
    return Effect(valid_from, number, valid_to, change)


def told(effects: list[Effect]) -> list[tuple[Any, ...]]:
    """(from, to, state, body, successors, entry) of each interval."""
    return [
        (one.valid_from, one.valid_to, one.state.state, one.state.body, one.state.successors, one.state.entry)
        for one in fold(effects)
    ]


def test_a_put_holds_from_its_start_without_end() -> None:
    assert told([effect(1, 10, put("a"))]) == [(10, OPEN, ACTIVE, "a", (), 1)]


def test_a_second_put_ends_the_first() -> None:
    assert told([effect(1, 10, put("a")), effect(2, 20, put("b"))]) == [
        (10, 20, ACTIVE, "a", (), 1),
        (20, OPEN, ACTIVE, "b", (), 2),
    ]


def test_of_two_puts_at_one_moment_the_later_number_holds() -> None:
    assert told([effect(1, 10, put("a")), effect(2, 10, put("b"))]) == [(10, OPEN, ACTIVE, "b", (), 2)]


def test_a_patch_changes_the_body_before_it() -> None:
    assert told([effect(1, 10, put("a")), effect(2, 20, patch("+"))])[1] == (20, OPEN, ACTIVE, "a+", (), 2)


def test_a_patch_without_an_earlier_put_stores_nothing() -> None:
    assert told([effect(1, 10, patch("+"))]) == []


def test_a_patch_before_the_put_still_makes_a_boundary_nobody_sees() -> None:
    assert told([effect(1, 10, patch("+")), effect(2, 20, put("a"))]) == [(20, OPEN, ACTIVE, "a", (), 2)]


def test_a_retired_key_keeps_its_body_underneath() -> None:
    effects = [effect(1, 10, put("a")), effect(2, 20, Change(CEASE, successors=("x", "y")))]
    assert told(effects)[1] == (20, OPEN, CEASED, "a", ("x", "y"), 2)


def test_a_put_after_a_retirement_makes_the_record_active() -> None:
    effects = [effect(1, 10, put("a")), effect(2, 20, Change(CEASE)), effect(3, 30, put("b"))]
    assert told(effects)[2] == (30, OPEN, ACTIVE, "b", (), 3)


def test_separating_brings_back_the_body_that_was_absorbed() -> None:
    absorb, separate = Change(ABSORB, successors=("s",)), Change(SEPARATE, successors=("s",))
    effects = [effect(1, 10, put("a")), effect(2, 20, absorb), effect(3, 30, separate)]
    assert told(effects)[1:] == [(20, 30, ABSORBED, "a", ("s",), 2), (30, OPEN, ACTIVE, "a", (), 3)]


def test_separating_what_was_not_absorbed_changes_no_state() -> None:
    effects = [effect(1, 10, put("a")), effect(2, 20, Change(SEPARATE, successors=("s",)))]
    assert told(effects) == [(10, 20, ACTIVE, "a", (), 1), (20, OPEN, ACTIVE, "a", (), 1)]


def test_an_end_of_validity_shows_what_was_underneath() -> None:
    assert told([effect(1, 10, put("a")), effect(2, 20, put("b"), 30)]) == [
        (10, 20, ACTIVE, "a", (), 1),
        (20, 30, ACTIVE, "b", (), 2),
        (30, OPEN, ACTIVE, "a", (), 1),
    ]


def test_nothing_is_stored_after_the_only_effect_ends() -> None:
    assert told([effect(1, 10, put("a"), 20)]) == [(10, 20, ACTIVE, "a", (), 1)]


def test_a_patch_outlives_the_put_that_ended_before_it() -> None:
    effects = [effect(1, 0, put("a")), effect(2, 10, put("b"), 30), effect(3, 20, patch("+"))]
    assert told(effects) == [
        (0, 10, ACTIVE, "a", (), 1),
        (10, 20, ACTIVE, "b", (), 2),
        (20, 30, ACTIVE, "b+", (), 3),
        (30, OPEN, ACTIVE, "a+", (), 3),
    ]


# which entries count


def fact(number: int, valid_from: int, body: str, correction: int = CHANGED, target: int | None = None) -> Fact:
    changes = {} if correction == RETRACTED else {"k": put(body)}
    return Fact(number, valid_from, OPEN, correction, target, changes)


def live(*facts: Fact) -> list[tuple[int, int, str]]:
    """(number of the original, valid from, body) of each live effect."""
    effects = live_effects({one.number: one for one in facts}, "k")
    return [(one.number, one.valid_from, one.change.body) for one in effects]


def test_a_correction_takes_the_place_of_its_original() -> None:
    assert live(fact(1, 10, "a"), fact(2, 10, "b"), fact(3, 10, "A", CORRECTED, 1)) == [(1, 10, "A"), (2, 10, "b")]


def test_a_correction_may_move_the_start() -> None:
    assert live(fact(1, 10, "a"), fact(2, 20, "b"), fact(3, 30, "A", CORRECTED, 1)) == [(2, 20, "b"), (1, 30, "A")]


def test_a_correction_of_a_correction_belongs_to_the_same_original() -> None:
    assert live(fact(1, 10, "a"), fact(2, 10, "b", CORRECTED, 1), fact(3, 10, "c", CORRECTED, 2)) == [(1, 10, "c")]


def test_the_last_live_correction_holds() -> None:
    facts = (fact(1, 10, "a"), fact(2, 10, "b", CORRECTED, 1), fact(3, 10, "c", CORRECTED, 1))
    assert live(*facts, fact(4, 10, "", RETRACTED, 3)) == [(1, 10, "b")]


def test_a_retracted_original_has_no_effect_whatever_corrected_it() -> None:
    assert live(fact(1, 10, "a"), fact(2, 10, "b", CORRECTED, 1), fact(3, 10, "", RETRACTED, 1)) == []


def test_a_retracted_retraction_retracts_nothing() -> None:
    assert live(fact(1, 10, "a"), fact(2, 10, "", RETRACTED, 1), fact(3, 10, "", RETRACTED, 2)) == [(1, 10, "a")]


def test_a_retraction_of_a_retraction_can_be_retracted_too() -> None:
    facts = (fact(1, 10, "a"), fact(2, 10, "", RETRACTED, 1), fact(3, 10, "", RETRACTED, 2))
    assert live(*facts, fact(4, 10, "", RETRACTED, 3)) == []


def test_a_correction_of_a_retracted_original_shows_again_when_the_retraction_is_retracted() -> None:
    facts = (fact(1, 10, "a"), fact(2, 10, "", RETRACTED, 1), fact(3, 10, "A", CORRECTED, 1))
    assert live(*facts) == []
    assert live(*facts, fact(4, 10, "", RETRACTED, 2)) == [(1, 10, "A")]
