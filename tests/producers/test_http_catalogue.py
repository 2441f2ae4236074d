from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from hub.log.errors import LogUnavailable
from producers.catalogue import CachedCatalogue, ControlCatalogue
from producers.errors import CatalogueRefused
from producers.http_catalogue import HttpCatalogue
from producers.outbox import Outbox
from tests.producers.http_hub import HttpHub, open_http_hub

HUB = "http://hub"


@pytest.fixture
def http_hub(tmp_path: Path) -> Iterator[HttpHub]:
    with open_http_hub(tmp_path / "hub") as one:
        yield one


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> HttpCatalogue:
    return HttpCatalogue(httpx.Client(transport=httpx.MockTransport(answer)), HUB)


def away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route")


@pytest.mark.parametrize("event", ["PlaceListed", "PlaceChanged", "PlaceRetired"])
def test_it_finds_what_the_control_state_says(http_hub: HttpHub, event: str) -> None:
    found = HttpCatalogue(httpx.Client(transport=http_hub.transport), HUB).find("places", event)
    known = ControlCatalogue(http_hub.hub.control.refresh).find("places", event)
    assert found is not None
    assert known is not None
    assert (found.schema_id, found.guid, found.key) == (known.schema_id, known.guid, known.key)
    assert found.schema.fields == known.schema.fields


def test_an_unknown_registry_and_an_unknown_event_are_none(http_hub: HttpHub) -> None:
    catalogue = HttpCatalogue(httpx.Client(transport=http_hub.transport), HUB)
    assert catalogue.find("nothing", "PlaceListed") is None
    assert catalogue.find("places", "PlaceSold") is None


def test_while_the_hub_is_away_the_outbox_remembers(http_hub: HttpHub, outbox: Outbox) -> None:
    asked = CachedCatalogue(outbox, HttpCatalogue(httpx.Client(transport=http_hub.transport), HUB))
    found = asked.find("places", "PlaceListed")
    remembered = CachedCatalogue(outbox, answering(away)).find("places", "PlaceListed")
    assert found is not None
    assert remembered is not None
    assert (remembered.schema_id, remembered.guid) == (found.schema_id, found.guid)


@pytest.mark.parametrize("answer", [away, lambda request: httpx.Response(503), lambda request: httpx.Response(429)])
def test_a_hub_that_does_not_answer_is_retriable(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(LogUnavailable):
        answering(answer).find("places", "PlaceListed")


@pytest.mark.parametrize(
    "answer", [httpx.Response(403), httpx.Response(200, text="<html>"), httpx.Response(200, json={"events": [{}]})]
)
def test_an_answer_that_is_no_description_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(CatalogueRefused):
        answering(lambda request: answer).find("places", "PlaceListed")
