"""/consumers: systems that read a subject, with what they read of it."""

from __future__ import annotations

from flask import Response

from hub.control.governance import DeclaredConsumer
from hub.governance.errors import ConsumerUnknown
from hub.governance.rest.answers import REVALIDATE, address, answer
from hub.governance.rest.bodies import Body, parameters
from hub.governance.rest.context import GovernanceContext
from hub.governance.rest.described import describe_consumer


class ConsumerViews:
    """The views about declared consumers."""

    def __init__(self, context: GovernanceContext) -> None:
        self._context = context

    def list_all(self) -> Response:
        """The declared consumers, of one subject or organisation."""
        given = parameters("subject", "organisation")
        found = [
            describe_consumer(self._context.base_url, one)
            for _, one in sorted(self._context.control().consumers.items())
            if given.get("subject") in (None, one.subject) and given.get("organisation") in (None, one.organisation)
        ]
        return answer({"consumers": found}, keep=REVALIDATE)

    def show(self, consumer: str, subject: str) -> Response:
        """A declared consumer of a subject."""
        parameters()
        found = self._context.control().consumers.get((consumer, subject))
        if found is None:
            raise ConsumerUnknown(
                f"no consumer {consumer!r} is declared for {subject}; /governance/v1/consumers lists those that are"
            )
        return answer(describe_consumer(self._context.base_url, found), keep=REVALIDATE)

    def declare(self, consumer: str, subject: str) -> Response:
        """Declare a consumer of a subject, or change what was declared."""
        by = self._context.caller()
        body = Body("organisation", "title", "contact", "readerSchema", "fields")
        declared = DeclaredConsumer(
            consumer=consumer,
            organisation=body.find_text("organisation") or by.organisation,
            title=body.text("title"),
            contact=body.text("contact"),
            subject=subject,
            reader_schema=body.find_schema("readerSchema"),
            fields=body.texts("fields"),
        )
        new = (consumer, subject) not in self._context.control().consumers
        self._context.desk().declare_consumer(by, declared)
        where = address(self._context.base_url, "consumers", consumer, "subjects", subject)
        told = describe_consumer(self._context.base_url, declared)
        return answer(told, status=201, location=where) if new else answer(told)

    def withdraw(self, consumer: str, subject: str) -> Response:
        """A consumer that does not read the subject any more."""
        by = self._context.caller()
        self._context.desk().withdraw_consumer(by, consumer, subject)
        return Response(status=204, headers={"Cache-Control": "no-store"})
