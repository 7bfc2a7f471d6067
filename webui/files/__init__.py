"""Files that forms hold, to those who may see them."""

from __future__ import annotations

import flask

from webui import session
from webui.files import views

blueprint = flask.Blueprint("files", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/files/<row_id:file_id>", "show", views.show)
blueprint.add_url_rule("/files/<row_id:file_id>/thumbnail", "thumbnail", views.thumbnail)
