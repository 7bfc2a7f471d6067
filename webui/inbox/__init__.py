"""What a person has to do, has done and has started."""

from __future__ import annotations

import flask

from webui import session
from webui.inbox import rows, views

blueprint = flask.Blueprint("inbox", __name__)
session.protect(blueprint)
blueprint.add_app_template_global(rows.of_items, "rows_of_items")
blueprint.add_url_rule("/", "todo", views.todo)
blueprint.add_url_rule("/done", "done", views.done)
blueprint.add_url_rule("/started", "started", views.started)
blueprint.add_url_rule("/copied", "copied", views.copied)
