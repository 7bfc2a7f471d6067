"""One piece of work: its page, and everything a person does with it."""

from __future__ import annotations

import flask

from webui import session
from webui.work_item import ahead, drafts, handing, views

_ONE = "/items/<row_id:work_item_id>"

blueprint = flask.Blueprint("work_item", __name__)
session.protect(blueprint)
blueprint.add_url_rule(_ONE, "show", views.show)
blueprint.add_url_rule(f"{_ONE}/print", "paper", views.paper)
blueprint.add_url_rule(f"{_ONE}/draft", "draft", drafts.save, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/draft/discard", "drop_draft", drafts.discard, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/claim", "claim", handing.claim, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/unclaim", "unclaim", handing.unclaim, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/complete", "complete", views.complete, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/resolve", "resolve", views.resolve, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/return", "return_form", handing.return_form)
blueprint.add_url_rule(f"{_ONE}/return", "return_to", handing.return_to, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/delegate", "delegate_form", handing.delegate_form)
blueprint.add_url_rule(f"{_ONE}/delegate", "delegate", handing.delegate, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/assign", "assign_form", handing.assign_form)
blueprint.add_url_rule(f"{_ONE}/assign", "assign", handing.assign, methods=["POST"])
_AHEAD = f"{_ONE}/ahead/<key>/<element_id>"
blueprint.add_url_rule(_AHEAD, "ahead_form", ahead.form)
blueprint.add_url_rule(_AHEAD, "ahead", ahead.submit, methods=["POST"])
