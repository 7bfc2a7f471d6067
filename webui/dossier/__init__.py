"""業戶檔案: everything about one unit or tenant, and who looked at papers of identity."""

from __future__ import annotations

import flask

from webui import session
from webui.dossier import identity, views

blueprint = flask.Blueprint("dossier", __name__)
session.protect(blueprint)
_rule = blueprint.add_url_rule
_rule("/dossiers", "search", views.search)
_rule("/dossiers/units/<row_id:unit_id>", "unit", views.unit)
_rule("/dossiers/tenants/<row_id:tenant_id>", "tenant", views.tenant)
_rule("/dossiers/<any(unit, tenant):kind>/<row_id:target_id>/cases", "cases", views.cases)
_rule("/dossiers/<any(unit, tenant):kind>/<row_id:target_id>/files", "files", views.files)
_rule("/dossiers/looks", "looks", identity.looks)
_rule("/cases/<row_id:instance_id>/identity", "identity_form", identity.ask)
_rule("/cases/<row_id:instance_id>/identity", "identity", identity.reveal, methods=["POST"])
