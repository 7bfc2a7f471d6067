"""The manual's limits measured: all of them over a period, one told apart by building and person, the cases behind a figure."""

from __future__ import annotations

import flask

from webui import session
from webui.limits import targets, views

blueprint = flask.Blueprint("limits", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/limits", "overview", views.overview)
blueprint.add_url_rule("/limits/over-time", "charts", views.charts)
blueprint.add_url_rule("/limits/<limit_id>", "show", views.show)
blueprint.add_url_rule("/limits/<limit_id>/target", "target", targets.show)
blueprint.add_url_rule("/limits/<limit_id>/target", "set_target", targets.save, methods=["POST"])
blueprint.add_url_rule("/limits/<limit_id>/target/<row_id:target_id>/withdraw", "withdraw_target", targets.withdraw, methods=["POST"])
blueprint.add_url_rule("/limits/<limit_id>/cases.csv", "download", views.download)
