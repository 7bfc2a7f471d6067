"""A person's own account."""

from __future__ import annotations

import flask

from webui import session
from webui.account import views

blueprint = flask.Blueprint("account", __name__)
session.protect(blueprint)
blueprint.context_processor(lambda: {"own_session_address": views.session_address})
blueprint.add_url_rule("/account", "page", views.page)
blueprint.add_url_rule("/account/password", "password", views.password, methods=["POST"])
blueprint.add_url_rule("/account/sign-out-everywhere", "sign_out_everywhere", views.sign_out_everywhere, methods=["POST"])
blueprint.add_url_rule("/account/sessions/<row_id:session_id>/end", "end_session", views.end_session, methods=["POST"])
