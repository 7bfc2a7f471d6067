"""The manager's day: what is late, what soon will be, what stands still or failed, who has how much, and the lists behind each number."""

from __future__ import annotations

import flask

from webui import session
from webui.today import views

blueprint = flask.Blueprint("today", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/today", "show", views.show)
blueprint.add_url_rule("/today/cases", "cases", views.cases)
blueprint.add_url_rule("/today/work", "work", views.work)
blueprint.add_url_rule("/today/limits/<limit_id>", "clocks", views.clocks)
