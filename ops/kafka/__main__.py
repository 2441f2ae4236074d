"""`python -m ops.kafka up | down | status | clean | fetch`.

KAFKA_NODES=3 starts three nodes, KAFKA_SECURITY=sasl asks for logins; `clean` also removes the data.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.errors import OpsError
from ops.kafka.cluster import KafkaCluster, lay_out
from ops.kafka.jars import get_jars
from ops.kafka.node import Login

FOLDER = Path("var") / "kafka"
BASE_PORTS = (19092, 20092, 21092)
ADMIN = Login("hubadmin", "hubadmin-pw")


def get_cluster(folder: Path, *, size: int, sasl: bool) -> KafkaCluster:
    """The cluster of this size and kind below `folder`; each combination keeps data of its own."""
    home = folder.absolute() / _name(size, sasl)
    ports = [base + step for base in BASE_PORTS[:size] for step in (0, 2, 1)]
    return KafkaCluster(lay_out(home, ports), admin=ADMIN if sasl else None)


def up(folder: Path, *, size: int, sasl: bool) -> str:
    """Start the cluster; what a shell must be told to use it."""
    cluster = get_cluster(folder, size=size, sasl=sasl)
    for other in list_clusters(folder).values():
        if other != cluster:
            other.stop()
    cluster.start()
    options = [f"security=sasl&user={ADMIN.user}"] if sasl else []
    options += ["replication=3"] if size >= 3 else []
    url = f"kafka://{cluster.bootstrap}" + (f"?{'&'.join(options)}" if options else "")
    return f"export HUB_LOG='{url}'" + (f" HUB_LOG_PASSWORD={ADMIN.password}" if sasl else "")


def list_clusters(folder: Path) -> dict[str, KafkaCluster]:
    """Every kind of cluster by name; they share their ports, so one of them runs at a time."""
    kinds = [(size, sasl) for size in (1, 3) for sasl in (False, True)]
    return {_name(*kind): get_cluster(folder, size=kind[0], sasl=kind[1]) for kind in kinds}


def down(folder: Path) -> None:
    """Stop every cluster below `folder`; their data stays."""
    for cluster in list_clusters(folder).values():
        cluster.stop()


def main(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Carry out one command; 0 when it worked."""
    command = arguments[0] if arguments else ""
    size, sasl = int(environment.get("KAFKA_NODES", "1")), environment.get("KAFKA_SECURITY", "") == "sasl"
    if command == "up" and size in (1, 3):
        sys.stdout.write(up(FOLDER, size=size, sasl=sasl) + "\n")
    elif command == "fetch":
        get_jars()
    elif command == "down":
        down(FOLDER)
    elif command == "clean":
        down(FOLDER)
        shutil.rmtree(FOLDER, ignore_errors=True)
    elif command == "status":
        sys.stdout.write(json.dumps(_status(FOLDER)) + "\n")
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


def _status(folder: Path) -> dict[str, bool]:
    return {name: all(n.process.is_running() for n in one.nodes) for name, one in list_clusters(folder).items()}


def _name(size: int, sasl: bool) -> str:
    return f"{size}-{'sasl' if sasl else 'plain'}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], dict(os.environ)))
    except OpsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
