"""The life of dead letters, from a wrong record in the log to its retry or its end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.conftest import TOWN, started
from tests.end_to_end.letters import append, good_record, opened_log, text_of, with_header, wrong_records
from tests.end_to_end.running import WELLS, RunningHub, wait_for


def letters(hub: RunningHub) -> int:
    return int(hub.get("/api/v1/registries/wells")["dead_letters"])


def folder_with(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the wells' definition with changed lines."""
    folder = tmp_path / "wells"
    shutil.copytree(WELLS, folder)
    file = folder / "registries" / "wells.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return folder


def test_each_wrong_record_is_listed_with_its_reason_and_can_be_shown(small_town: RunningHub) -> None:
    with opened_log(small_town) as log:
        wrong = wrong_records(log)
        positions = {reason: log.append([record])[0] for reason, record in wrong.items()}
    wait_for(lambda: letters(small_town) == len(wrong), what="dead letters")
    listed = small_town.run("dead-letters", "list").splitlines()
    for reason, position in positions.items():
        (line,) = [line for line in listed if line.startswith(text_of(position) + " ")]
        assert line.split()[1] == reason
    shown = small_town.run("dead-letters", "show", text_of(positions["bad-magic"]))
    assert b"garbage".hex(" ") in shown
    assert "ce_source: urn:hoian:W1:by-hand" in shown
    assert small_town.count("wells") == 0


def test_a_mended_cause_and_a_retry_make_a_record(small_town: RunningHub, tmp_path: Path) -> None:
    with opened_log(small_town) as log:
        event = with_header(good_record(log, "reported"), "ce_type", "WellReported")
    position = append(small_town, event)
    wait_for(lambda: letters(small_town) == 1, what="a dead letter")
    path = "/api/v1/events/urn%3Ahoian%3AW1%3Aby-hand/reported"
    assert small_town.get(path)["reason"] == "unknown-event-type"
    rule = "  WellReported: {operation: put, key: wellKey, schema: org.example.wells.WellDrilled}\n"
    folder = folder_with(tmp_path, ("version: 1\n", "version: 2\n"), ("  WellClosed:", rule + "  WellClosed:"))
    small_town.run("registry", "apply", str(folder), "--approve", "a test")
    small_town.run("dead-letters", "retry", text_of(position), "--note", "the event is known now")
    wait_for(lambda: small_town.get(path)["state"] == "applied", what="applied")
    wait_for(lambda: letters(small_town) == 0, what="no open letter")
    assert small_town.count("wells") == 1
    assert "No" not in small_town.run("dead-letters", "list", "--status", "retried").splitlines()[-1]
    told = small_town.run("dead-letters", "retry", text_of(position), expect=1)
    assert "retried already" in told


def test_a_letter_is_let_go_with_a_note(small_town: RunningHub) -> None:
    with opened_log(small_town) as log:
        position = log.append([wrong_records(log)["bad-magic"]])[0]
    wait_for(lambda: letters(small_town) == 1, what="a dead letter")
    small_town.run("dead-letters", "discard", text_of(position), "--note", "a test of the sender's")
    wait_for(lambda: letters(small_town) == 0, what="no open letter")
    shown = small_town.run("dead-letters", "show", text_of(position))
    assert "discarded (a test of the sender's)" in shown


def test_past_the_limit_the_projection_stops_says_so_and_goes_on(tmp_path: Path) -> None:
    schemas = folder_with(tmp_path, ("cadence:", "dead_letter_limit: 2\ncadence:"))
    hub = RunningHub(tmp_path / "hub", TOWN | {"HUB_SCHEMAS_DIR": str(schemas)})
    with started(hub, "--no-publish"):
        with opened_log(hub) as log:
            wrong = wrong_records(log)["bad-magic"]
            positions = [log.append([wrong])[0] for _ in range(3)]
        wait_for(lambda: hub.status_of("/readyz") == 503, what="not ready")
        (trouble,) = hub.get("/readyz", status=503)["projections"]
        assert (trouble["registry"], trouble["reason"]) == ("wells", "stopped")
        assert "3 open dead letters" in trouble["because"]
        assert "limit of 2" in hub.run("status")
        hub.run("publish", "wells")
        assert hub.count("wells") == 0
        for position in positions:
            hub.run("dead-letters", "discard", text_of(position), "--note", "garbage")
        assert hub.stop() == 0
        hub.start("--no-publish")
        hub.wait_until_ready()
        wait_for(lambda: hub.count("wells") == 4, what="wells")


@pytest.mark.slow
def test_an_event_whose_schema_comes_too_late_is_retried(small_town: RunningHub, tmp_path: Path) -> None:
    """A schema may come up to a minute after its first event; after that the event is set aside."""
    with opened_log(small_town) as log:
        event = good_record(log, "early")
    unknown = (99).to_bytes(4, "big")
    value = event.value or b""
    record = type(event)(event.topic, event.key, value[:1] + unknown + value[5:], event.headers)
    position = append(small_town, record)
    wait_for(lambda: letters(small_town) == 1, timeout_s=120, what="a dead letter")
    assert "unknown-schema" in small_town.run("dead-letters", "show", text_of(position))
