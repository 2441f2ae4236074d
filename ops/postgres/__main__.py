"""`python -m ops.postgres up | down | clean`: PostgreSQL on port 15432, data in ./var/postgres."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from ops.errors import OpsError
from ops.postgres.server import PostgresServer

FOLDER = Path("var") / "postgres"
PORT = 15432
DATABASE = "hub"


def main(arguments: Sequence[str]) -> int:
    """Carry out one command; 0 when it worked."""
    server = PostgresServer(FOLDER.absolute(), PORT)
    command = arguments[0] if arguments else ""
    if command == "up":
        server.start()
        sys.stdout.write(f"export HUB_DATABASE='{server.ensure_database(DATABASE)}'\n")
    elif command in ("down", "clean"):
        server.stop()
        if command == "clean":
            shutil.rmtree(FOLDER, ignore_errors=True)
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OpsError, psycopg.Error) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
