"""The dispatcher's board: open work by state with its clocks, who has what, giving work out, and where it is late."""

from __future__ import annotations

import flask

from webui import session
from webui.board import giving, views

blueprint = flask.Blueprint("board", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/board", "show", views.show)
blueprint.add_url_rule("/board/<process>/columns/<column>", "column", views.column)
blueprint.add_url_rule("/board/<process>/assign/<row_id:work_item_id>", "assign_form", giving.assign_form)
blueprint.add_url_rule("/board/<process>/assign/<row_id:work_item_id>", "assign", giving.assign, methods=["POST"])
blueprint.add_url_rule("/board/<process>/undo", "undo", giving.undo, methods=["POST"])
