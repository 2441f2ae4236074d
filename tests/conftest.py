"""Fixtures every test may ask for."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["tests.servers"]


@pytest.fixture(scope="session")
def proof() -> bool:
    """Whether the full counts of kills and random histories are asked for (`make proof`)."""
    return bool(os.environ.get("HUB_PROOF"))


SERVERS = frozenset({"kafka", "kafka_node", "kafka_cluster", "kafka_sasl", "postgres", "postgres_url", "postgres_node"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, then those that start servers or a browser, then the slow ones: an answer comes early."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("slow"):
        return 2
    starts_servers = SERVERS.intersection(getattr(item, "fixturenames", ()))
    return int(bool(starts_servers) or item.get_closest_marker("browser") is not None)
