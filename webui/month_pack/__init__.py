"""The monthly pack: a page, a PDF, an Excel file."""

from __future__ import annotations

import flask

from webui import session
from webui.month_pack import views

blueprint = flask.Blueprint("month_pack", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/month-pack", "latest", views.latest)
blueprint.add_url_rule("/month-pack/<month>", "show", views.show)
blueprint.add_url_rule("/month-pack/<month>/file.<kind>", "download", views.download)
