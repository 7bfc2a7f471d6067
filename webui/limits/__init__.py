"""The manual's limits measured: all of them over a period, one told apart by building and person, the cases behind a figure."""

from __future__ import annotations

import flask

from webui import session
from webui.limits import views

blueprint = flask.Blueprint("limits", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/limits", "overview", views.overview)
blueprint.add_url_rule("/limits/<limit_id>", "show", views.show)
blueprint.add_url_rule("/limits/<limit_id>/cases.csv", "download", views.download)
