"""`huehub`: one command for everything that is done at a terminal."""

from __future__ import annotations

import sys

import click

from hub.commands.dead_letters import dead_letters
from hub.commands.department import department
from hub.commands.lint import lint
from hub.commands.publish import publish
from hub.commands.rebuild import rebuild
from hub.commands.registry import registry
from hub.commands.run import consume, serve, up
from hub.commands.status import status
from hub.settings import SettingInvalid, settings_from_environment
from hub.telemetry import configure_logging


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


for command in (up, serve, consume, publish, rebuild, status, lint, dead_letters, registry, department):
    main_group.add_command(command)


def main() -> None:
    """Run the command; an error of ours becomes one line and exit code 1, or 75 where repeating can help."""
    try:
        main_group(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        code = getattr(error, "code", None)
        if not isinstance(code, str):
            raise
        click.echo(f"Error ({code}): {error}", err=True)
        sys.exit(75 if getattr(error, "retriable", False) else 1)


if __name__ == "__main__":
    main()
