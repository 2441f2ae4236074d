"""What `huehub schema` prints: lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

FOUND = 1  # the exit code where errors or incompatibilities were found
TEXT, JSON = "text", "json"
Finding = Mapping[str, Any]

format_option = click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, JSON]),
    default=TEXT,
    show_default=True,
    help="Lines for people, or JSON for programs.",
)


def show(form: str, document: Any, lines: Callable[[], Iterable[str]]) -> None:
    """Print `document` as JSON, or else its lines."""
    if form == JSON:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for line in lines():
        click.echo(line)


def end_where(found: bool) -> None:
    """End with the exit code for findings where there are any."""
    if found:
        raise click.exceptions.Exit(FOUND)


def finding_line(finding: Finding) -> str:
    """One finding in a line."""
    return f"{finding['level']}: {finding['place']}: {finding['code']}: {finding['message_en']}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(one["level"] == "error" for one in findings)


def proposal_lines(document: Mapping[str, Any]) -> list[str]:
    """A proposal with everything that bears on its decision."""
    lines = [
        f"proposal {document['proposal']} (revision {document['revision']}): {document['kind']} "
        f"{document['registry']}: {document['status']}",
        f"  {document['organisation']}/{document['keyId']}: {document['reason']}",
    ]
    lines += [f"  draft: {one['subject']} version {one['version']}, id {one['id']}" for one in document["drafts"]]
    lines += [f"  {finding_line(one)}" for one in document["findings"]]
    lines += rehearsal_lines(document)
    lines += [_review_line(one) for one in document["reviews"]]
    if document["closing"]:
        closing = document["closing"]
        how = ", overruling what was missing," if closing["overruled"] else ""
        lines.append(
            f"  {document['status']}{how} by {closing['organisation']}/{closing['keyId']}: {closing['reason']}"
        )
        lines += [f"  legal basis: {closing['legalBasis']}"] if closing["legalBasis"] else []
    return lines + [f"  missing: {one['code']}: {one['message']} ({one['wayOut']})" for one in document["missing"]]


def rehearsal_lines(document: Mapping[str, Any]) -> list[str]:
    """What the rehearsal of a proposal came to."""
    rehearsal = document["rehearsal"]
    if rehearsal is None:
        return []
    word = "passed" if rehearsal["passed"] else "FAILED"
    lines = [f"  rehearsal: {word} up to entry {rehearsal['pin']}, sha256 {rehearsal['sha256']}"]
    lines += [f"    {part}: {_counts(rehearsal[part])}" for part in ("counts", "records") if rehearsal[part]]
    lines += [f"    fails: {_failing(one)}" for one in rehearsal["failing"]]
    lines += [f"    becomes public: {json.dumps(one, ensure_ascii=False)}" for one in rehearsal["becomesPublic"]]
    return lines + [f"    breaks: consumer {name}" for name in rehearsal["breaks"]]


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _failing(one: Mapping[str, Any]) -> str:
    field = f"{one['field']}: " if one.get("field") else ""
    return f"entry {one['entry']}, event {one['eventId']}: {one['reason']}: {field}{one['message']}"


def _review_line(review: Mapping[str, Any]) -> str:
    who = review["capacity"] if review["consumer"] is None else f"consumer {review['consumer']}"
    return f"  {review['verdict']} ({who}, {review['organisation']}): {review['reason']}"
