"""Runs in the background that were stopped: why, and letting them go on, wherever a page shows one."""

from __future__ import annotations

import flask

from webui import session
from webui.runs import views

blueprint = flask.Blueprint("runs", __name__)
session.protect(blueprint)
blueprint.add_app_template_global(views.stopped_run, "stopped_run")
blueprint.add_url_rule("/stopped-runs/<kind>/<row_id:run_id>/resume", "resume", views.resume, methods=["POST"])
