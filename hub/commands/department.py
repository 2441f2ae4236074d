"""`huehub department`: departments, their tokens, their Kafka users."""

from __future__ import annotations

import secrets

import click

from hub.log.kafka_security import add_department_user
from hub.log.open import parse_kafka_address
from hub.settings import Settings
from hub.wiring import opened_hub


@click.group()
def department() -> None:
    """Departments and what they may write."""


@department.command("list")
@click.pass_obj
def list_departments(settings: Settings) -> None:
    """List the departments of the control log."""
    with opened_hub(settings) as hub:
        for one in hub.control.refresh().departments.values():
            click.echo(f"{one.code}\t{one.organisation}\t{one.name_vi}\t{one.name_en}")


@department.command("add")
@click.argument("code")
@click.option("--organisation", required=True, help="Organisation code, as it stands in the department's sources.")
@click.option("--name-vi", required=True, help="Name in Vietnamese.")
@click.option("--name-en", required=True, help="Name in English.")
@click.option("--contact", required=True, help="Official address for questions about the data.")
@click.pass_obj
def add_department(settings: Settings, code: str, organisation: str, name_vi: str, name_en: str, contact: str) -> None:
    """Add a department and show its token, once. On a Kafka broker with logins, its user and rights too."""
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub department add")
        store.add_department(code=code, organisation=organisation, name_vi=name_vi, name_en=name_en, contact=contact)
        click.echo(f"Token of {code} for the HTTP intake (shown once): {store.issue_token(code)}")
        if "security=sasl" in settings.log_url:
            password = secrets.token_urlsafe(24)
            address = parse_kafka_address(settings.log_url, password=settings.log_password)
            add_department_user(address, code, password=password)
            click.echo(f"Kafka user {code}, password (shown once): {password}")
            click.echo(f"It may write topics that begin with {code}. and no others.")


@department.command("token")
@click.argument("code")
@click.pass_obj
def issue_token(settings: Settings, code: str) -> None:
    """Issue a further token for a department; the older ones stay."""
    with opened_hub(settings) as hub:
        token = hub.open_control_store("huehub department token").issue_token(code)
        click.echo(f"Token of {code} for the HTTP intake (shown once): {token}")
