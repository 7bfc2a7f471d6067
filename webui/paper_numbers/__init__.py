"""Numbers on blank papers: reserved when they are printed, and what became of each."""

from __future__ import annotations

import flask

from webui.paper_numbers import printing, views
from webui.session import protect

_NEW = "/paper-numbers/new/<key>/<record_key>"
_ONE = "/paper-numbers/<row_id:block_id>"

blueprint = flask.Blueprint("paper_numbers", __name__)
protect(blueprint)
blueprint.add_url_rule("/paper-numbers", "overview", views.overview)
blueprint.add_url_rule(_NEW, "form", views.form)
blueprint.add_url_rule(_NEW, "reserve", views.reserve, methods=["POST"])
blueprint.add_url_rule(_ONE, "show", views.show)
blueprint.add_url_rule(f"{_ONE}/void", "void", views.void, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/print", "paper", printing.paper)
blueprint.add_url_rule(f"{_ONE}/print.pdf", "pdf", printing.pdf)
