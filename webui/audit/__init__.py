"""Who did what, for the administrator and, of their sites, for managers."""

from __future__ import annotations

import flask

from webui import session
from webui.audit import exporting, page

blueprint = flask.Blueprint("audit", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/audit", "overview", page.overview)
blueprint.add_url_rule("/audit.<any(csv, xlsx):file_kind>", "download", exporting.download)
