"""Signature chains on pages: who signs, what they said, and everything that can be done about it besides signing; copies and nudges."""

from __future__ import annotations

import flask

from webui import session
from webui.approvals import attention, signing

_ITEM = "/items/<row_id:work_item_id>"
_PART = "/approvals/<row_id:approval_id>"
_CASE = "/cases/<row_id:instance_id>"

blueprint = flask.Blueprint("approvals", __name__)
session.protect(blueprint)
blueprint.add_url_rule(f"{_ITEM}/signers", "add_form", signing.add_form)
blueprint.add_url_rule(f"{_ITEM}/signers", "add", signing.add, methods=["POST"])
blueprint.add_url_rule(f"{_ITEM}/hand-over", "hand_over_form", signing.hand_over_form)
blueprint.add_url_rule(f"{_ITEM}/hand-over", "hand_over", signing.hand_over, methods=["POST"])
blueprint.add_url_rule(f"{_PART}/remove", "remove_form", signing.remove_form)
blueprint.add_url_rule(f"{_PART}/remove", "remove", signing.remove, methods=["POST"])
blueprint.add_url_rule(f"{_PART}/withdraw", "withdraw", signing.withdraw, methods=["POST"])
blueprint.add_url_rule(f"{_ITEM}/nudge", "nudge", attention.nudge, methods=["POST"])
blueprint.add_url_rule(f"{_CASE}/copy", "copy_form", attention.copy_form)
blueprint.add_url_rule(f"{_CASE}/copy", "copy", attention.copy, methods=["POST"])
blueprint.add_url_rule(f"{_CASE}/revoke", "revoke_form", attention.revoke_form)
blueprint.add_url_rule(f"{_CASE}/revoke", "revoke", attention.revoke, methods=["POST"])
