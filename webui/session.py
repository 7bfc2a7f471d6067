"""Who is signed in. The cookie is signed and holds the secret of a session's row; a new one is made at every sign-in, an idle one ends."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import flask
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from engine.company import sessions, users
from engine.company.account_rows import Account
from engine.model import Actor, Channel
from engine.persistence.unit_of_work import UnitOfWork
from webui.access_log import request_id
from webui.language import choose_locale
from webui.unit_of_work import current, runtime_of

#: seconds between notes of the last use, so that most answers set no cookie
_NOTED_EVERY = 60
#: a request that a page makes by itself says so and keeps no session alive
BACKGROUND_HEADER = "X-Background"
#: the same for a stream, which cannot send headers
BACKGROUND_ARGUMENT = "background"


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """The account behind a request."""

    def __init__(self, account: Account, secret: str) -> None:
        self.account = account
        self._secret = secret

    def get_id(self) -> str:
        """What the cookie holds."""
        return self._secret


def register(app: flask.Flask) -> None:
    """Load the person of each request; send everybody else to the sign-in page."""
    settings = app.extensions["guicheng"].settings
    app.config.update(
        SESSION_COOKIE_NAME="__Host-guicheng" if settings.cookie_secure else "guicheng",
        SESSION_COOKIE_SECURE=settings.cookie_secure, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False, PERMANENT_SESSION_LIFETIME=timedelta(days=30),
    )
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    manager.unauthorized_handler(_unauthorized)
    app.before_request(_end_when_idle)
    app.extensions["guicheng.session_actor"] = session_actor


def start(account: Account, method: str) -> None:
    """Begin a session under a new id, signed in by `method`; whatever the browser carried before is gone."""
    locale = flask.session.get("locale")
    flask.session.clear()
    flask.session.permanent = True
    flask.session["id"] = secrets.token_urlsafe(16)
    flask.session["seen"] = int(time.time())
    if locale is not None and locale != account.locale:
        users.set_locale(current(), account.id, locale)
        account = replace(account, locale=locale)
    request = flask.request
    secret = sessions.begin(runtime_of(), current(), account.id, method=method, device=request.headers.get("User-Agent", ""),
                            address=request.remote_addr or "")
    login_user(SignedIn(account, secret))


def end() -> None:
    """Sign out here."""
    session_id = signed_in().session_id if current_user.is_authenticated else None
    if session_id is not None:
        sessions.end(runtime_of(), current(), actor(), session_id)
    logout_user()
    flask.session.clear()


def signed_in() -> Account:
    """The account of this request; only for views behind the sign-in."""
    account: Account = current_user.account
    return account


def actor() -> Actor:
    """The person of this request, as services take it."""
    return signed_in().actor(_channel())


def session_actor() -> Actor | None:
    """As `actor`; None when nobody is signed in, or has to choose a password first."""
    return actor() if current_user.is_authenticated and not signed_in().must_change_password else None


def _load(identity: str) -> SignedIn | None:
    account = sessions.account_of(runtime_of(), current(), identity)
    if account is None:
        return None
    if BACKGROUND_HEADER not in flask.request.headers:
        # on its own: the request's own unit of work may yet be let go, or wait for another's commit
        with UnitOfWork(runtime_of().database) as uow:
            if sessions.note_use(runtime_of(), uow, account):
                uow.commit()
    flask.g.user_id = account.id
    return SignedIn(account, identity)


def _end_when_idle() -> None:
    session = flask.session
    # what is done by a link is nobody's session's work
    if "_user_id" not in session or flask.request.blueprint == "outside":
        return
    # the machine's clock: how long somebody was away is about the machine, not about business
    now, seen = int(time.time()), session.get("seen", 0)
    if now - seen > runtime_of().settings.session_hours * 3600:
        locale = session.get("locale")
        session.clear()
        if locale:
            session["locale"] = locale
        session["ended"] = "idle"
    elif now - seen > _NOTED_EVERY and not _is_background():
        session["seen"] = now


def _is_background() -> bool:
    return BACKGROUND_HEADER in flask.request.headers or BACKGROUND_ARGUMENT in flask.request.args


def _channel() -> Channel:
    # what a person does on a phone is done on site
    header = flask.request.headers
    is_phone = header.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in header.get("User-Agent", "")
    return Channel.PHONE if is_phone else Channel.DESK


def _unauthorized() -> Any:
    choose_locale()
    if "HX-Request" in flask.request.headers or _is_background():
        # a part of a page can't show the sign-in: the whole page goes there
        return Response(status=401, headers={"HX-Refresh": "true", "X-Request-Id": request_id()})
    wanted = flask.request.full_path.rstrip("?") if flask.request.method == "GET" else None
    return flask.redirect(flask.url_for("sign_in.form", next=wanted if wanted != "/" else None))


def protect(blueprint: flask.Blueprint) -> None:
    """Let only signed-in people reach any of its pages."""
    blueprint.before_request(require_sign_in)


def require_sign_in() -> Any:
    """Where somebody who is not signed in, or has to choose a password first, is sent instead; None for everybody else."""
    if not current_user.is_authenticated:
        return _unauthorized()
    if signed_in().must_change_password and flask.request.blueprint != "account":
        return flask.redirect(flask.url_for("account.page"))
    return None
