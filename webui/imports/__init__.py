"""Going live: workbooks with what they would change, their progress, and the reconciliation."""

from __future__ import annotations

import flask

from webui.imports import blanks, reconciliation, views
from webui.session import protect

_IMPORT = "/imports/<row_id:import_id>"
_SHEET = f"{_IMPORT}/reconciliation"

blueprint = flask.Blueprint("imports", __name__)
protect(blueprint)
blueprint.add_url_rule("/imports", "overview", views.overview)
blueprint.add_url_rule("/imports", "upload", views.upload, methods=["POST"])
blueprint.add_url_rule("/imports/template.xlsx", "template", views.template)
blueprint.add_url_rule("/imports/present.xlsx", "present", views.present)
blueprint.add_url_rule(_IMPORT, "show", views.show)
blueprint.add_url_rule(f"{_IMPORT}/progress", "progress", views.progress)
blueprint.add_url_rule(f"{_IMPORT}/confirm", "confirm", views.confirm, methods=["POST"])
blueprint.add_url_rule(f"{_IMPORT}/discard", "discard", views.discard, methods=["POST"])
blueprint.add_url_rule(_SHEET, "reconciliation", reconciliation.show)
blueprint.add_url_rule(_SHEET, "sign", reconciliation.sign, methods=["POST"])
blueprint.add_url_rule(f"{_SHEET}.xlsx", "reconciliation_file", reconciliation.download)
blueprint.add_url_rule("/blank-forms", "blanks", blanks.overview)
blueprint.add_url_rule("/blank-forms/<key>/<record_key>", "blank", blanks.paper)
blueprint.add_url_rule("/blank-forms/<key>/<record_key>.pdf", "blank_pdf", blanks.pdf)
