"""`huehub`: one command for everything that is done at a terminal."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from hub.commands.contract import contract
from hub.commands.dead_letters import dead_letters
from hub.commands.department import department
from hub.commands.key import key
from hub.commands.lint import lint
from hub.commands.publish import publish
from hub.commands.rebuild import rebuild
from hub.commands.registry import registry
from hub.commands.run import consume, serve, up
from hub.commands.schema import schema
from hub.commands.status import status
from hub.settings import SettingInvalid, settings_from_environment
from hub.telemetry import configure_logging

_TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h


@click.group()
@click.version_option(package_name="huehub")
@click.pass_context
def main_group(context: click.Context) -> None:
    """An event-sourced open data and interoperability hub. Settings: variables that begin with HUB_."""
    try:
        context.obj = settings_from_environment()
    except SettingInvalid as error:
        raise click.ClickException(str(error)) from error
    configure_logging(context.obj.log_level)


_COMMANDS = (
    *(up, serve, consume, publish, rebuild, status, lint, dead_letters),
    *(registry, department, key, schema, contract),
)
for command in _COMMANDS:
    main_group.add_command(command)


def main() -> None:
    """Run the command; an error of ours becomes one line and exit code 1, or 75 where repeating can help."""
    try:
        code = main_group(standalone_mode=False)  # click hands back the code of an `Exit` instead of raising it
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        told = _told(error)
        if told is None:
            raise
        reason, message, retriable = told
        click.echo(f"Error ({reason}): {' '.join(message.split())}", err=True)
        sys.exit(_TRY_AGAIN if retriable else 1)
    if isinstance(code, int):
        sys.exit(code)


def _told(error: Exception) -> tuple[str, str, bool] | None:
    """Code, message and whether repeating can help; None for an error that nobody foresaw."""
    if isinstance(error, DBAPIError):
        return "database-unavailable", f"the database does not do what was asked: {error.orig}", True
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return "bad-database-address", f"HUB_DATABASE cannot be used: {error}", False
    code = getattr(error, "code", None)
    return (code, str(error), bool(getattr(error, "retriable", False))) if isinstance(code, str) else None


if __name__ == "__main__":
    main()
