"""The administrator's page of bearer tokens: made here, shown once, revoked after a question."""

from __future__ import annotations

import flask

from webui import session
from webui.tokens import page

blueprint = flask.Blueprint("tokens", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/tokens", "overview", page.overview)
blueprint.add_url_rule("/tokens", "create", page.create, methods=["POST"])
blueprint.add_url_rule("/tokens/<row_id:token_id>/revoke", "revoke_form", page.revoke_form)
blueprint.add_url_rule("/tokens/<row_id:token_id>/revoke", "revoke", page.revoke, methods=["POST"])
