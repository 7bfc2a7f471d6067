"""Substitutes: who does whose work during an absence."""

from __future__ import annotations

import flask

from webui import session
from webui.substitutes import views

blueprint = flask.Blueprint("substitutes", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/substitutes", "overview", views.overview)
blueprint.add_url_rule("/substitutes/new", "new", views.new)
blueprint.add_url_rule("/substitutes/new", "create", views.create, methods=["POST"])
blueprint.add_url_rule("/substitutes/<row_id:substitution_id>/end", "end_form", views.end_form)
blueprint.add_url_rule("/substitutes/<row_id:substitution_id>/end", "end", views.end, methods=["POST"])
