"""What people add to a case beside its forms: comments with mentions, and attachments."""

from __future__ import annotations

import flask

from webui import session
from webui.talk import attachments, comments

_CASE = "/cases/<row_id:instance_id>"
_COMMENT = "/comments/<row_id:comment_id>"
_ATTACHMENT = "/attachments/<row_id:attachment_id>"

blueprint = flask.Blueprint("talk", __name__)
session.protect(blueprint)
blueprint.add_url_rule(f"{_CASE}/comments", "comment", comments.add, methods=["POST"])
blueprint.add_url_rule(f"{_CASE}/mentionable", "mentionable", comments.mentionable)
blueprint.add_url_rule(_COMMENT, "edit", comments.edit, methods=["POST"])
blueprint.add_url_rule(f"{_COMMENT}/strike", "strike_form", comments.strike_form)
blueprint.add_url_rule(f"{_COMMENT}/strike", "strike", comments.strike, methods=["POST"])
blueprint.add_url_rule(f"{_CASE}/attachments", "attach", attachments.add, methods=["POST"])
blueprint.add_url_rule(f"{_ATTACHMENT}/strike", "strike_attachment_form", attachments.strike_form)
blueprint.add_url_rule(f"{_ATTACHMENT}/strike", "strike_attachment", attachments.strike, methods=["POST"])
