"""The company's directory: lists, entries with their history, and what pickers look up."""

from __future__ import annotations

from functools import partial

import flask

from engine.company import entries
from webui import session
from webui.directory import editing, exporting, listing, people, shown, views

_ENTRY = "/directory/<kind>/<row_id:entry_id>"
_PERSON = "/directory/person/<row_id:entry_id>"

blueprint = flask.Blueprint("directory", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/directory/search", "search", views.search)
blueprint.add_url_rule("/directory", "overview", listing.overview)
blueprint.add_url_rule("/directory/<kind>", "listing", listing.listing)
blueprint.add_url_rule("/directory/<kind>/list.<file_kind>", "download", exporting.download)
blueprint.add_url_rule("/directory/<kind>/new", "new", editing.new)
blueprint.add_url_rule("/directory/<kind>/new", "create", editing.create, methods=["POST"])
blueprint.add_url_rule(_ENTRY, "show", listing.show)
blueprint.add_url_rule(f"{_ENTRY}/edit", "edit", editing.edit)
blueprint.add_url_rule(f"{_ENTRY}/edit", "change", editing.change, methods=["POST"])
blueprint.add_url_rule(f"{_ENTRY}/deactivate", "deactivate_form", editing.deactivate_form)
blueprint.add_url_rule(f"{_ENTRY}/deactivate", "deactivate", editing.deactivate, methods=["POST"])
blueprint.add_url_rule(f"{_ENTRY}/reactivate", "reactivate_form", editing.reactivate_form)
blueprint.add_url_rule(f"{_ENTRY}/reactivate", "reactivate", editing.reactivate, methods=["POST"])
blueprint.add_url_rule(f"{_PERSON}/roles", "roles_form", people.roles_form)
blueprint.add_url_rule(f"{_PERSON}/roles", "roles", people.roles, methods=["POST"])
blueprint.add_url_rule(f"{_PERSON}/password-link", "password_link", people.password_link, methods=["POST"])
blueprint.add_url_rule(f"{_PERSON}/password", "reset_password", people.reset_password, methods=["POST"])
blueprint.add_url_rule(f"{_PERSON}/sessions/end", "end_sessions", people.end_sessions, methods=["POST"])
blueprint.add_url_rule(f"{_PERSON}/sessions/<row_id:session_id>/end", "end_session", people.end_session, methods=["POST"])
blueprint.app_context_processor(lambda: {
    "cell": shown.cell, "field_words": shown.words, "column_title": shown.column_title, "changed_words": shown.changed_words,
    "changed_label": shown.changed_label, "actions": shown.ACTIONS, "tenancy_kind": entries.TENANCY, "staff_roles": shown.staff_roles,
    "session_address_of": lambda entry_id: partial(people.session_address, entry_id),
})
