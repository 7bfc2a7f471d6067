"""Designers' pages: the procedures with how they stand, and the editor of one."""

from __future__ import annotations

import flask

from webui.designer import bringing, mine, parts, play, views, words
from webui.session import protect

_ONE = "/designer/<string(maxlength=120):name>"
_PART = f"{_ONE}/<any(form, record, register):kind>s/<string(maxlength=60):key>"

blueprint = flask.Blueprint("designer", __name__)
protect(blueprint)
blueprint.add_url_rule("/designer", "overview", views.overview)
blueprint.add_url_rule("/designer", "begin", views.begin, methods=["POST"])
blueprint.add_url_rule("/designer/new", "new", views.new)
blueprint.add_url_rule("/designer/my-drafts", "mine", mine.page)
blueprint.add_url_rule("/designer/my-drafts/<row_id:draft_id>/reopen", "reopen", mine.reopen, methods=["POST"])
blueprint.add_url_rule("/designer/bring-in", "bring_in", bringing.page)
blueprint.add_url_rule("/designer/bring-in", "bring_in_look", bringing.look, methods=["POST"])
blueprint.add_url_rule("/designer/bring-in/begin", "bring_in_begin", bringing.begin, methods=["POST"])
blueprint.add_url_rule("/designer/words.json", "words", words.serve)
blueprint.add_url_rule(_ONE, "editor", views.editor)
blueprint.add_url_rule(f"{_ONE}/close", "close", views.close, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/access", "access", views.access)
blueprint.add_url_rule(f"{_ONE}/access", "grant", views.grant, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play", "play", play.page)
blueprint.add_url_rule(f"{_ONE}/play", "play_begin", play.begin, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/act", "play_act", play.act, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/forward", "play_forward", play.forward, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/send", "play_send", play.send, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/undo", "play_undo", play.undo, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/save", "play_save", play.save, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/play/drop", "play_drop", play.drop, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/parts", "parts", parts.overview)
blueprint.add_url_rule(f"{_ONE}/parts", "begin_part", parts.begin, methods=["POST"])
blueprint.add_url_rule(_PART, "part", parts.part)
blueprint.add_url_rule(f"{_PART}/preview", "preview", parts.preview, methods=["POST"])
