"""compose.yaml and the Dockerfile say what the code says. There is no engine here to run them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.log.kafka_clients import KafkaAddress
from hub.log.open import parse_kafka_address
from hub.settings import read_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
INSTRUCTIONS = [tuple(line.split(maxsplit=1)) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
# Compose specification, "services": the keys this file may use
SERVICE_KEYS = {
    *("image", "build", "restart", "environment", "volumes", "healthcheck", "depends_on", "ports", "stop_grace_period"),
}


def with_variables(value: str) -> str:
    """`value` as compose would fill it in, each variable as the word `given`."""
    return re.sub(r"\$\{[^}]*\}", "given", value)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_uses_known_keys_and_one_source(name: str) -> None:
    service = SERVICES[name]
    assert service.keys() <= SERVICE_KEYS
    assert ("image" in service) != ("build" in service)


def test_images_are_pinned() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    assert images and all(re.search(r":[\w.-]*\d", image) for image in images)


def test_kafka_is_the_version_that_the_tests_run() -> None:
    version = re.search(r"kafka_2\.13</artifactId>\s*<version>([\d.]+)<", (ROOT / "ops/kafka/pom.xml").read_text())
    assert version is not None and SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_every_volume_is_declared_and_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_the_hub_waits_for_services_that_can_tell_they_are_healthy() -> None:
    for needed, condition in SERVICES["hub"]["depends_on"].items():
        assert condition == {"condition": "service_healthy"}
        assert SERVICES[needed]["healthcheck"]["test"][0] == "CMD"


def test_ports_are_open_on_loopback_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_the_hub_is_given_settings_it_knows() -> None:
    """`read_settings` refuses unknown names."""
    environment = {name: with_variables(value) for name, value in SERVICES["hub"]["environment"].items()}
    assert read_settings(environment).log == "kafka://kafka:9092"


def test_the_hub_is_pointed_at_the_listener_kafka_advertises() -> None:
    kafka = SERVICES["kafka"]["environment"]
    advertised = kafka["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
    assert parse_kafka_address(SERVICES["hub"]["environment"]["HUB_LOG"]) == KafkaAddress((advertised,))


def test_no_password_stands_in_the_file() -> None:
    secrets = [SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"], SERVICES["hub"]["environment"]["HUB_DATABASE"]]
    assert all("${POSTGRES_PASSWORD:?" in secret for secret in secrets)


def test_the_dockerfile_uses_known_instructions_and_begins_with_from() -> None:
    known = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
    names = [name for name, _ in INSTRUCTIONS]
    assert names[0] == "FROM" and set(names) <= known


def test_everything_the_dockerfile_copies_exists() -> None:
    sources = [word for name, rest in INSTRUCTIONS if name == "COPY" for word in rest.split()[:-1]]
    assert sources and all((ROOT / source).exists() for source in sources)


def test_every_package_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {pattern.rstrip("*") for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = {word for name, rest in INSTRUCTIONS if name == "COPY" for word in rest.split()[:-1]}
    assert packages <= copied


def test_the_dockerfile_sets_settings_the_hub_knows_and_does_not_run_as_root() -> None:
    words = [word for name, rest in INSTRUCTIONS if name == "ENV" for word in rest.split() if word.startswith("HUB_")]
    assert read_settings(dict(word.split("=", 1) for word in words)).host == "0.0.0.0"  # noqa: S104
    assert ("USER", "huehub") in INSTRUCTIONS
