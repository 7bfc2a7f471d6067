"""The front desk: taking calls, who else called, shifts, what the day still needs."""

from __future__ import annotations

import flask

from webui import session
from webui.desk import calls, intake_views, needs, shifts

blueprint = flask.Blueprint("desk", __name__)
session.protect(blueprint)
_rule = blueprint.add_url_rule
_rule("/desk", "screen", intake_views.screen)
_rule("/desk/find", "find", intake_views.find)
_rule("/desk/place", "place", intake_views.place)
_rule("/desk/form/<key>", "form", intake_views.form)
_rule("/desk/alike/<key>", "alike", intake_views.alike)
_rule("/desk/calls/<key>", "submit", intake_views.submit, methods=["POST"])
_rule("/desk/calls/<key>/joins/<row_id:instance_id>", "join", calls.join, methods=["POST"])
_rule("/cases/<row_id:instance_id>/reporters", "reporter_form", calls.reporter_form)
_rule("/cases/<row_id:instance_id>/reporters", "add_reporter", calls.add_reporter, methods=["POST"])
_rule("/reporters/<row_id:reporter_id>/told", "told_form", calls.told_form)
_rule("/reporters/<row_id:reporter_id>/told", "told", calls.told, methods=["POST"])
_rule("/desk/needs", "needs", needs.overview)
_rule("/desk/needs/today", "needs_today", needs.today)
_rule("/desk/needs/limits/<limit_id>", "needs_limit", needs.limit)
_rule("/desk/needs/untold", "needs_untold", needs.untold)
_rule("/desk/shift", "shift", shifts.show)
_rule("/desk/shift/take-over", "take_over", shifts.take_over, methods=["POST"])
_rule("/desk/shift/hand-over", "hand_over", shifts.hand_over, methods=["POST"])
_rule("/desk/shift/notes", "write_note", shifts.write_note, methods=["POST"])
_rule("/desk/shift/notes/<row_id:note_id>/done", "tick_note", shifts.tick_note, methods=["POST"])
_rule("/desk/duty", "put_on_duty", shifts.put_on_duty, methods=["POST"])
_rule("/desk/duty/<row_id:duty_id>/withdraw", "take_off_duty", shifts.take_off_duty, methods=["POST"])
