"""A consumer that is killed again and again, or that has a rival, leaves what an undisturbed one leaves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.registries.database import open_database
from tests.faults.consumer import start_consumer
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CHUNK = 400
LONGEST_RUN_S = 0.3
ATTEMPTS = 5
HEAVIEST_LOAD = 8 * CHUNK


def test_a_consumer_killed_at_random_moments_loses_and_doubles_nothing(stage: Stage, kills: int) -> None:
    chooser = random.Random(stage.registry)
    load = CHUNK
    in_the_middle = 0
    for _ in range(ATTEMPTS * kills):
        stage.tell(load)
        before = stage.order_offset()
        consumer = start_consumer(stage.registry, stage.log_url, stage.database_url)
        stage.wait_for_progress(before)
        consumer.runs_for(chooser.uniform(0, LONGEST_RUN_S))
        consumer.kill()
        if stage.is_at_end():
            load = min(2 * load, HEAVIEST_LOAD)  # it was idle: that kill proved nothing
        else:
            in_the_middle += 1
            load = CHUNK // 4
        if in_the_middle == kills:
            break
    stage.catch_up()
    assert in_the_middle == kills, "the consumer was idle at too many kills: make the load heavier"
    assert stage.log_hash() == stage.log_hash(stage.undisturbed())


def test_kills_change_nothing_of_what_is_believed(stage: Stage, tmp_path: Path) -> None:
    """Against another log to which the same was told, and which saw no fault at all."""
    stage.tell(CHUNK)
    for _ in range(3):
        consumer = start_consumer(stage.registry, stage.log_url, stage.database_url)
        stage.wait_for_progress(stage.order_offset())
        consumer.kill()
    stage.catch_up()
    calm_log, calm_database = f"sqlite:///{tmp_path / 'calm-log.sqlite'}", f"sqlite:///{tmp_path / 'calm.sqlite'}"
    calm = Stage(calm_log, calm_database, tmp_path / "calm", stage.registry)
    calm.tell(CHUNK)
    calm.catch_up()
    assert stage.content_hash() == calm.content_hash()
    calm.close()


def test_two_consumers_of_one_registry_change_nothing(stage: Stage) -> None:
    stage.tell(CHUNK)
    rivals = [start_consumer(stage.registry, stage.log_url, stage.database_url) for _ in range(2)]
    for _ in range(10):
        stage.tell(CHUNK // 8)
    stage.wait_for_end()
    for rival in rivals:
        rival.stop()
    assert stage.log_hash() == stage.log_hash(stage.undisturbed())


def test_sqlite_and_postgresql_say_the_same_of_one_log(stage: Stage) -> None:
    stage.tell(CHUNK)
    stage.catch_up()
    assert stage.log_hash() == stage.log_hash(stage.undisturbed())


def test_every_table_dropped_and_rebuilt_from_the_log_has_the_same_hash(stage: Stage) -> None:
    stage.tell(CHUNK)
    stage.catch_up()
    before = stage.log_hash()
    stage.drop_every_table()
    stage.engine = open_database(stage.database_url)
    stage.catch_up()
    assert stage.log_hash() == before
