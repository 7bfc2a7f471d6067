"""Signing in and out, and the choice of language, which works before it."""

from __future__ import annotations

import flask

from webui.sign_in import choosing, oidc, views
from webui.unit_of_work import runtime_of

blueprint = flask.Blueprint("sign_in", __name__)
blueprint.add_url_rule("/sign-in", "form", views.form)
blueprint.add_url_rule("/sign-in", "submit", views.submit, methods=["POST"])
blueprint.add_url_rule("/sign-in/oidc", "oidc", oidc.begin)
blueprint.add_url_rule("/sign-in/oidc/callback", "oidc_callback", oidc.callback)
blueprint.context_processor(lambda: {"oidc_name": runtime_of().settings.oidc_name if oidc.is_offered() else ""})
blueprint.add_url_rule("/set-password/<secret>", "choose_form", choosing.form)
blueprint.add_url_rule("/set-password/<secret>", "choose", choosing.submit, methods=["POST"])
blueprint.add_url_rule("/sign-out", "sign_out", views.sign_out, methods=["POST"])
blueprint.add_url_rule("/language", "language", views.language, methods=["POST"])
