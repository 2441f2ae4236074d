"""Every example of docs/reference/api.md answers, and every address of the index stands in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hub.api.addresses import ADDRESSES
from hub.api.parameters import RECORDS_PARAMETERS
from tests.api.town import Town

PAGE = (Path(__file__).parents[2] / "docs/reference/api.md").read_text(encoding="utf-8")
EXAMPLES = [shlex.split(line)[-1] for line in re.findall(r"^\$ (curl .+)$", PAGE, re.MULTILINE)]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_answers(sites: Town, example: str) -> None:
    answer = sites.client.get(example.removeprefix("http://127.0.0.1:8080"))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.get_json()


def test_every_address_and_parameter_is_described() -> None:
    for address in ADDRESSES:
        assert address.rsplit("/", 1)[-1].strip("{}") in PAGE
    for parameter in RECORDS_PARAMETERS:
        assert f"{parameter}=" in PAGE or f"`{parameter}`" in PAGE


def test_the_index_lists_addresses(sites: Town) -> None:
    listed = sites.client.get("/api/v1").get_json()["addresses"]
    assert len(listed) == len(ADDRESSES)
    assert "limit" in listed[3]["parameters"]
