"""The rules: the list with what is due, and one with its form and what it would erase now."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.errors import ConflictError, FormInvalidError
from engine.i18n import describe_field_error
from engine.permissions import require
from engine.retention import ledger, reading, rules
from engine.retention.kinds import OF_CASES, OF_TENANCIES, SUBJECTS, Kind
from webui import session, unit_of_work
from webui.dialogs import whole_number
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

_RUNS = 5


def overview() -> ResponseReturnValue:
    """Every rule, the last runs, and the digest that the list of erasures ends with."""
    actor = session.actor()
    found = reading.overview(runtime_of(), current(), actor)
    return flask.render_template(
        "retention/overview.html", rows=found, subjects=SUBJECTS, runs=reading.runs(current(), actor, limit=_RUNS).rows,
        head=ledger.head(current()), is_any_on=any(row.rule.is_on for row in found),
        names=procedure_names(), days=runtime_of().settings.notification_days)


def show(kind: str) -> ResponseReturnValue:
    """One rule, and what it would erase now."""
    return _page(kind_of(kind))


def save(kind: str) -> ResponseReturnValue:
    """Set it."""
    require(session.actor(), rules.PERMISSION)
    form, which = flask.request.form, kind_of(kind)
    try:
        unit_of_work.step(lambda uow: rules.set_rule(
            runtime_of(), uow, session.actor(), which, procedure_of(), days=id_of(form, "days"), is_on="is_on" in form,
            from_tenancy="from_tenancy" in form, version=whole_number("version")))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(which, problems), status(error))
    except ConflictError as error:
        unit_of_work.let_go()
        return flask.make_response(_page(which, {"": describe_error(error)}), status(error))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("retention.overview"), 303)


def drop(kind: str) -> ResponseReturnValue:
    """Let a procedure go by the kind's own rule again."""
    which = kind_of(kind)
    unit_of_work.step(lambda uow: rules.drop(runtime_of(), uow, session.actor(), which, procedure_of()))
    flask.flash(gettext("已改為跟隨這類資料的一般規則。"))
    return flask.redirect(flask.url_for("retention.overview"), 303)


def kind_of(name: str) -> Kind:
    """The kind that an address names; 404 for none."""
    if name not in set(Kind):
        flask.abort(404)
    return Kind(name)


def procedure_of() -> str:
    """The procedure that an address names; empty for all."""
    return flask.request.args.get("procedure", "")[:120]


def procedure_names() -> dict[str, str]:
    """What the procedures are called, in the reader's language, by process key."""
    found = definitions.list_latest(runtime_of(), current())
    return {info.key: worded(info.name, info.id) for info in found}


def _page(kind: Kind, problems: dict[str, str] | None = None) -> str:
    found = reading.preview(runtime_of(), current(), session.actor(), kind, procedure_of())
    return flask.render_template(
        "retention/rule.html", found=found, rule=found.rule, subject=SUBJECTS[kind], problems=problems or {},
        is_of_cases=kind in OF_CASES, may_wait=kind in OF_TENANCIES, names=procedure_names())
