"""Kafka Connect with Debezium's JDBC sink beside us: jars from Maven below build/, one standalone worker.

It reads our own topic: Apicurio's Avro converter takes the wire format, and asks a small server of ours
for the one schema.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.pipeline.material import SCHEMA, Stock
from bench.pipeline.peers.watch import Rate, watch_rows
from bench.pipeline.servers import Servers
from ops.processes import free_ports

FOLDER = Path("build") / "peers" / "connect"
_PARTS = {
    "org.apache.kafka:connect-runtime": "4.1.1",
    "org.apache.kafka:connect-json": "4.1.1",
    "io.debezium:debezium-connector-jdbc": "3.3.1.Final",
    "io.apicurio:apicurio-registry-utils-converter": "2.6.13.Final",
}


def install() -> Path:
    """The folder of the jars, fetched the first time."""
    lib = FOLDER / "lib"
    if not (lib / ".ready").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "pom.xml").write_text(_pom(), encoding="utf-8")
        fetch = "dependency:copy-dependencies"
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={lib.absolute()}"]
        subprocess.run(["mvn", "-q", "-B", "-f", FOLDER / "pom.xml", fetch, *options], check=True)
        (lib / ".ready").touch()
    return lib.absolute()


def _pom() -> str:
    wanted = "".join(
        f"<dependency><groupId>{name.split(':')[0]}</groupId><artifactId>{name.split(':')[1]}</artifactId>"
        f"<version>{version}</version></dependency>"
        for name, version in _PARTS.items()
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>hub.bench</groupId><artifactId>connect</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{wanted}</dependencies></project>"
    )


def measure_connect(servers: Servers, stock: Stock) -> Rate:
    """Events a second while the JDBC sink upserts `stock`."""
    url = servers.new_database("postgresql", "connect")
    folder = servers.folder.absolute() / "connect"
    folder.mkdir(exist_ok=True)
    with _schema_server() as schemas, (servers.folder / "connect.log").open("wb") as log:
        worker, sink = folder / "worker.properties", folder / "sink.properties"
        worker.write_text(_properties(_worker(servers, folder)), encoding="utf-8")
        sink.write_text(_properties(_sink(servers, stock, schemas)), encoding="utf-8")
        command = ["java", "-Xms256m", "-Xmx1g", "-cp", f"{install()}/*"]
        child = subprocess.Popen(
            [*command, "org.apache.kafka.connect.cli.ConnectStandalone", worker, sink], stdout=log, stderr=log
        )
        try:
            return watch_rows(url, "connect", events=stock.events)
        finally:
            child.kill()
            child.wait()


def _worker(servers: Servers, folder: Path) -> dict[str, str]:
    return {
        "bootstrap.servers": servers.kafka.bootstrap,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "offset.storage.file.filename": str(folder / "offsets"),
        "offset.flush.interval.ms": "10000",
        "listeners": f"http://127.0.0.1:{free_ports(1, chooser=random.Random())[0]}",
        "plugin.discovery": "service_load",
    }


def _sink(servers: Servers, stock: Stock, schemas: str) -> dict[str, str]:
    return {
        "name": f"sink-{uuid.uuid4()}",
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": "1",
        "topics": stock.topic,
        "connection.url": f"jdbc:postgresql://127.0.0.1:{servers.postgres.port}/connect?reWriteBatchedInserts=true",
        "connection.username": "hub",
        "connection.password": "none",
        "insert.mode": "upsert",
        "primary.key.mode": "record_value",
        "primary.key.fields": "code",
        "schema.evolution": "basic",
        "collection.name.format": "connect",
        "batch.size": "2000",
        "use.reduction.buffer": "false",
        "consumer.override.auto.offset.reset": "earliest",
        "consumer.override.max.poll.records": "2000",
        "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
        "value.converter.apicurio.registry.url": schemas,
        "value.converter.apicurio.registry.as-confluent": "true",
    }


def _properties(pairs: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in pairs.items())


class _Schemas(BaseHTTPRequestHandler):
    """Answers every id with the one schema, and every question for references with none."""

    def do_GET(self) -> None:
        body = b"[]" if "references" in self.path.split("?")[0] else json.dumps(json.loads(SCHEMA)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Registry-ArtifactType", "AVRO")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _schema_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Schemas)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/apis/registry/v2"
    finally:
        server.shutdown()
