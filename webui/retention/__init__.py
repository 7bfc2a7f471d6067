"""The administrator's pages of keeping personal data: rules with what they would erase, runs, holds, and one tenant's request."""

from __future__ import annotations

import flask

from webui import session
from webui.retention import holding, ruling, running, tenants

blueprint = flask.Blueprint("retention", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/retention", "overview", ruling.overview)
blueprint.add_url_rule("/retention/rules/<kind>", "rule", ruling.show)
blueprint.add_url_rule("/retention/rules/<kind>", "save", ruling.save, methods=["POST"])
blueprint.add_url_rule("/retention/rules/<kind>/drop", "drop", ruling.drop, methods=["POST"])
blueprint.add_url_rule("/retention/rules/<kind>/run", "ask_run", running.ask)
blueprint.add_url_rule("/retention/rules/<kind>/run", "begin", running.begin, methods=["POST"])
blueprint.add_url_rule("/retention/runs", "runs", running.overview)
blueprint.add_url_rule("/retention/runs/<row_id:run_id>", "run", running.show)
blueprint.add_url_rule("/retention/runs/<row_id:run_id>/stop", "stop", running.stop, methods=["POST"])
blueprint.add_url_rule("/retention/holds", "holds", holding.overview)
blueprint.add_url_rule("/retention/holds", "place", holding.place, methods=["POST"])
blueprint.add_url_rule("/retention/holds/<row_id:hold_id>/lift", "lift_form", holding.lift_form)
blueprint.add_url_rule("/retention/holds/<row_id:hold_id>/lift", "lift", holding.lift, methods=["POST"])
blueprint.add_url_rule("/retention/tenants/<row_id:tenant_id>", "tenant", tenants.show)
blueprint.add_url_rule("/retention/tenants/<row_id:tenant_id>", "erase_tenant", tenants.erase, methods=["POST"])
