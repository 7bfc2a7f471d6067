"""A browser without JavaScript for one person: signs in without the cost of a password, sends each form's token, reads pages."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from lxml import html
from werkzeug.test import TestResponse

from engine.company import sessions
from engine.persistence.unit_of_work import UnitOfWork
from tests.builders import Person


def begin_session(app: Flask, person: Person) -> str:
    """A session as a sign-in begins it; what the cookie holds."""
    runtime = app.extensions["guicheng"]
    with UnitOfWork(runtime.database) as uow:
        secret = sessions.begin(runtime, uow, person.id, method="password", device="Visitor")
        uow.commit()
    return secret


class Visitor:
    """One person's browser."""

    def __init__(self, app: Flask, person: Person | None = None, *, locale: str = "zh-Hant") -> None:
        self.client = app.test_client()
        self.person = person
        self.headers = {"Accept-Language": {"zh-Hant": "zh-TW", "zh-Hans": "zh-CN", "en": "en"}[locale]}
        if person is not None:
            secret = begin_session(app, person)
            with self.client.session_transaction() as session:
                session["_user_id"] = secret
                session["_fresh"] = True
                session["seen"] = int(time.time())

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page."""
        return self.client.get(path, headers={**self.headers, **_names(headers)}, buffered=True)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, follow: bool = False, **headers: str
    ) -> TestResponse:
        """A form, with the token that any page gives."""
        return self.client.post(
            path,
            data={"csrf_token": self.token(), **(data or {})},
            headers={**self.headers, **_names(headers)},
            follow_redirects=follow,
        )

    def token(self) -> str:
        """A valid CSRF token of this session, as any page with a form gives it (without the cost of a page)."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(self.client.application.secret_key or "", salt="wtf-csrf-token")
        return str(signer.dumps(raw))


def text_of(response: TestResponse) -> str:
    """What a person reads, with white space folded."""
    tree = html.fromstring(response.get_data(as_text=True))
    for node in tree.xpath("//script|//style|//template|//*[local-name()='svg']//*[local-name()='title']"):
        node.drop_tree()
    return " ".join(tree.text_content().split())


def select(response: TestResponse, xpath: str) -> list[Any]:
    """Nodes of the page."""
    found: list[Any] = html.fromstring(response.get_data(as_text=True)).xpath(xpath)
    return found


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
