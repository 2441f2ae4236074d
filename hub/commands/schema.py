"""`huehub schema`: schemas of a hub over HTTP, for a department's own CI and for administrators."""

from __future__ import annotations

import click

from hub.commands.schema_checks import check_files, lint_paths
from hub.commands.schema_proposals import approve, proposals, propose, rehearse, review, send_back, withdraw
from hub.commands.schema_reading import list_subjects, show_difference, show_subject
from hub.commands.schema_transfer import export_schemas, import_schemas


@click.group()
def schema() -> None:
    """Schemas of the hub that HUB_URL names (default: the one of these settings), with the key in HUB_KEY.

    import and export work on the hub of these settings itself.

    Exit codes: 0 fine, 1 errors or incompatibilities found, or refused, 2 called wrongly, 69 the hub cannot be
    reached, 75 repeat later.
    """


for command in (
    list_subjects,
    show_subject,
    show_difference,
    check_files,
    lint_paths,
    propose,
    review,
    rehearse,
    approve,
    send_back,
    withdraw,
    proposals,
    import_schemas,
    export_schemas,
):
    schema.add_command(command)
