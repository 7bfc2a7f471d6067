"""Signing in at an identity provider: OpenID Connect with PKCE, state and nonce, by Authlib. Passwords here go on working beside it."""

from __future__ import annotations

from typing import Any

import flask
import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from engine.company import identities
from engine.errors import GuichengError
from engine.settings import Settings
from webui import session
from webui.addresses import safe_next
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, let_go, runtime_of

log = structlog.get_logger("guicheng.web")

_NAME = "provider"
#: where the session keeps what page was wanted
_WANTED = "oidc_next"
#: seconds for one answer of the provider
_PATIENCE = 10


def is_offered() -> bool:
    """Whether the settings name a provider."""
    settings = runtime_of().settings
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def begin() -> ResponseReturnValue:
    """Go to the provider."""
    if not is_offered():
        flask.abort(404)
    flask.session[_WANTED] = safe_next(flask.request.args.get("next"), flask.url_for("inbox.todo"))
    try:
        answer: ResponseReturnValue = _client().authorize_redirect(_callback_address(), timeout=_PATIENCE)
    except (requests.RequestException, AuthlibBaseError) as error:
        return _failed(error)
    return answer


def callback() -> ResponseReturnValue:
    """Come back from the provider: signed in, or told why not."""
    if not is_offered():
        flask.abort(404)
    wanted = safe_next(flask.session.pop(_WANTED, None), flask.url_for("inbox.todo"))
    client, settings = _client(), runtime_of().settings
    try:
        claims = client.authorize_access_token(timeout=_PATIENCE).get("userinfo")
        if not claims or client.load_server_metadata()["issuer"].rstrip("/") != settings.oidc_issuer.rstrip("/"):
            return _failed(None)
        account = identities.account_of(runtime_of(), current(), identities.identity_of(claims, settings.oidc_role_claim))
    except (requests.RequestException, AuthlibBaseError, JoseError, KeyError, ValueError) as error:
        return _failed(error)
    except GuichengError as error:
        let_go()
        return flask.make_response(_page(describe_error(error)), status(error))
    session.start(account, "oidc")
    return flask.redirect(wanted, 303)


def _client() -> Any:
    """The provider's client, made once an application: it keeps the provider's metadata and keys."""
    app = flask.current_app
    if "guicheng.oidc" not in app.extensions:
        settings: Settings = runtime_of().settings
        oauth = OAuth(app)
        scopes = " ".join(dict.fromkeys(["openid", *settings.oidc_scopes.split()]))
        app.extensions["guicheng.oidc"] = oauth.register(
            _NAME, client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret or None,
            server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={"scope": scopes, "code_challenge_method": "S256"})
    return app.extensions["guicheng.oidc"]


def _callback_address() -> str:
    public = runtime_of().settings.public_address.rstrip("/")
    return (public or flask.request.host_url.rstrip("/")) + flask.url_for("sign_in.oidc_callback")


def _failed(error: Exception | None) -> flask.Response:
    log.warning("sign-in at the provider failed", reason=type(error).__name__ if error else "refused")
    let_go()
    return flask.make_response(_page(gettext("單一登入沒有完成，請再試一次，或用登入名和密碼登入。")), 422)


def _page(sentence: str) -> str:
    wanted = flask.url_for("inbox.todo")
    return flask.render_template("sign_in/form.html", wanted=wanted, username="", error=sentence, was_idle=False)
