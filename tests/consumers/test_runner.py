"""The runner on a real log and a real database: entries, versions, duplicates, fences, limits."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import update

from consumers.errors import Fenced, RegistryUndefined, TooManyDeadLetters
from consumers.order import Order, OrderRecord, Range
from consumers.runner import ProjectionRunner
from hub.control.reader import CONTROL
from hub.log.interface import NewRecord, Partition
from hub.registries.tables import checkpoints, sources
from schemas.times import OPEN
from tests.consumers.conftest import Town
from tests.workload import CULTURE, DAY, EPOCH, TOURISM, changed, registered


def test_entries_are_numbered_without_gaps(town: Town) -> None:
    town.tell(*[registered(number, f"k{number}") for number in range(1, 6)])
    assert [row.number for row in town.rows(town.tables.entries)] == [1, 2, 3, 4, 5]


def test_an_event_in_order_closes_one_version_and_opens_two(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=EPOCH))
    town.tell(changed(2, "a", valid_from=EPOCH + DAY, name="Mới"))
    assert town.versions("a") == [
        (1, 2, EPOCH, OPEN, 1),
        (2, OPEN, EPOCH, EPOCH + DAY, 1),
        (2, OPEN, EPOCH + DAY, OPEN, 2),
    ]


def test_a_late_event_leaves_the_versions_it_does_not_reach(town: Town) -> None:
    for number, day in enumerate((0, 10, 20), 1):
        town.tell(registered(number, "a", valid_from=EPOCH + day * DAY))
    before = set(town.versions("a"))
    town.tell(registered(4, "a", valid_from=EPOCH + 15 * DAY))
    ten, fifteen, twenty = (EPOCH + day * DAY for day in (10, 15, 20))
    assert set(town.versions("a")) - before == {
        (3, 4, ten, twenty, 2),
        (4, OPEN, ten, fifteen, 2),
        (4, OPEN, fifteen, twenty, 4),
    }


def test_batches_of_any_size_give_the_same_tables(town: Town) -> None:
    events = [registered(number, f"k{number % 3}", valid_from=EPOCH + number * 7 % 11 * DAY) for number in range(1, 30)]
    town.city.tell(events)
    town.runner(batch_records=1).catch_up()
    hashed = town.hash()
    town.engine.dispose()
    for name in ("entries", "versions", "effects", "lineage"):
        getattr(town.tables, name).drop(town.engine)
    for table in checkpoints.metadata.sorted_tables:
        with town.engine.begin() as connection:
            connection.execute(table.delete())
    town.runner(batch_records=500).catch_up()
    assert town.hash() == hashed


def test_the_same_event_again_takes_no_number(town: Town) -> None:
    event = replace(registered(1, "a"), sequence=1)
    town.tell(event)
    town.tell(event, registered(2, "b"))
    assert [row.event_id for row in town.rows(town.tables.entries)] == ["event-1", "event-2"]
    assert town.reasons() == []


def test_the_same_event_twice_in_one_batch_takes_one_number(town: Town) -> None:
    event = replace(registered(1, "a"), sequence=1)
    town.tell(event, event)
    assert len(town.rows(town.tables.entries)) == 1


def test_one_id_with_other_content_is_an_alarm(town: Town) -> None:
    town.tell(registered(1, "a", name="Một"))
    town.tell(registered(1, "a", name="Hai"))
    assert town.reasons() == ["id-reused"]


def test_what_a_source_without_authority_says_is_a_claim_and_never_current(town: Town) -> None:
    town.tell(registered(1, "a"), registered(2, "a", source=TOURISM))
    claimed = [row for row in town.rows(town.tables.versions) if row.claimant == TOURISM]
    assert [(row.valid_to, row.current) for row in claimed] == [(OPEN, 0)]
    assert town.current() == ["a"]


def test_a_correction_of_an_unknown_event_is_set_aside(town: Town) -> None:
    town.tell(replace(registered(1, "a"), correction="corrected", corrects="nobody"))
    assert town.reasons() == ["corrects-unknown"]


def test_a_correction_for_another_key_is_set_aside(town: Town) -> None:
    town.tell(registered(1, "a"), replace(registered(2, "b"), correction="corrected", corrects="event-1"))
    assert town.reasons() == ["corrects-other-key"]


def test_a_hole_in_the_sequence_of_a_source_is_told_and_filled(town: Town) -> None:
    town.tell(replace(registered(1, "a"), sequence=1), replace(registered(4, "b"), sequence=4))
    (known,) = town.rows(sources)
    assert (known.source, known.last_sequence, known.holes) == (CULTURE, 4, "[[2, 3]]")
    town.tell(replace(registered(2, "c"), sequence=2))
    assert town.rows(sources)[0].holes == "[[3, 3]]"


def test_an_in_order_event_touches_as_many_rows_however_long_the_history(town: Town) -> None:
    touched = []
    for number in range(1, 60):
        before = set(town.versions("a")) if number > 1 else set()
        town.tell(registered(number, "a", valid_from=EPOCH + number * DAY))
        touched.append(len(set(town.versions("a")) ^ before))
    assert set(touched[1:]) == {4}  # one row closed (its old and its new form), two rows opened


def test_a_rival_proposal_is_ignored_where_it_does_not_fit(town: Town) -> None:
    town.city.tell([registered(1, "a"), registered(2, "a"), registered(3, "a")])
    partition = next(number for number in (0, 1) if _end(town, number) == 3)
    order, topic = Order(town.log, town.registry), f"culture.{town.registry}.v1"
    offset = town.log.ends([CONTROL])[CONTROL]
    for start, end in ((0, 2), (0, 3), (1, 3), (2, 3), (2, 3)):
        order.append(OrderRecord(offset, (Range(topic, partition, start, end),)))
    town.runner().catch_up()
    assert [row.event_id for row in town.rows(town.tables.entries)] == ["event-1", "event-2", "event-3"]


def _end(town: Town, number: int) -> int:
    partition = Partition(f"culture.{town.registry}.v1", number)
    return town.log.ends([partition])[partition]


def test_who_loses_the_compare_and_set_is_fenced(town: Town) -> None:
    slow = town.runner()
    town.city.tell([registered(1, "a")])
    slow.catch_up()
    with town.engine.begin() as connection:
        connection.execute(update(checkpoints).values(order_offset=checkpoints.c.order_offset + 1))
    town.city.tell([registered(2, "b")])
    with pytest.raises(Fenced):
        slow.step()


def test_two_runners_in_turn_apply_everything_once(town: Town) -> None:
    first, second = town.runner(), town.runner()
    for number in range(1, 21):
        town.city.tell([registered(number, f"k{number % 4}")])
        for runner in (first, second) if number % 2 else (second, first):
            try:
                runner.step()
            except Fenced:
                runner.step()
    town.runner().catch_up()
    assert [row.event_id for row in town.rows(town.tables.entries)] == [f"event-{number}" for number in range(1, 21)]


def test_past_the_limit_of_dead_letters_the_projection_stops_with_its_reason(town: Town) -> None:
    text = town.city.state.definition_texts[town.registry].replace("version: 1", "version: 2")
    town.city.store.define_registry(text + "dead_letter_limit: 2\n")
    topic = f"culture.{town.registry}.v1"
    town.log.append([NewRecord(topic, b"k", b"rubbish") for _ in range(3)])
    with pytest.raises(TooManyDeadLetters):
        town.runner().catch_up()
    assert "3 open dead letters" in town.checkpoint().stopped_reason
    for offset in range(3):
        for partition in (0, 1):
            town.city.store.decide_dead_letter(town.registry, topic, partition, offset, decision="discarded", note="")
    town.tell(registered(1, "a"))
    assert town.checkpoint().stopped_reason is None
    assert town.current() == ["a"]


def test_a_registry_nobody_defined_is_reported(town: Town) -> None:
    with pytest.raises(RegistryUndefined):
        ProjectionRunner("nothing", town.log, town.engine).step()


def test_run_ends_when_it_is_told_to(town: Town) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=town.runner().run, args=(stop,), daemon=True)
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
