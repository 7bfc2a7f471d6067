"""Help: what each role does with the program, its first hints, the glossary, and the keys of a page."""

from __future__ import annotations

import flask

from webui import session
from webui.help import hints, views

blueprint = flask.Blueprint("help", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/help", "page", views.page)
blueprint.add_url_rule("/help/glossary", "glossary", views.glossary)
blueprint.add_url_rule("/help/keys", "keys", views.keys)
blueprint.add_url_rule("/help/hints/<name>/dismiss", "dismiss", hints.dismiss, methods=["POST"])
blueprint.add_url_rule("/help/hints/show-again", "show_again", hints.show_again, methods=["POST"])


@blueprint.record_once
def _offer(state: flask.blueprints.BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(first_hints=hints.first_hints, terms_in=views.terms_in)
