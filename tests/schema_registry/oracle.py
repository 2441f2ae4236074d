"""Apache Avro's Java library as a process that answers line by line."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "java"
BUILD = Path(__file__).parents[2] / "build" / "avro-oracle"


@dataclass(frozen=True)
class Judged:
    """What Java says of one schema; None of everything where it refuses it."""

    form: str | None
    fingerprint: int | None
    text: str | None
    error: str = ""


class AvroOracle:
    """One running oracle."""

    def __init__(self, classpath: str) -> None:
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, "AvroOracle"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def judge(self, schema: str) -> Judged:
        """Canonical form, CRC-64-AVRO and text of a schema."""
        kind, *rest = self._ask("parse", schema)
        if kind == "error":
            return Judged(None, None, None, _decoded(rest[0]))
        return Judged(_decoded(rest[0]), int(rest[1]) % 2**64, _decoded(rest[2]))

    def compare(self, reader: str, writer: str) -> list[str] | None:
        """Each incompatibility as type, location and message; None where the check ends with an exception."""
        kind, *rest = self._ask("check", reader, writer)
        return None if kind == "error" else [_decoded(one) for one in rest]

    def _ask(self, *words: str) -> list[str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        line = "\t".join([words[0], *(base64.b64encode(one.encode()).decode() for one in words[1:])])
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n").split("\t")


def build_oracle() -> str:
    """The class path of the compiled oracle; fetched and compiled once."""
    classes, library = BUILD / "classes", BUILD / "lib"
    source = HERE / "AvroOracle.java"
    if not (BUILD / "AvroOracle.java").exists() or (BUILD / "AvroOracle.java").read_bytes() != source.read_bytes():
        classes.mkdir(parents=True, exist_ok=True)
        fetch = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*fetch, f"-DoutputDirectory={library}"], check=True)
        subprocess.run(["javac", "-cp", f"{library}/*", "-d", str(classes), str(source)], check=True)
        shutil.copy(source, BUILD / "AvroOracle.java")
    return f"{classes}:{library}/*"


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
