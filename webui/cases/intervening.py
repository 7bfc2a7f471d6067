"""Stepping in, on one case or a selection: what is to be done and why, what would become of each, then what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import flask
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine import case_narrowing, intervention_runs, interventions, permissions
from engine.errors import InvalidError, NotFoundError
from engine.i18n import fill, translate
from engine.intervention_runs import AT_ONCE, MOST, Outcome, TooManyCasesError
from engine.interventions import PERMISSIONS, Effect, Order, Verb
from engine.queries import instances, work_items
from engine.queries.case_filters import OPEN_STATES
from engine.queries.instances import InstanceRow
from webui import session, unit_of_work
from webui.cases import one_field
from webui.cases.narrowing import case_narrowing_of
from webui.cases.story import VERBS
from webui.display import moment, role_name, zone
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.listing.narrowing import MOST_ROWS, narrowing
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

#: what of an effect's data are names of the diagram, moments, and wording of ours
_OF_DIAGRAM, _MOMENTS, _OURS = ("step", "target", "label"), ("before", "after"), ("before", "person")
#: cases of a preview that are shown at first
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a preview or of what was done, in the reader's words."""

    instance_id: int
    title: str
    number: str
    state: str
    effects: tuple[str, ...]
    problem: str


def may_intervene() -> bool:
    """Whether the person intervenes anywhere."""
    return interventions.may_intervene(session.actor())


def verbs_of(case: InstanceRow) -> list[tuple[str, str]]:
    """(verb, wording) of what has no place of its own on the page of a case, as far as the person may do it there."""
    if case.state not in OPEN_STATES:
        return []
    offered = interventions.offered(session.actor(), case.site_id)
    return [(verb.value, VERBS[verb]) for verb in (Verb.REASSIGN, Verb.DUE, Verb.CORRECT) if verb in offered]


def verbs() -> list[tuple[str, str]]:
    """(verb, wording) of what the person may do."""
    return [(verb.value, VERBS[verb]) for verb in interventions.offered(session.actor())]


def ask() -> ResponseReturnValue:
    """Ask for what the verb needs; once that and a reason are given, show what would become of each case."""
    verb, ids = _verb(), chosen_ids()
    permissions.require(session.actor(), PERMISSIONS[verb])
    if "reason" not in flask.request.form:
        return _page(verb, ids)
    try:
        order = _order(verb)
        if verb is Verb.CORRECT:
            one_field.check(ids[0], order.variable, order.value)
        unit_of_work.let_go()
        outcomes = intervention_runs.preview(runtime_of(), session.actor(), order, ids)
    except InvalidError as error:
        unit_of_work.let_go()
        return flask.make_response(_page(verb, ids, error=error), status(error))
    return _page(verb, ids, lines=[_line(each) for each in outcomes])


def run() -> ResponseReturnValue:
    """Do it: few at once, many in the background; the page of the order says what became of each."""
    verb, ids, actor = _verb(), chosen_ids(), session.actor()
    try:
        order = _order(verb)
        made = unit_of_work.step(lambda uow: intervention_runs.begin(runtime_of(), uow, actor, order, ids))
    except InvalidError as error:
        unit_of_work.let_go()
        return flask.make_response(_page(verb, ids, error=error), status(error))
    unit_of_work.let_go()
    if len(set(ids)) <= AT_ONCE:
        intervention_runs.carry_out(runtime_of(), made, actor)
    return flask.redirect(flask.url_for("cases.intervention", intervention_id=made, back=_back()), 303)


def show(intervention_id: int) -> ResponseReturnValue:
    """An order, how far it is, and what became of each case."""
    actor, uow = session.actor(), current()
    found = intervention_runs.get(uow, actor, intervention_id)
    page = intervention_runs.cases(uow, actor, intervention_id, after=flask.request.args.get("after"), limit=MOST_ROWS)
    is_part = "HX-Request" in flask.request.headers
    template = "cases/intervention_part.html" if is_part else "cases/intervention.html"
    return flask.render_template(
        template, found=found, verb=VERBS[found.verb], lines=[_line(each) for each in page.rows], after=page.after,
        back=_safe(flask.request.args.get("back", "")))


def undo(intervention_id: int) -> ResponseReturnValue:
    """Take back what can be."""
    actor = session.actor()
    is_queued = unit_of_work.step(lambda uow: intervention_runs.undo(runtime_of(), uow, actor, intervention_id))
    if not is_queued:
        unit_of_work.let_go()
        intervention_runs.carry_back(runtime_of(), intervention_id, actor)
    return flask.redirect(flask.url_for("cases.intervention", intervention_id=intervention_id, back=_back()), 303)


def stop(intervention_id: int) -> ResponseReturnValue:
    """Do no more cases."""
    unit_of_work.step(lambda uow: intervention_runs.stop(runtime_of(), uow, session.actor(), intervention_id))
    return flask.redirect(flask.url_for("cases.intervention", intervention_id=intervention_id, back=_back()), 303)


