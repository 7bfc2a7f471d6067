"""Looking up people, units and tenants for pickers."""

from __future__ import annotations

import flask

from webui import session
from webui.directory import views

blueprint = flask.Blueprint("directory", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/directory/search", "search", views.search)
