"""Starting a case by hand."""

from __future__ import annotations

import flask

from webui import session
from webui.start import views

blueprint = flask.Blueprint("start", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/start", "overview", views.overview)
blueprint.add_url_rule("/start/<key>", "form", views.form)
blueprint.add_url_rule("/start/<key>", "submit", views.submit, methods=["POST"])
