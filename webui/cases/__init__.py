"""Cases: the list, one case with its picture and story, and what a manager may do with it."""

from __future__ import annotations

import flask

from webui import session
from webui.cases import correcting, element, intervening, interventions, migrating, moving, one_field, pdf, rows, steering, views

_ONE = "/cases/<row_id:instance_id>"

blueprint = flask.Blueprint("cases", __name__)
session.protect(blueprint)
blueprint.add_app_template_global(rows.of_cases, "rows_of_cases")
blueprint.add_app_template_global(rows.of_copies, "rows_of_copies")
blueprint.add_app_template_global(intervening.may_intervene, "may_intervene")
blueprint.add_app_template_global(intervening.verbs, "intervention_verbs")
blueprint.add_app_template_global(intervening.verbs_of, "interventions_of")
blueprint.add_app_template_global(one_field.words, "held_words")
blueprint.add_url_rule("/cases", "overview", views.overview)
blueprint.add_url_rule("/cases/intervene", "intervene_form", intervening.ask)
blueprint.add_url_rule("/cases/intervene", "intervene", intervening.ask, methods=["POST"])
blueprint.add_url_rule("/cases/intervene/now", "intervene_now", intervening.run, methods=["POST"])
blueprint.add_url_rule("/interventions", "interventions", interventions.overview)
blueprint.add_url_rule("/interventions/file.<any(csv, xlsx):kind>", "interventions_file", interventions.download)
blueprint.add_url_rule("/interventions/<row_id:intervention_id>", "intervention", intervening.show)
blueprint.add_url_rule("/interventions/<row_id:intervention_id>/undo", "undo_intervention", intervening.undo, methods=["POST"])
blueprint.add_url_rule("/interventions/<row_id:intervention_id>/stop", "stop_intervention", intervening.stop, methods=["POST"])
blueprint.add_url_rule("/cases/filters", "further", views.further)
blueprint.add_url_rule(_ONE, "show", views.show)
blueprint.add_url_rule(f"{_ONE}/history", "story", views.story)
blueprint.add_url_rule(f"{_ONE}/steps/<process>/<element_id>", "element", element.show)
blueprint.add_url_rule("/records/<row_id:record_id>", "paper", views.paper)
blueprint.add_url_rule("/records/<row_id:record_id>/file.pdf", "pdf", pdf.download)
blueprint.add_url_rule(f"{_ONE}/suspend", "suspend_form", steering.suspend_form)
blueprint.add_url_rule(f"{_ONE}/suspend", "suspend", steering.suspend, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/resume", "resume_form", steering.resume_form)
blueprint.add_url_rule(f"{_ONE}/resume", "resume", steering.resume, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/cancel", "cancel_form", steering.cancel_form)
blueprint.add_url_rule(f"{_ONE}/cancel", "cancel", steering.cancel, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/void", "void_form", steering.void_form)
blueprint.add_url_rule(f"{_ONE}/void", "void", steering.void, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/incidents/<row_id:incident_id>/retry", "retry", steering.retry, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/history/<row_id:seq>/correct-time", "correct_form", correcting.correct_form)
blueprint.add_url_rule(f"{_ONE}/history/<row_id:seq>/correct-time", "correct", correcting.correct, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/move", "move_form", moving.form)
blueprint.add_url_rule(f"{_ONE}/move", "move", moving.move, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/move/undo", "undo_move", moving.undo, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/migrate", "migrate_form", migrating.form)
blueprint.add_url_rule(f"{_ONE}/migrate", "migrate", migrating.migrate, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/migrate/undo", "undo_migration", migrating.undo, methods=["POST"])
