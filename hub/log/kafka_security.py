"""A department's user in Kafka: a SCRAM login, and the right to its own topics alone.

Topics begin with their department's code and a dot, so one prefixed rule is a department's right to write. The
dot belongs to the prefix: without it `van` would also cover `van-hoa.…`.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from hub.log.errors import LogError, ReservedDepartment
from hub.log.kafka_clients import KafkaAddress, check_login, make_admin
from hub.log.kafka_errors import translate, translated

_DEPARTMENT = re.compile(r"[a-z][a-z0-9-]*\Z")
_RESERVED = frozenset({"hub", "broker"})
_ITERATIONS = 8192
_OWN_TOPICS = (ACLOperation.WRITE, ACLOperation.READ, ACLOperation.DESCRIBE)


def add_department_user(address: KafkaAddress, department: str, *, password: str) -> None:
    """Give `department` a login and the right to write and read its own topics; `address` is the administrator's.

    Repeating it sets a new password. Raises `ReservedDepartment`, `LoginRefused`, `LogUnavailable`, or
    `TopicForbidden` where the user of `address` may not do this.
    """
    if not _DEPARTMENT.match(department) or department in _RESERVED | {address.user}:
        raise ReservedDepartment(f"{department!r} cannot be a department's user in Kafka")
    check_login(address)
    with translated(f"adding the user {department}"), closing(make_admin(address)) as admin:
        _allow(admin, [*_own_topics(department), *_hub_topics(department)])
        _set_password(admin, department, password)


def _set_password(admin: KafkaAdminClient, user: str, password: str) -> None:
    change = UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password, iterations=_ITERATIONS)
    refusal = admin.alter_user_scram_credentials([change])[user]
    if refusal is not None:
        raise LogError(f"the login of {user} was not set: {refusal}")


def _allow(admin: KafkaAdminClient, rules: list[ACL]) -> None:
    for failure in admin.create_acls(rules)["failed"]:
        raise translate(_as_error(failure), "adding access rules")


def _own_topics(department: str) -> list[ACL]:
    return [_rule(department, operation, f"{department}.") for operation in _OWN_TOPICS]


def _hub_topics(department: str) -> list[ACL]:
    return [_rule(department, ACLOperation.DESCRIBE, "hub.")]


def _rule(user: str, operation: ACLOperation, prefix: str) -> ACL:
    pattern = ResourcePattern(ResourceType.TOPIC, prefix, ACLResourcePatternType.PREFIXED)
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)


def _as_error(failure: Any) -> kafka_errors.KafkaError:
    error: kafka_errors.KafkaError = failure() if isinstance(failure, type) else failure
    return error
