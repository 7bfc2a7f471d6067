"""Registers: the list, one with filters and totals, the same as a file."""

from __future__ import annotations

import flask

from webui import session
from webui.registers import views

_ONE = "/registers/<process>/<key>"

blueprint = flask.Blueprint("registers", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/registers", "overview", views.overview)
blueprint.add_url_rule(_ONE, "show", views.show)
blueprint.add_url_rule(f"{_ONE}/file.<any(csv, xlsx):kind>", "download", views.download)
