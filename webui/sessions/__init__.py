"""The administrator's page of who is signed in: looked at, searched, ended after a question."""

from __future__ import annotations

import flask

from webui import session
from webui.sessions import page

blueprint = flask.Blueprint("sessions", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/sessions", "overview", page.overview)
blueprint.add_url_rule("/sessions/<row_id:session_id>/end", "end_form", page.end_form)
blueprint.add_url_rule("/sessions/<row_id:session_id>/end", "end", page.end, methods=["POST"])
