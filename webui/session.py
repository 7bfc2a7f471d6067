"""Who is signed in. The cookie is signed and holds ids only; a new one is made at every sign-in, and an idle one ends."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import flask
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from engine.company import users
from engine.model import Actor, Channel
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

    def __init__(self, account: users.Account) -> None:
        self.account = account

    def get_id(self) -> str:
        """What the cookie holds: the account's id and the epoch that ends all its sessions when it rises."""
        return f"{self.account.id}.{self.account.session_epoch}"


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


def start(account: users.Account) -> None:
    """Begin a session under a new id; whatever the browser carried before is gone."""
    locale = flask.session.get("locale")
    flask.session.clear()
    flask.session.permanent = True
    flask.session["id"] = secrets.token_urlsafe(16)
    flask.session["seen"] = int(time.time())
    if locale is not None and locale != account.locale:
        users.set_locale(current(), account.id, locale)
        account = replace(account, locale=locale)
    login_user(SignedIn(account))


def renew(epoch: int) -> None:
    """Go on with this session after all the person's others were ended."""
    account = replace(signed_in(), session_epoch=epoch)
    flask.session["id"] = secrets.token_urlsafe(16)
    login_user(SignedIn(account))


def end() -> None:
    """Sign out here."""
    logout_user()
    flask.session.clear()


def signed_in() -> users.Account:
    """The account of this request; only for views behind the sign-in."""
    account: users.Account = current_user.account
    return account


def actor() -> Actor:
    """The person of this request, as services take it."""
    return signed_in().actor(_channel())


def session_actor() -> Actor | None:
    """As `actor`; None when nobody is signed in."""
    return actor() if current_user.is_authenticated else None


def _load(identity: str) -> SignedIn | None:
    number, _, epoch = identity.partition(".")
    account = users.find(current(), int(number))
    if account is None or account.deactivated_at is not None or str(account.session_epoch) != epoch:
        return None
    return SignedIn(account)


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
    blueprint.before_request(_require_sign_in)


def _require_sign_in() -> Any:
    return None if current_user.is_authenticated else _unauthorized()
