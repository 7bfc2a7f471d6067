"""Handing a work item over to somebody without an account: links to it, made and taken back by those who attend it."""

from __future__ import annotations

import flask

from webui import session
from webui.links import views

_LINKS = "/items/<row_id:work_item_id>/links"

blueprint = flask.Blueprint("links", __name__)
session.protect(blueprint)
blueprint.add_app_template_global(views.handing_over)
blueprint.add_url_rule(_LINKS, "create", views.create, methods=["POST"])
blueprint.add_url_rule(f"{_LINKS}/<row_id:link_id>/revoke", "revoke", views.revoke, methods=["POST"])
