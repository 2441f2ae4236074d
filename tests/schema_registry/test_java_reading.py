"""Schemas at the edge of what Avro's Java library takes, one a line in `java_cases.txt`, against the library itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.canonical import canonical_form
from schemas.errors import AvroInvalid
from schemas.java_defaults import check_java_defaults
from schemas.java_reading import read_json
from schemas.model import parse_type
from schemas.stored_text import stored_text
from tests.schema_registry.oracle import AvroOracle, build_oracle

pytestmark = pytest.mark.slow
CASES = (Path(__file__).parent / "java_cases.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def oracle() -> Iterator[AvroOracle]:
    running = AvroOracle(build_oracle())
    yield running
    running.close()


def ours(text: str) -> tuple[str, str] | None:
    """Canonical form and stored text, or None where the schema is refused."""
    try:
        document = read_json(text)
        check_java_defaults(parse_type(document))
    except (AvroInvalid, ValueError):
        return None
    return canonical_form(text), stored_text(document)


@pytest.mark.parametrize("text", CASES)
def test_the_same_is_taken_refused_and_written(oracle: AvroOracle, text: str) -> None:
    judged = oracle.judge(text)
    assert ours(text) == (None if judged.form is None else (judged.form, judged.text))
