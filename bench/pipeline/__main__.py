"""`python -m bench.pipeline`: us, a straight loop and two peers on the same data in one go."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.page import SCHEMA_REGISTRY, find_part, put_part
from bench.pipeline.questions import DATABASES, QUESTIONS, Bench, Plan
from bench.pipeline.report import write_page
from bench.pipeline.servers import open_servers

DATA = Path("..") / "shared" / "data"
RESULTS = Path("build") / "bench-pipeline.json"


def main() -> None:
    """Ask the questions, print page and JSON."""
    parser = argparse.ArgumentParser(prog="bench.pipeline", description=__doc__)
    parser.add_argument("--events", type=int, default=120_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--only", default=",".join(QUESTIONS), help=f"some of {', '.join(QUESTIONS)}")
    parser.add_argument("--databases", default=",".join(DATABASES), help="those of the run over very many events")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data; made up where it is absent")
    parser.add_argument("--write", type=Path, help="where the page goes")
    parser.add_argument("--add", action="store_true", help="add to the answers of the run before")
    options = parser.parse_args()
    plan = Plan(options.events, options.repeats, options.million, options.data, tuple(options.databases.split(",")))
    answers = _known(options.add)
    with open_servers() as servers:
        bench = Bench(servers, plan)
        for name in options.only.split(","):
            getattr(bench, name)()
            print(json.dumps({name: bench.answers}), flush=True)
            answers = answers | bench.answers
            RESULTS.write_text(json.dumps(answers, indent=1), encoding="utf-8")
    page = write_page(answers, plan, now=datetime.now(UTC))
    print(page)
    if options.write:
        before = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
        options.write.write_text(put_part(page, find_part(before, SCHEMA_REGISTRY)), encoding="utf-8")


def _known(wanted: bool) -> dict[str, Any]:
    """The answers of the run before."""
    if not wanted or not RESULTS.exists():
        return {}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
