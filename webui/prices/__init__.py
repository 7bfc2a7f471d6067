"""The price list: public as a page and a sheet (收費 4.2.1), kept by the manager as versions by date."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from webui import session
from webui.prices import views

_ITEM = "/directory/prices/<path:code>"

blueprint = flask.Blueprint("prices", __name__)
blueprint.add_url_rule("/prices", "public", views.public)
blueprint.add_url_rule("/directory/prices", "overview", views.overview)
blueprint.add_url_rule("/directory/prices/new", "new", views.new)
blueprint.add_url_rule("/directory/prices/new", "create", views.create, methods=["POST"])
blueprint.add_url_rule(_ITEM, "show", views.show)
blueprint.add_url_rule(f"{_ITEM}/switch", "switch_form", views.switch_form)
blueprint.add_url_rule(f"{_ITEM}/switch", "switch", views.switch, methods=["POST"])


@blueprint.before_request
def _require_sign_in() -> ResponseReturnValue | None:
    # the list hangs in the lobby as well: nobody has to sign in to read it
    found: ResponseReturnValue | None = None if flask.request.endpoint == "prices.public" else session.require_sign_in()
    return found
