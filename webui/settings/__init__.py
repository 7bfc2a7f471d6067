"""The administrator's page of settings: those that may be changed here, those that are the machine's, backups and health."""

from __future__ import annotations

import flask

from webui import session
from webui.settings import page

blueprint = flask.Blueprint("settings", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/settings", "overview", page.overview)
blueprint.add_url_rule("/settings", "save", page.save, methods=["POST"])
