"""New versions of procedures before and after they are deployed: what is different, whom it concerns, who moves to them."""

from __future__ import annotations

import flask

from webui.rollouts import counting, differences, proposal, runs, views
from webui.session import protect

_ONE = "/rollouts/<row_id:proposal_id>"
_RUN = "/rollouts/runs/<row_id:run_id>"
_KEY = "/rollouts/procedures/<key>"
_VERSION = "/rollouts/versions/<row_id:definition_id>"

blueprint = flask.Blueprint("rollouts", __name__)
protect(blueprint)
blueprint.add_app_template_global(views.may_migrate, "may_migrate")
blueprint.add_url_rule("/rollouts", "overview", views.overview)
blueprint.add_url_rule("/rollouts/count", "count", counting.begin, methods=["POST"])
blueprint.add_url_rule("/rollouts/count", "counted", counting.progress)
blueprint.add_url_rule("/rollouts/selection", "selection", views.selection, methods=["POST"])
blueprint.add_url_rule("/rollouts", "propose", views.propose, methods=["POST"])
blueprint.add_url_rule("/rollouts/drafts/<row_id:draft_id>", "from_draft", views.from_draft, methods=["POST"])
blueprint.add_url_rule(_ONE, "show", proposal.show)
blueprint.add_url_rule(f"{_ONE}/differences", "differences", differences.of_proposal)
blueprint.add_url_rule(f"{_ONE}/preview", "preview", proposal.preview, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/deploy", "deploy", proposal.deploy, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/ask", "ask", proposal.ask, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/approve", "approve", proposal.approve, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/refuse", "refuse", proposal.refuse, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/withdraw", "withdraw", proposal.withdraw, methods=["POST"])
blueprint.add_url_rule(_KEY, "procedure", views.procedure)
blueprint.add_url_rule(f"{_KEY}/rule", "rule", views.rule, methods=["POST"])
blueprint.add_url_rule(f"{_KEY}/versions/<row_id:definition_id>/restore", "restore", views.restore, methods=["POST"])
blueprint.add_url_rule(_VERSION, "version", views.version)
blueprint.add_url_rule(_VERSION, "migrate", views.migrate, methods=["POST"])
blueprint.add_url_rule("/rollouts/versions/<row_id:before_id>/to/<row_id:after_id>", "compare", differences.versions)
blueprint.add_url_rule(_RUN, "run", runs.show)
blueprint.add_url_rule(f"{_RUN}/progress", "progress", runs.progress)
blueprint.add_url_rule(f"{_RUN}/stop", "stop", runs.stop, methods=["POST"])
blueprint.add_url_rule(f"{_RUN}/undo", "undo", runs.undo, methods=["POST"])
