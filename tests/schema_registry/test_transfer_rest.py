"""From one hub to another over the REST API, both whole servers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.schema_registry.transfer import remote_reading
from hub.schema_registry.transfer.contents import Contents, MovedVersion
from hub.schema_registry.transfer.errors import RegistryRefused, RegistryUnreachable
from hub.schema_registry.transfer.importing import import_contents
from hub.schema_registry.transfer.places import Place, read_from, write_to
from schemas.stored_text import Content
from tests.schema_registry.moving import Town, answers, fill, govern, opened_town
from tests.schema_registry.serving import served


@dataclass(frozen=True)
class Answered:
    """A reply as `RegistryClient` gives it."""

    status: int
    json: Any
    text: str


@dataclass(frozen=True)
class HttpClient:
    """`RegistryClient`'s short form of a read, over HTTP."""

    url: str

    def get(self, path: str) -> Answered:
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as reply:
                return self._answered(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            return self._answered(error.code, error.read())

    def _answered(self, status: int, body: bytes) -> Answered:
        return Answered(status, json.loads(body), body.decode())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Contents]]:
    """A filled hub's address and what it holds."""
    folder = tmp_path_factory.mktemp("source")
    with opened_town(folder) as town:
        fill(town.client)
        contents = town.contents
    with served_of(folder) as url:
        yield url, contents


def served_of(folder: Path) -> Any:
    """The server over a town's files."""
    (folder / "hub.sqlite").rename(folder / "registries.sqlite")
    return served(folder, workers=1)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[str]:
    """The address of an empty hub."""
    with served(tmp_path, workers=1) as url:
        yield url


@pytest.fixture(scope="module")
def written(source: tuple[str, Contents], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a hub that the other was exported to."""
    folder = tmp_path_factory.mktemp("written")
    with served(folder, workers=1) as url:
        export(source[1], url, folder)
        yield url


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "there") as town:
        yield town


def export(contents: Contents, url: str, folder: Path) -> int:
    """Export as a hub that holds `contents` does."""
    with opened_town(folder / "parsing") as town:
        import_contents(town.store, contents, actor="test")
        return write_to(Place(url), contents, parser=town.store.parser, force=False, progress=lambda done: None)


def test_a_registry_read_over_rest_answers_alike(source: tuple[str, Contents], there: Town) -> None:
    import_contents(there.store, read_from(Place(source[0])), actor="test")
    assert answers(there.client) == answers(HttpClient(source[0]))  # type: ignore[arg-type]


def test_what_a_registry_governs_comes_without_the_metadata_that_follow_from_it(tmp_path: Path) -> None:
    with opened_town(tmp_path) as town:
        govern(town, tmp_path)
        contents = town.contents
    with served_of(tmp_path) as url:
        assert "metadata" in HttpClient(url).get("/schemas?deleted=true").json[0]
        assert read_from(Place(url)) == contents


def test_it_reads_the_same_subject_by_subject(source: tuple[str, Contents], monkeypatch: pytest.MonkeyPatch) -> None:
    found = remote_reading.RemoteRegistry.find

    def find(self: Any, path: str, **query: Any) -> Any:
        return None if path == "/schemas" else found(self, path, **query)

    monkeypatch.setattr(remote_reading.RemoteRegistry, "find", find)
    assert read_from(Place(source[0])) == source[1]


def test_it_reads_the_same_page_by_page(source: tuple[str, Contents], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_reading, "_PAGE", 3)
    assert read_from(Place(source[0])) == source[1]


def test_a_registry_written_over_rest_answers_alike(source: tuple[str, Contents], written: str) -> None:
    assert answers(HttpClient(written)) == answers(HttpClient(source[0]))  # type: ignore[arg-type]


def test_a_repeat_over_rest_writes_nothing(source: tuple[str, Contents], written: str, tmp_path: Path) -> None:
    assert export(source[1], written, tmp_path) == 0


def test_the_first_refusal_names_the_version_and_takes_import_mode_back(target: str, tmp_path: Path) -> None:
    first = Contents()
    first.add_version(MovedVersion("ours", 1, 1, Content('"string"')))
    export(first, target, tmp_path / "first")
    second = Contents()
    second.add_version(MovedVersion("theirs", 1, 1, Content('"long"')))
    with pytest.raises(RegistryRefused, match=r"theirs version 1 \(id 1\) was refused.*id 1 is not permitted"):
        export(second, target, tmp_path / "second")
    assert HttpClient(target).get("/mode/theirs").status == 404


def test_a_mode_that_stood_there_stands_again_after_a_refusal(target: str, tmp_path: Path) -> None:
    first = Contents()
    first.add_version(MovedVersion("ours", 1, 1, Content('"string"')))
    first.set_mode("read", "READONLY")
    first.set_mode("zone", "READONLY")
    export(first, target, tmp_path / "first")
    second = Contents()
    second.add_version(MovedVersion("read", 1, 1, Content('"long"')))
    second.add_version(MovedVersion("zone", 1, 3, Content('"int"')))
    with pytest.raises(RegistryRefused, match=r"read version 1 \(id 1\) was refused"):
        export(second, target, tmp_path / "second")
    assert (
        HttpClient(target).get("/mode/read").json == HttpClient(target).get("/mode/zone").json == {"mode": "READONLY"}
    )


def test_a_version_that_is_another_there_stops_the_export_before_it_begins(target: str, tmp_path: Path) -> None:
    first = Contents()
    first.add_version(MovedVersion("s", 1, 1, Content('"string"')))
    export(first, target, tmp_path / "first")
    second = Contents()
    second.add_version(MovedVersion("a", 1, 2, Content('"long"')))
    second.add_version(MovedVersion("s", 1, 3, Content('"int"')))
    with pytest.raises(RegistryRefused, match=r"s version 1 \(id 3\) stands there with other content or the id 1"):
        export(second, target, tmp_path / "second")
    assert HttpClient(target).get("/subjects").json == ["s"]


def test_a_registry_that_is_away_can_be_asked_again() -> None:
    with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:9 does not answer") as away:
        read_from(Place("http://127.0.0.1:9", user="u", password="secret"))
    assert away.value.retriable
    assert "secret" not in str(away.value)
