"""The token that a write of a link's page carries: bound to the link and to a cookie that only this link's address gets."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

import flask

FIELD = "_guard"
_COOKIE = "guicheng-link"
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")


def issue(token: str) -> str:
    """The value for the page's form; `keep` sends the cookie with the answer."""
    nonce = _sent() or secrets.token_urlsafe(16)
    flask.g.outside_nonce = nonce
    return _seal(token, nonce)


def is_good(token: str) -> bool:
    """Whether the post comes from a page that this link's address gave to this browser."""
    nonce = _sent()
    return nonce is not None and hmac.compare_digest(flask.request.form.get(FIELD, "").encode(), _seal(token, nonce).encode())


def keep(response: flask.Response, token: str) -> None:
    """Send the cookie, where the page needs it."""
    nonce = flask.g.get("outside_nonce")
    if nonce is not None:
        is_secure = bool(flask.current_app.config["SESSION_COOKIE_SECURE"])
        path = flask.url_for("outside.show", token=token)
        response.set_cookie(_COOKIE, nonce, path=path, secure=is_secure, httponly=True, samesite="Lax")


def _sent() -> str | None:
    nonce = flask.request.cookies.get(_COOKIE, "")
    return nonce if _NONCE.fullmatch(nonce) else None


def _seal(token: str, nonce: str) -> str:
    key = str(flask.current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"outside:{token}:{nonce}".encode(), hashlib.sha256).hexdigest()
