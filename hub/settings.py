"""Every setting of the hub: name, default, unit, help. Only this file reads the environment.

`docs/reference/settings.md` is made from these rows; a test fails where they differ.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PREFIX = "HUB_"


class SettingInvalid(ValueError):
    """A setting has a value that cannot be; names the variable and the way out."""

    code, kind, retriable = "setting-invalid", "invalid", False


def _row(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """The hub's settings, read once at the start and handed to what needs them."""

    log: str = _row("", "URL of the log: sqlite:///PATH or kafka://HOST:PORT,… (empty: a file in the data folder)")
    log_password: str = _row("", "Password of the Kafka user named in the log's URL")
    database: str = _row("", "SQLAlchemy URL of the registries' database (empty: a SQLite file in the data folder)")
    data_dir: Path = _row(Path("var"), "Folder of the embedded log, database and outboxes")
    host: str = _row("127.0.0.1", "Address the web server binds to")
    port: int = _row(8080, "Port of the web server")
    workers: int = _row(2, "Processes of the web server")
    threads: int = _row(16, "Threads of each web server process; long polls take at most half of them")
    base_url: str = _row("", "Public address of the hub (empty: http://HOST:PORT)")
    place: str = _row("hue", "Short name of the place, in sources and identifiers: urn:PLACE:ORGANISATION:SYSTEM")
    title_vi: str = _row("Trục dữ liệu Huế", "Name of the hub in Vietnamese")
    title_en: str = _row("Huế Data Hub", "Name of the hub in English")
    time_zone: str = _row("Asia/Ho_Chi_Minh", "Time zone in which a bare date begins")
    schemas_dir: Path | None = _row(None, "Folder with avsc/ and registries/ (empty: the packaged ones)")
    departments_dir: Path | None = _row(None, "Folder with the departments and their feeds (empty: the packaged ones)")
    shared_data: Path | None = _row(None, "Folder of real data for the feeds (empty: ../shared/data if present)")
    free_subject_writes: str = _row(
        "key", "Who may write schema subjects that no registry names: key, or anyone (make run sets anyone)"
    )
    url: str = _row("", "Address of the hub that `huehub schema` talks to (empty: the hub of these settings)")
    key: str = _row("", "Secret of the access key that `huehub schema` shows to that hub")
    lag_limit_s: int = _row(300, "Seconds a projection may lie behind before the hub is not ready")
    log_level: str = _row("INFO", "Lowest level of log lines: DEBUG, INFO, WARNING, ERROR")

    @property
    def log_url(self) -> str:
        """The URL of the log, the embedded one by default."""
        return self.log or f"sqlite:///{self.data_dir.absolute() / 'log.sqlite'}"

    @property
    def database_url(self) -> str:
        """The URL of the registries' database, SQLite by default."""
        return self.database or f"sqlite:///{self.data_dir.absolute() / 'registries.sqlite'}"

    @property
    def public_url(self) -> str:
        """The address others reach the hub at, without a slash at its end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def outbox_dir(self) -> Path:
        """Folder of the outboxes of the packaged feeds."""
        return self.data_dir / "outboxes"

    @property
    def rehearsals_dir(self) -> Path:
        """Folder of what rehearsals of proposals build, and remove again."""
        return self.data_dir / "rehearsals"


def settings_from_environment() -> Settings:
    """The settings in the environment of this process."""
    return read_settings(os.environ)


def variable_from_environment(name: str) -> str:
    """The value of a variable that a command was told to look at, such as a password; raises `SettingInvalid`."""
    value = os.environ.get(name)
    if value is None:
        raise SettingInvalid(f"there is no variable {name}: set it, or name another")
    return value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`; an unknown `HUB_` name or a malformed value is `SettingInvalid`."""
    known = {PREFIX + one.name.upper(): one for one in fields(Settings)}
    given: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in FOREIGN:
            continue
        if name not in known:
            raise SettingInvalid(f"{name} is no setting; known are {', '.join(sorted(known))}")
        given[known[name].name] = _parse(name, text, str(known[name].type))
    settings = Settings(**given)
    _check(settings)
    return settings


# variables with our prefix that belong to the tests and the tooling
FOREIGN = frozenset({"HUB_PROOF"})


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_LAST_PORT = 65_535


def _check(settings: Settings) -> None:
    if settings.log_level not in LOG_LEVELS:
        raise SettingInvalid(f"HUB_LOG_LEVEL={settings.log_level!r} is not one of {', '.join(LOG_LEVELS)}")
    if not 1 <= settings.port <= _LAST_PORT:
        raise SettingInvalid(f"HUB_PORT={settings.port} is no port: 1 to {_LAST_PORT}")
    try:
        ZoneInfo(settings.time_zone)
    except (ValueError, OSError, KeyError) as error:
        raise SettingInvalid(
            f"HUB_TIME_ZONE={settings.time_zone!r} is no time zone, such as Asia/Ho_Chi_Minh"
        ) from error
    for name, value in (("WORKERS", settings.workers), ("THREADS", settings.threads)):
        if value < 1:
            raise SettingInvalid(f"HUB_{name}={value} is not 1 or more")
    for name, folder in (("SCHEMAS_DIR", settings.schemas_dir), ("DEPARTMENTS_DIR", settings.departments_dir)):
        if folder is not None and not folder.is_dir():
            raise SettingInvalid(f"HUB_{name}={folder} is no folder")


def _parse(name: str, text: str, kind: str) -> Any:
    if kind == "int":
        try:
            return int(text)
        except ValueError as error:
            raise SettingInvalid(f"{name}={text!r} is not a whole number") from error
    if name == "HUB_FREE_SUBJECT_WRITES" and text not in ("key", "anyone"):
        raise SettingInvalid(f"{name}={text!r} is neither key nor anyone")
    if kind.startswith("Path"):
        return Path(text) if text else None
    return text
