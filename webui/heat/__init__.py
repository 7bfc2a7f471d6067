"""A procedure's diagram with what its cases did at each step, and the cases behind each figure."""

from __future__ import annotations

import flask

from webui import session
from webui.heat import reading, views

blueprint = flask.Blueprint("heat", __name__)
session.protect(blueprint)
blueprint.add_app_template_global(reading.may_see, "may_see_heat")
blueprint.add_url_rule("/heat", "choose", views.choose)
blueprint.add_url_rule("/heat/<string(maxlength=120):key>", "show", views.show)
blueprint.add_url_rule("/heat/<string(maxlength=120):key>/cases", "cases", views.cases)
blueprint.add_url_rule("/heat/<string(maxlength=120):key>/log.<any(xes, ocel):kind>", "download", views.download)
