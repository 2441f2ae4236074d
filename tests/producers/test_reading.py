"""What every row passes before a mapping sees it: counting, and the rule nfc."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from producers.feed import FeedContext, Flag, Origin, Row
from producers.reading import Reading, compose, compose_row, read_rows

APART, COMPOSED = "Hue\u0302\u0301", "Hu\u1ebf"


def row(number: int, file: str = "a.csv", **values: Any) -> Row:
    return Row(values, Origin(file, number))


def test_a_decomposed_text_is_composed_and_flagged_with_file_row_and_field() -> None:
    flags: list[Flag] = []
    reading = Reading(on_flag=flags.append)
    (taken,) = reading.take([row(7, name=APART, code="1")])
    assert taken.values == {"name": COMPOSED, "code": "1"}
    assert [(str(one.origin), one.field, one.rule) for one in flags] == [("a.csv, row 7", "name", "nfc")]
    assert "composed" in flags[0].message


def test_a_row_that_is_composed_already_passes_as_it_is() -> None:
    one = row(1, name=COMPOSED, since=5)
    assert compose_row(one) is one


@pytest.mark.parametrize(
    ("value", "composed"),
    [({"after": {"name": APART}}, {"after": {"name": COMPOSED}}), ([APART, 1, None], [COMPOSED, 1, None]), (5, 5)],
)
def test_texts_inside_lists_and_objects_are_composed(value: Any, composed: Any) -> None:
    assert compose(value) == composed


def test_rows_are_counted_once_however_often_they_are_read() -> None:
    flags: list[Flag] = []
    reading = Reading(on_flag=flags.append)
    for _ in range(2):
        list(reading.take([row(1), row(3, name=APART), row(2, "b.csv")]))
    assert (reading.count, len(flags)) == (3, 1)


def test_a_feed_in_python_reads_its_files_through_the_same_rule(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"name,x\n{APART},1\n", encoding="utf-8")
    reading = Reading()
    (found,) = read_rows(FeedContext(tmp_path, take=reading.take), "a.csv")
    assert (found.values["name"], reading.count) == (COMPOSED, 1)
