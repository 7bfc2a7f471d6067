"""What if: the weeks ahead played with other staff or more cases, asked on a page and looked at on another."""

from __future__ import annotations

import flask

from webui import session
from webui.what_if import views

_ONE = "/what-if/<row_id:run_id>"

blueprint = flask.Blueprint("what_if", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/what-if", "overview", views.overview)
blueprint.add_url_rule("/what-if", "begin", views.begin, methods=["POST"])
blueprint.add_url_rule("/what-if/new", "ask", views.ask)
blueprint.add_url_rule(_ONE, "show", views.show)
blueprint.add_url_rule(f"{_ONE}/progress", "progress", views.progress)
blueprint.add_url_rule(f"{_ONE}/stop", "stop", views.stop, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/delete", "delete_form", views.delete_form)
blueprint.add_url_rule(f"{_ONE}/delete", "delete", views.delete, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/figures.<any(csv, xlsx):kind>", "download", views.download)
