"""Every command and program in README and docs runs; what a page shows of the output is what comes.

Pages whose snippets another test runs, and the few lines that cannot run here, are named with their reason.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest

from tests.docs.pages import ROOT, Step, list_pages, snippets_of, steps_of
from tests.end_to_end.letters import append, opened_log, wrong_records
from tests.end_to_end.running import WELLS, RunningHub, wait_for

ADDRESS = "http://127.0.0.1:8080"
ELSEWHERE = {
    "docs/reference/api.md": "tests/api/test_documentation.py",
    "docs/reference/governance-api.md": "tests/governance/test_http_documentation.py",
    "docs/how-to/publish.md": "tests/producers/test_how_to.py",
}
NOT_HERE = {
    "make run": "test_the_make_targets_of_the_pages_exist, and the hub the other lines speak to",
    "make test": "this very run",
    "export PATH=$PWD/.venv/bin:$PATH": "the commands run in this process",
}
PAGES = [page for page in list_pages() if page not in ELSEWHERE and steps_of(page)]
WATER = ("--organisation", "W1", "--name-vi", "Phòng", "--name-en", "Water Office", "--contact", "w@example.org")


class Terminal:
    """What a reader of a page has before them: a folder, variables, a running hub."""

    def __init__(self, hub: RunningHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.variables: dict[str, str] = {}

    def run(self, command: str) -> str:
        """What the command prints."""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.variables[name] = Template(value).safe_substitute(self.variables)
            return ""
        told = self._huehub(command) if command.startswith("huehub ") else self._shell(command)
        token = re.search(r"\(shown once\): (\S+)", told)
        if token:
            self.variables["TOKEN"] = token[1]
        return told

    def _huehub(self, command: str) -> str:
        settings = {name: value for name, value in self.variables.items() if name.startswith("HUB_")}
        return self.hub.run(*shlex.split(command)[1:], settings=settings)

    def _shell(self, command: str) -> str:
        command = re.sub(r"^curl ", "curl -sS ", command).replace(ADDRESS, self.hub.url)
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


def shows(told: str, line: str) -> bool:
    """Whether the output holds what the line shows, with anything for each `…`."""
    parts = [re.escape(part.strip()) for part in line.split("…")]
    return re.search(".*?".join(parts), told, re.DOTALL) is not None


def answers(told: str, wanted: list[str]) -> bool:
    """Whether the hub answered with what is wanted, and not with a problem."""
    return "urn:problem" not in told and all(shows(told, line) for line in wanted)


def prepare_wells(hub: RunningHub) -> None:
    hub.run("department", "add", "water", *WATER)
    hub.run("registry", "apply", str(WELLS), "--approve", "a test")
    wait_for(lambda: hub.status_of("/api/v1/registries/wells/records") == 200, what="wells")


def prepare_letters(hub: RunningHub) -> None:
    prepare_wells(hub)
    with opened_log(hub) as log:
        wrong = wrong_records(log)["bad-magic"]
    for _ in range(2):
        append(hub, wrong)
    wait_for(lambda: hub.get("/api/v1/registries/wells").get("dead_letters") == 2, what="letters")


PREPARED = {
    "docs/how-to/data-contracts.md": prepare_wells,
    "docs/how-to/handle-dead-letters.md": prepare_letters,
    "docs/how-to/govern-schemas.md": prepare_wells,
    "docs/how-to/rebuild-a-registry.md": prepare_wells,
    "docs/how-to/move-a-schema-registry.md": prepare_wells,
}
WITH_THE_CITY = ("README.md",)


@pytest.fixture
def terminal(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A hub as the page supposes it: the packaged city for README, else one that knows no registry yet."""
    page: str = request.node.callspec.params["page"]
    settings: dict[str, str] = {}
    if page not in WITH_THE_CITY:
        for folder in ("schemas", "departments"):
            (tmp_path / folder).mkdir()
            settings[f"HUB_{folder.upper()}_DIR"] = str(tmp_path / folder)
    hub = RunningHub(tmp_path / "hub", settings)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    try:
        hub.start("--no-publish")
        wait_for(hub.is_answering, what="the hub")
        PREPARED.get(page, lambda _: None)(hub)
        yield Terminal(hub, tmp_path)
    finally:
        hub.end()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs_and_shows_what_the_page_shows(page: str, terminal: Terminal) -> None:
    for step in steps_of(page):
        command = step.command.split("  # ")[0].rstrip()
        if command not in NOT_HERE:
            check(terminal, step, command)


def check(terminal: Terminal, step: Step, command: str) -> None:
    """Run a step; a read may have to wait until what was published before is applied."""
    if command.startswith("curl"):
        wanted = step.shown or ["{…}"]
        wait_for(
            lambda: answers(terminal.run(command), wanted),
            what=f"{step.page}: {command}",
        )
        return
    told = terminal.run(command)
    for line in step.shown:
        assert shows(told, line), f"{step.page}: {command}\nshown: {line}\ntold: {told}"


def test_no_page_has_python_that_nothing_runs() -> None:
    assert [page for page in list_pages() if snippets_of(page, "python") and page not in ELSEWHERE] == []


def test_the_tests_named_for_the_other_pages_are_there() -> None:
    assert [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()] == []


def test_the_make_targets_of_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in list_pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"(?:`|^\$ |^)make ([a-z-]+)", text, re.MULTILINE):
            assert f"\n{target}:" in makefile, f"{page}: make {target}"
