"""Pages of people without an account: one work item behind a one-time link, and nothing else of the application."""

from __future__ import annotations

import flask
from werkzeug.exceptions import HTTPException

from engine.errors import GuichengError
from webui.outside import views
from webui.security import csrf

blueprint = flask.Blueprint("outside", __name__, url_prefix="/l")
# no session stands behind these pages: `guard` has a token of its own, bound to the link
csrf.exempt(blueprint)
blueprint.add_url_rule("/<token>", "show", views.show)
blueprint.add_url_rule("/<token>", "submit", views.submit, methods=["POST"])
blueprint.add_url_rule("/<token>/files/<row_id:file_id>", "file", views.file)
blueprint.before_request(views.begin)
blueprint.after_request(views.seal)
blueprint.register_error_handler(GuichengError, views.fail)
blueprint.register_error_handler(HTTPException, views.fail)
