"""The administrator's page of background jobs: what waits, runs and was given up, and how the jobs are."""

from __future__ import annotations

import flask

from webui import session
from webui.jobs import page

blueprint = flask.Blueprint("jobs", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/jobs", "overview", page.overview)
# a job's id may hold any character: it is a parameter
blueprint.add_url_rule("/jobs/<any(retry, cancel):verb>", "ask", page.ask)
blueprint.add_url_rule("/jobs/<any(retry, cancel):verb>", "act", page.act, methods=["POST"])
