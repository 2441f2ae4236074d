"""Apache Kafka's jars, fetched once by Maven into `build/kafka/lib`."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from ops.errors import MissingTool, OpsError

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / "build" / "kafka"


def get_jars(cache: Path = CACHE) -> Path:
    """The folder of jars for `pom.xml` as it stands; fetched the first time, by one process at a time."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(cache):
            _fetch(cache)
    return cache / "lib"


def _is_current(cache: Path) -> bool:
    fetched = cache / "pom.xml"
    return fetched.exists() and fetched.read_bytes() == POM.read_bytes()


def _fetch(cache: Path) -> None:
    _find("java")
    shutil.rmtree(cache / "lib", ignore_errors=True)
    arguments = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={cache / 'lib'}"]
    outcome = subprocess.run(  # noqa: S603
        [_find("mvn"), "-q", "-B", "-f", str(POM), *arguments], capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        raise OpsError(f"Maven could not fetch Kafka:\n{outcome.stdout[-3000:]}{outcome.stderr[-3000:]}")
    shutil.copy(POM, cache / "pom.xml")


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise MissingTool(f"{program} is not installed (Debian: openjdk-17-jre-headless, maven)")
    return found
