"""What every list offers beside its rows: saved filters, many at once, the calendar, files."""

from __future__ import annotations

import flask

from webui import session
from webui.lists import bulk, calendar, exporting, saving

blueprint = flask.Blueprint("lists", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/calendar", "calendar", calendar.show)
blueprint.add_url_rule("/lists/<list_name>/file.<any(csv, xlsx):kind>", "download", exporting.download)
blueprint.add_url_rule("/lists/bulk/preview", "preview", bulk.preview, methods=["POST"])
blueprint.add_url_rule("/lists/bulk", "run", bulk.run, methods=["POST"])
blueprint.add_url_rule("/lists/<list_name>/filters", "save", saving.save, methods=["POST"])
blueprint.add_url_rule("/lists/<list_name>/plain", "open_plainly", saving.open_plainly, methods=["POST"])
blueprint.add_url_rule("/lists/filters/<row_id:filter_id>/default", "choose", saving.choose, methods=["POST"])
blueprint.add_url_rule("/lists/filters/<row_id:filter_id>/delete", "remove", saving.remove, methods=["POST"])
