"""The Data Contract CLI as a judge, in an environment of its own below `build/`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.end_to_end.running import RunningHub

BUILD = Path(__file__).parents[2] / "build" / "datacontract"
PACKAGES = ("datacontract-cli[duckdb]==1.2.8", "ibis-framework==12.0.0", "duckdb==1.5.6")
_TIMEOUT_S = 120


@dataclass(frozen=True)
class DataContractCli:
    """The installed command; `schema` is the JSON Schema of ODCS v3.1.0 that comes with it."""

    command: Path
    schema: Path

    def lint(self, contracts: Sequence[Path]) -> dict[str, str]:
        """What `datacontract lint`, by the strict schema of the version we write, has against each file.

        The command runs for all of them in one process: its start takes longer than its work.
        """
        options = ("lint", "--json-schema", str(self.schema), "--all-errors", "--no-inline-references")
        program = [str(self.command.with_name("python")), "-c", _EACH, json.dumps(options), *map(str, contracts)]
        done = self._run(program, contracts[0].parent)
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        assert told.keys() == {str(one) for one in contracts}
        return {Path(name).stem: output for name, output in told.items() if output}

    def test(self, contract: Path, record: str) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and checks of `datacontract test` on the server `local`."""
        told = contract.with_suffix(".result.json")
        options = ("--server", "local", "--schema-name", record, "--output-format", "json", "--output", str(told))
        command = [str(self.command), "test", *options, "--no-inline-references", str(contract)]
        done = self._run(command, contract.parent)
        assert told.exists(), done.stdout + done.stderr
        checks: list[dict[str, Any]] = json.loads(told.read_text(encoding="utf-8"))["checks"]
        return done.returncode, checks

    def _run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=_ENVIRONMENT
        )


# calls the command for each file, and tells the output of those that did not end with 0
_EACH = """
import json, sys
from typer.testing import CliRunner
from datacontract.cli import app

told = {}
for name in sys.argv[2:]:
    result = CliRunner().invoke(app, [*json.loads(sys.argv[1]), name])
    told[name] = "" if result.exit_code == 0 else result.output or repr(result.exception)
print(json.dumps(told))
"""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "COLUMNS": "300", "LANG": "C.UTF-8"}


def installed_cli() -> DataContractCli:
    """The command, installed where it is not yet, or in other versions."""
    mark = BUILD / "ready"
    if not mark.exists() or mark.read_text() != json.dumps(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(BUILD)], check=True)
        subprocess.run([BUILD / "bin" / "python", "-m", "pip", "install", "-q", *PACKAGES], check=True)
        mark.write_text(json.dumps(PACKAGES))
    (schema,) = BUILD.glob("lib/python*/site-packages/datacontract/schemas/odcs-3.1.0.schema.json")
    return DataContractCli(BUILD / "bin" / "datacontract", schema)


def save_contract(hub: RunningHub, registry: str, folder: Path) -> Path:
    """The contract of a registry, as a running hub serves it, as a file in `folder`."""
    answer = httpx.get(f"{hub.url}/governance/v1/registries/{registry}/contract", timeout=30)
    assert answer.status_code == 200, answer.text
    path = folder / f"{registry}.yaml"
    path.write_bytes(answer.content)
    return path


def save_records(hub: RunningHub, registry: str, folder: Path) -> Path:
    """Every record that a running hub serves, one a line, in the file that the contract's server `local` names."""
    path = folder / f"{registry.replace('-', '_')}.json"
    following: str | None = f"{hub.url}/api/v1/registries/{registry}/records?limit=1000"
    with path.open("w", encoding="utf-8") as file:
        while following:
            page = httpx.get(following, timeout=60).json()
            file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in page["records"])
            following = page["next"]
    return path
