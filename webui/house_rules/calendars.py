"""Working time of the company and of sites: what holds, what changes it, and what that means for due times already set."""

from __future__ import annotations

from calendar import monthcalendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.calendars import WEEKDAYS, WorkingCalendar
from engine.company import calendars, rescheduling
from engine.company.calendars import COMPANY, KIND, KeptCalendar
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError
from engine.i18n import describe_field_error
from engine.permissions import EVERYWHERE, may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason, whole_number
from webui.directory.listing import sections
from webui.display import local
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

_MONTHS = 3
DAY_NAMES = dict(zip(WEEKDAYS, ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"), strict=True))
_RESTORE_SITE = Dialog("改用公司的工作曆", "這個園區不再有自己的工作時間，改按公司的計算。", "改用公司的", reason=True)
_RESTORE_COMPANY = Dialog("恢復原設定", "公司的工作時間恢復為安裝時的設定。", "恢復原設定", reason=True)
_RESCHEDULE = Dialog("重算期限", "尚未到期、按工作時間計算的期限，將按現在的工作曆重新計算，並記入各案件的歷程。", "重算")


@dataclass(frozen=True, slots=True)
class Month:
    """One month as a grid of weeks."""

    first: date
    #: (day or None, `work`, `rest`, `off` or `extra`)
    weeks: tuple[tuple[tuple[int | None, str], ...], ...]


def overview() -> ResponseReturnValue:
    """The company's and every site's."""
    require(session.actor(), "directory:read")
    return flask.render_template(
        "house_rules/calendars.html", calendars=calendars.listing(runtime_of(), current()), texts=calendars.texts, day_names=DAY_NAMES,
        sections=sections())


def show(where: str) -> ResponseReturnValue:
    """What holds, the next months, who changed what, and due times that were set before."""
    actor = session.actor()
    require(actor, "directory:read")
    kept = _kept(where)
    history = entries.history(current(), KIND, kept.entry, after=flask.request.args.get("after"))
    last = history.rows[0] if history.rows else None
    is_open = last is not None and last.action in ("changed", "restored")
    may_write = may(actor, "calendar:write", EVERYWHERE if kept.site_id is None else kept.site_id)
    return flask.render_template(
        "house_rules/calendar.html", kept=kept, texts=calendars.texts(kept.calendar), day_names=DAY_NAMES, history=history,
        months=_months(kept.calendar), may_write=may_write, is_moving=last is not None and last.action == "rescheduling",
        concerned=rescheduling.concerned(runtime_of(), current(), kept.site_id) if may_write and is_open else None)


def edit(where: str) -> ResponseReturnValue:
    """The form."""
    kept = _writable(where)
    return _form(kept, calendars.texts(kept.calendar))


def save(where: str) -> ResponseReturnValue:
    """Keep it, if it is still as it was when the form was opened."""
    kept, form = _writable(where), flask.request.form
    try:
        reason, version = required_reason(), whole_number("version")
        unit_of_work.step(lambda uow: calendars.save(runtime_of(), uow, session.actor(), kept.site_id, form, reason, version))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _form(_kept(where), form, error)
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("house_rules.calendar", where=where), 303)


def restore_form(where: str) -> ResponseReturnValue:
    """Ask why."""
    return _ask(_writable(where), where, "house_rules.restore")


def restore(where: str) -> ResponseReturnValue:
    """Follow the company, or the installed setting, again."""
    kept = _writable(where)
    return _answered(kept, where, "house_rules.restore", lambda uow, reason: calendars.restore(
        runtime_of(), uow, session.actor(), kept.site_id, reason))


def reschedule_form(where: str) -> ResponseReturnValue:
    """Ask whether due times shall be moved."""
    return _ask(_writable(where), where, "house_rules.reschedule")


def reschedule(where: str) -> ResponseReturnValue:
    """Have them moved; the page says when that is done."""
    kept = _writable(where)
    unit_of_work.step(lambda uow: rescheduling.ask(runtime_of(), uow, session.actor(), kept.site_id))
    flask.flash(gettext("正在重算期限，完成後會記入更改記錄。"))
    return flask.redirect(flask.url_for("house_rules.calendar", where=where), 303)


def _kept(where: str) -> KeptCalendar:
    if where != COMPANY and not (where.isascii() and where.isdigit() and len(where) < 19):
        flask.abort(404)
    return calendars.show(runtime_of(), current(), None if where == COMPANY else int(where))


def _writable(where: str) -> KeptCalendar:
    site_id = int(where) if where.isascii() and where.isdigit() and len(where) < 19 else EVERYWHERE
    require(session.actor(), "calendar:write", site_id)
    return _kept(where)


def _form(kept: KeptCalendar, values: Mapping[str, Any], error: GuichengError | None = None) -> flask.Response:
    refused = error.errors if isinstance(error, FormInvalidError) else ()
    body = flask.render_template(
        "house_rules/calendar_form.html", kept=kept, values=values, day_names=DAY_NAMES,
        errors={each.field: describe_field_error(each, current_locale()) for each in refused},
        problem=describe_error(error) if error is not None else "")
    return flask.make_response(body, status(error) if error is not None else 200)


def _ask(kept: KeptCalendar, where: str, endpoint: str, problem: str = "", code: int = 200) -> flask.Response:
    restoring = _RESTORE_COMPANY if kept.site_id is None else _RESTORE_SITE
    dialog = restoring if endpoint == "house_rules.restore" else _RESCHEDULE
    back = flask.url_for("house_rules.calendar", where=where)
    return render(dialog, flask.url_for(endpoint, where=where), back, problem, code)


def _answered(kept: KeptCalendar, where: str, endpoint: str, act: Callable[[UnitOfWork, str], None]) -> ResponseReturnValue:
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: act(uow, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(kept, where, endpoint, describe_error(error), status(error))
    return flask.redirect(flask.url_for("house_rules.calendar", where=where), 303)


def _months(calendar: WorkingCalendar) -> list[Month]:
    today = local(runtime_of().clock.now()).date()
    found = []
    for ahead in range(_MONTHS):
        years, month = divmod(today.month - 1 + ahead, 12)
        first = date(today.year + years, month + 1, 1)
        weeks = tuple(
            tuple((day or None, _look(calendar, first.replace(day=day)) if day else "") for day in week)
            for week in monthcalendar(first.year, first.month))
        found.append(Month(first, weeks))
    return found


def _look(calendar: WorkingCalendar, day: date) -> str:
    is_usual = bool(calendar.hours[day.weekday()])
    if calendar.is_working_day(day):
        return "work" if is_usual else "extra"
    return "off" if is_usual else "rest"
