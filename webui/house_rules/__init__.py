"""The rules of the house that the office keeps itself: working time and how numbers are written."""

from __future__ import annotations

import flask

from webui import session
from webui.house_rules import calendars, numbers

_CALENDAR = "/directory/calendar/<where>"
_SERIES = "/directory/numbering/<series_id>"

blueprint = flask.Blueprint("house_rules", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/directory/calendar", "calendars", calendars.overview)
blueprint.add_url_rule(_CALENDAR, "calendar", calendars.show)
blueprint.add_url_rule(f"{_CALENDAR}/edit", "edit_calendar", calendars.edit)
blueprint.add_url_rule(f"{_CALENDAR}/edit", "save_calendar", calendars.save, methods=["POST"])
blueprint.add_url_rule(f"{_CALENDAR}/restore", "restore_form", calendars.restore_form)
blueprint.add_url_rule(f"{_CALENDAR}/restore", "restore", calendars.restore, methods=["POST"])
blueprint.add_url_rule(f"{_CALENDAR}/reschedule", "reschedule_form", calendars.reschedule_form)
blueprint.add_url_rule(f"{_CALENDAR}/reschedule", "reschedule", calendars.reschedule, methods=["POST"])
blueprint.add_url_rule("/directory/numbering", "numbering", numbers.overview)
blueprint.add_url_rule(_SERIES, "series", numbers.show)
blueprint.add_url_rule(f"{_SERIES}/pattern", "pattern_form", numbers.pattern_form)
blueprint.add_url_rule(f"{_SERIES}/pattern", "set_pattern", numbers.set_pattern, methods=["POST"])
blueprint.add_url_rule(f"{_SERIES}/next", "next_form", numbers.next_form)
blueprint.add_url_rule(f"{_SERIES}/next", "raise_next", numbers.raise_next, methods=["POST"])
