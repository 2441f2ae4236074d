"""`huehub key`: the access keys of those who govern schemas."""

from __future__ import annotations

import click

from hub.control.governance import ROLES
from hub.settings import Settings
from hub.wiring import opened_hub


@click.group()
def key() -> None:
    """Access keys: who may write schemas, propose, review and approve."""


@key.command("add")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the key lets its holder do.")
@click.option("--organisation", required=True, help="Code of the holder's organisation, as huehub department has it.")
@click.option("--holder", default="", help="Whose key it is, as the organisation calls the office or system.")
@click.pass_obj
def add_key(settings: Settings, role: str, organisation: str, holder: str) -> None:
    """Make a key and show its secret, once."""
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub key add")
        key_id, secret = store.issue_access_key(role=role, organisation=organisation, holder=holder)
    click.echo(f"Key id: {key_id}")
    click.echo(f"Secret of {key_id} (shown once): {secret}")
    click.echo("Send them with requests in one of three ways:")
    click.echo(f"  Authorization: Basic, user {key_id} and the secret as password (Confluent: basic.auth.user.info)")
    click.echo("  Authorization: Bearer SECRET")
    click.echo("  X-CKAN-API-Key: SECRET")


@key.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """List the keys that open something: id, role, organisation, holder."""
    with opened_hub(settings) as hub:
        for one in sorted(hub.control.refresh().access_keys.values(), key=lambda one: one.key_id):
            click.echo(f"{one.key_id}\t{one.role}\t{one.organisation}\t{one.holder}")


@key.command("revoke")
@click.argument("key_id")
@click.option("--reason", required=True, help="Why; it stands in the control log.")
@click.pass_obj
def revoke_key(settings: Settings, key_id: str, reason: str) -> None:
    """Revoke a key: its secret opens nothing any more."""
    with opened_hub(settings) as hub:
        hub.open_control_store("huehub key revoke").revoke_access_key(key_id, reason=reason)
    click.echo(f"The key {key_id} opens nothing any more.")