def _verb() -> Verb:
    text = flask.request.values.get("verb", "")
    if text not in list(Verb):
        raise NotFoundError(kind="操作", id=text[:20] or "—")
    return Verb(text)


def chosen_ids() -> list[int]:
    """The chosen cases, or all that a list's address shows."""
    if flask.request.form.get("all"):
        return _of_list(flask.request.form.get("query", ""))
    numbers = [text for text in flask.request.values.getlist("item") if text.isascii() and text.isdigit() and len(text) < 19]
    if not 1 <= len(numbers) <= MOST:
        raise TooManyCasesError(most=MOST)
    return [int(text) for text in numbers]


def _of_list(query: str) -> list[int]:

    args = MultiDict(parse_qsl(query[:2_000]))
    filters, _ = case_narrowing_of(args).filters(narrowing(args))
    found: list[int] = []
    after = None
    while len(found) <= MOST:
        page = instances.page(current(), session.actor(), filters=filters, after=after, limit=MOST_ROWS)
        found += [row.id for row in page.rows]
        after = page.after
        if after is None:
            break
    if not 1 <= len(found) <= MOST:
        raise TooManyCasesError(most=MOST)
    return found


def _order(verb: Verb) -> Order:
    form = flask.request.form
    order = Order(verb, form.get("reason", "").strip(), at_step=form.get("at_step", "")[:200], step=form.get("step", "")[:400])
    person, hours = form.get("assignee", ""), form.get("hours", "").strip()
    if person.isascii() and person.isdigit() and len(person) < 19:
        order = replace(order, assignee_id=int(person))
    if hours:
        if not hours.lstrip("-").isdecimal() or len(hours) > 5:
            raise InvalidError(reason="小時應為整數。")
        order = replace(order, hours=int(hours))
    if form.get("due_at"):
        try:
            order = replace(order, due_at=datetime.fromisoformat(form["due_at"]).replace(tzinfo=zone()))
        except ValueError as error:
            raise InvalidError(reason="請填寫正確的期限。") from error
    if verb is Verb.CORRECT:
        variable = form.get("variable", "")[:160]
        order = replace(order, variable=variable, value=one_field.sent(chosen_ids()[0], variable))
    interventions.check(order)
    return order


def _page(verb: Verb, ids: list[int], lines: list[Line] | None = None, error: InvalidError | None = None) -> str:
    uow, actor = current(), session.actor()
    first = instances.get(uow, actor, ids[0])
    asked: dict[str, Any] = {}
    if verb is Verb.REASSIGN:
        asked["people"] = _people(ids)
    elif verb is Verb.CORRECT:
        asked["fields"] = one_field.offered(ids[0])
        asked["control"] = one_field.control(ids[0], flask.request.values.get("variable", ""), error)
    elif verb is Verb.REPEAT:
        asked["steps"] = case_narrowing.steps(runtime_of(), uow, first.definition_key)
    refused = sum(line.state == "refused" for line in lines or ())
    return flask.render_template(
        "cases/intervene.html", verb=verb, name=VERBS[verb], ids=ids, first=first, lines=lines, refused=refused, shown=_SHOWN,
        problem=describe_error(error) if error is not None else "", back=_back(), values=flask.request.values,
        is_undoable=verb in interventions.UNDOABLE, **asked)


def _people(ids: Sequence[int]) -> tuple[work_items.Candidate, ...]:
    """Whoever may have any of the open items."""
    found: dict[int, work_items.Candidate] = {}
    for role, site_id in work_items.roles_of_cases(current(), ids):
        found.update({each.id: each for each in work_items.candidates(current(), role, site_id)})
    return tuple(sorted(found.values(), key=lambda each: (each.name, each.id)))


def _line(outcome: Outcome) -> Line:
    problem = ""
    if outcome.problem is not None:
        data = {name: translate(current_locale(), value) if isinstance(value, str) else value
                for name, value in outcome.problem["data"].items()}
        problem = fill(gettext(outcome.problem["sentence"]), data)
    return Line(
        outcome.instance_id, outcome.title or gettext("看不到的案件"), outcome.number or f"#{outcome.instance_id}", outcome.state,
        tuple(_told(each) for each in outcome.effects), problem)


def _told(effect: Effect) -> str:
    data: dict[str, str] = {}
    for name, value in effect.data.items():
        if name in _OF_DIAGRAM and effect.definition_id is not None:
            data[name] = worded(value, effect.definition_id)
        elif name == "role":
            data[name] = role_name(value)
        elif name in _MOMENTS and len(value) > 16 and "T" in value:
            data[name] = moment(datetime.fromisoformat(value))
        else:
            data[name] = gettext(value) if name in _OURS and value else value or "—"
    return fill(gettext(effect.sentence), data)


def _back() -> str:
    return _safe(flask.request.values.get("back", ""))


def _safe(address: str) -> str:
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else flask.url_for("cases.overview")
