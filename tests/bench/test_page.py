"""The page of benchmarks is written in parts."""

from __future__ import annotations

from pathlib import Path

from bench.page import SCHEMA_REGISTRY, find_part, put_part, write_part

PAGE = "# Benchmarks\n\nHead.\n\n## Kafka\n\n1\n\n## Schema registry\n\nold\n\n### Size\n\n2\n\n## Last\n\n3\n"


def test_a_part_reaches_to_the_next_heading_of_its_order() -> None:
    assert find_part(PAGE, SCHEMA_REGISTRY) == "## Schema registry\n\nold\n\n### Size\n\n2\n"
    assert find_part(PAGE, "## Last") == "## Last\n\n3\n"
    assert find_part(PAGE, "## Schema") == ""


def test_a_part_takes_the_place_of_the_one_before() -> None:
    assert put_part(PAGE, "## Schema registry\n\nnew\n") == PAGE.replace("old\n\n### Size\n\n2", "new")


def test_a_part_that_was_not_there_comes_last(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Benchmarks\n\n## Kafka\n\n1\n")
    write_part(page, "## Schema registry\n\nnew\n")
    assert page.read_text() == "# Benchmarks\n\n## Kafka\n\n1\n\n## Schema registry\n\nnew\n"


def test_no_part_changes_nothing() -> None:
    assert put_part(PAGE, "") == PAGE
