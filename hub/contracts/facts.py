"""What documents about registries tell of the hub around them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from hub.control.state import ControlState, SchemaVersion
from schemas.avro import RecordSchema
from schemas.definition import Definition, Text


@dataclass(frozen=True, slots=True)
class HubFacts:
    """`base_url` without a slash at its end; `log_servers` are Kafka's host:port, none for the embedded log.

    `log_security` is that of the log's address: sasl, tls, sasl-tls or nothing.
    """

    base_url: str
    place: str
    title: Text
    state: ControlState
    log_servers: tuple[str, ...] = ()
    log_security: str = ""

    @property
    def scheme(self) -> str:
        return urlsplit(self.base_url).scheme

    @property
    def host(self) -> str:
        """Host and port of the public address."""
        return urlsplit(self.base_url).netloc

    @property
    def schema_registry_url(self) -> str:
        return f"{self.base_url}/schema-registry"

    def registry_url(self, registry: str) -> str:
        """Where a registry is read."""
        return f"{self.base_url}/api/v1/registries/{registry}"

    def contract_id(self, definition: Definition) -> str:
        """The UUID of a registry's contract: by the place and the registry's name, whatever the address."""
        return str(uuid5(NAMESPACE_URL, f"urn:{self.place}:registry:{definition.registry}"))

    def subject_url(self, schema: RecordSchema) -> str:
        """Where the schema registry has the versions of a schema's subject."""
        return f"{self.schema_registry_url}/subjects/{quote(schema.full_name, safe='')}/versions"

    def schema_url(self, schema: RecordSchema) -> str:
        """Where the schema registry has this very schema; its subject's newest where it is not registered."""
        found = self.find_version(schema)
        if found is None:
            return f"{self.subject_url(schema)}/latest"
        return f"{self.schema_registry_url}/schemas/ids/{found.id}"

    def find_version(self, schema: RecordSchema) -> SchemaVersion | None:
        """The registered version with this content."""
        return self.state.schemas.get(self.state.schema_ids.get(schema.guid, 0))

    def topic_url(self, topic: str) -> str:
        """Where the HTTP intake takes events for a topic."""
        return f"{self.base_url}/topics/{topic}"

    def department_name(self, code: str) -> str:
        """A department's name in both languages; its code where the hub does not know it."""
        found = self.state.departments.get(code)
        return f"{found.name_vi} / {found.name_en}" if found else code

    def find_contact(self, code: str) -> str | None:
        """The official address of a department."""
        found = self.state.departments.get(code)
        return found.contact if found else None
