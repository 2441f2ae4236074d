"""What is told about the schema registry: medians, and how many times faster."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.schema_registry.report import COLD_START, OURS, PEER, Figures, write_report

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def figures(*servers: str) -> Figures:
    told = Figures(2000)
    runs = {OURS: ((900.0, 1000.0, 5000.0), 2.0), PEER: ((100.0, 90.0, 400.0), 8.0)}
    for server in servers:
        for run in runs[server][0]:
            told.add(server, "by_id", run)
        told.add(server, COLD_START, runs[server][1])
    return told


def test_the_median_of_the_runs_is_told_and_the_ratio_of_the_medians() -> None:
    told = figures(OURS, PEER)
    assert told.medians() == {OURS: {"by_id": 1000.0, COLD_START: 2.0}, PEER: {"by_id": 100.0, COLD_START: 8.0}}
    assert told.ratios() == {"by_id": 10.0, COLD_START: 4.0}
    page = write_report([told], now=NOW, machine="a machine", repeats=3)
    assert "| 2,000 subjects | the hub | Karapace | times faster |" in page
    assert "| schema by id | 1,000 | 100 | 10.0 |" in page
    assert "| **cold start, seconds** | 2.00 | 8.00 | 4.0 |" in page


def test_a_peer_that_is_not_there_is_told() -> None:
    page = write_report([figures(OURS)], now=NOW, machine="a machine", repeats=3)
    assert "| schema by id | 1,000 |" in page
    assert "Karapace was not there" in page
