"""A person's own account."""

from __future__ import annotations

import flask

from webui import session
from webui.account import views

blueprint = flask.Blueprint("account", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/account", "page", views.page)
blueprint.add_url_rule("/account/password", "password", views.password, methods=["POST"])
blueprint.add_url_rule("/account/sign-out-everywhere", "sign_out_everywhere", views.sign_out_everywhere, methods=["POST"])
