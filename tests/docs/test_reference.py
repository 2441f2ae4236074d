"""Pages that are made from the program equal what it makes now."""

from __future__ import annotations

import re

import pytest

from hub.reference import commands_page, lint_page
from schemas import consumption, silent_changes
from schemas.difference_words import WORDS
from tests.docs.pages import ROOT, links_of, list_pages

_CONTRACT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Dead letters")[2]
REASONS = re.findall(r"`([a-z-]+)`", _CONTRACT.partition("They stand in the database")[0])


def test_the_contract_names_the_reasons() -> None:
    assert len(REASONS) >= 18


def test_the_page_of_commands_is_what_the_program_says() -> None:
    """`python -m hub.reference commands > docs/reference/commands.md` makes it."""
    assert (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8") == commands_page()


def test_the_page_of_lint_rules_is_what_the_program_says() -> None:
    """`python -m hub.reference lint > docs/reference/lint.md` makes it."""
    assert (ROOT / "docs/reference/lint.md").read_text(encoding="utf-8") == lint_page()


SILENT = [getattr(silent_changes, name) for name in vars(silent_changes) if name.isupper()]
BREAKS = [consumption.UNREADABLE, consumption.FIELD_GONE, consumption.CLASS_RAISED]


@pytest.mark.parametrize("word", [*SILENT, *BREAKS, *WORDS])
def test_every_kind_of_change_is_explained(word: str) -> None:
    assert f"`{word}`" in (ROOT / "docs/reference/schema-changes.md").read_text(encoding="utf-8")


def test_every_option_and_command_has_a_help_text() -> None:
    page = commands_page()
    for line in page.splitlines():
        words = line.split()
        assert not (words and words[0].startswith("--") and len(words) == 2 and words[1].isupper()), line


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_a_dead_letter_is_explained(reason: str) -> None:
    assert f"| `{reason}` |" in (ROOT / "docs/reference/dead-letters.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", list_pages(), ids=str)
def test_links_lead_somewhere(page: str) -> None:
    for target in links_of(page):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
