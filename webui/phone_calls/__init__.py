"""Putting on record that somebody was told by telephone."""

from __future__ import annotations

import flask

from webui import session
from webui.phone_calls import views

blueprint = flask.Blueprint("phone_calls", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/cases/<row_id:instance_id>/phone-calls", "form", views.form)
blueprint.add_url_rule("/cases/<row_id:instance_id>/phone-calls", "record", views.record, methods=["POST"])
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(phone_calls_of=views.of_case))
