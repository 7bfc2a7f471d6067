"""Gathers what the page of a link shows: one item, its form, and what the form itself names of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask

from engine import chains, definitions, files, instances, signer_form, steps
from engine.company.outside_links import LinkState, OutsideLink
from engine.errors import FieldError
from engine.forms import Field, FieldKind, Form, FormView, edit_view, initial
from engine.model import JsonObject
from engine.queries import work_items
from engine.queries.work_items import WorkItemRow
from webui.clauses import ClauseText, clauses_of
from webui.display import zone
from webui.outside import guard
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts

#: what a link that can't be used says: heading and sentence, source language
CLOSED: Mapping[LinkState | None, tuple[str, str]] = {
    LinkState.USED: ("已提交，謝謝您", "您填寫的內容已送達物業服務中心。這個連結已完成，可以關閉本頁。"),
    LinkState.DONE: ("這件事已經辦妥", "已在服務台或以其他方式辦妥，您不需要再填寫。"),
    LinkState.EXPIRED: ("連結已過期", "為了安全，連結只在一段時間內有效。請聯絡物業服務中心重新提供。"),
    LinkState.REVOKED: ("連結已收回", "物業服務中心已收回這個連結。如有疑問，請聯絡物業服務中心。"),
    LinkState.WITHDRAWN: ("這件事已不需要辦理", "案件已轉往其他步驟，或已取消。您不需要再填寫。"),
    LinkState.RESTING: ("暫時不能填寫", "案件目前暫停辦理，連結仍然保留。請稍後再打開，或聯絡物業服務中心。"),
    None: ("連結無效", "請核對網址是否完整，或請物業服務中心重新提供連結。"),
}
_REFERENCES = (FieldKind.PERSON, FieldKind.UNIT, FieldKind.TENANT)


@dataclass(frozen=True, slots=True)
class OutsidePage:
    """Everything on the page."""

    link: OutsideLink
    item: WorkItemRow
    form: FormView | None
    #: what the manual says of it, for somebody who does not have the manual
    clauses: tuple[ClauseText, ...]
    #: whether the person's name is asked for: no signature of the form gives it
    asks_name: bool


def form_of(item: WorkItemRow) -> Form | None:
    """The form of the link's item; a signer of a chain agrees or refuses by it."""
    form = content(item.definition_id).forms.get(item.form_key) if item.form_key else None
    return signer_form.without_sending_back(form) if form is not None and chains.is_signer(item.token) else form


def render(
    token: str, link: OutsideLink, *, submitted: JsonObject | None = None, errors: Sequence[FieldError] = (), problem: str = "",
    status: int = 200,
) -> flask.Response:
    """The page to be filled in, with what was typed put back where something was refused."""
    item = work_items.find(current(), link.work_item_id)
    form = form_of(item)
    view = None if form is None else _view(item, form, link, submitted, errors)
    element = content(item.definition_id).diagram.elements.get(item.element_id)
    clauses = tuple(clause for clause in clauses_of(element, item.definition_id) if clause.text)
    page = OutsidePage(link, item, view, clauses, form is None or not list(form.of_kind(FieldKind.SIGNATURE)))
    body = flask.render_template("outside/show.html", page=page, item=item, token=token, problem=problem, guard=guard.issue(token))
    return flask.make_response(body, status)


def closed(state: LinkState | None, status: int, *, problem: str = "", by: str = "") -> flask.Response:
    """The page that says plainly why there is nothing to fill in. It tells nothing of the case."""
    heading, sentence = CLOSED[state]
    is_good = state in (LinkState.USED, LinkState.DONE)
    body = flask.render_template("outside/closed.html", heading=heading, sentence=sentence, problem=problem, is_good=is_good, by=by)
    return flask.make_response(body, status)


def trouble(heading: str, sentence: str, status: int) -> flask.Response:
    """The page for what went wrong otherwise; the sentence is in the reader's language already."""
    body = flask.render_template("outside/closed.html", heading=heading, sentence="", problem=sentence, is_good=False, by="")
    return flask.make_response(body, status)


def _view(item: WorkItemRow, form: Form, link: OutsideLink, submitted: JsonObject | None, errors: Sequence[FieldError]) -> FormView:
    data = instances.inspect(runtime_of(), current(), item.instance_id).variables
    values = submitted
    if values is None:
        values = initial(form, data, now=runtime_of().clock.now(), zone=zone())
    row = steps.load(current(), item.instance_id)
    case = definitions.instance_content(runtime_of(), current(), row.definition_id, steps.bound(row))
    forms = {key: each for held in (*case.called.values(), case.own, content(item.definition_id)) for key, each in held.forms.items()}
    return edit_view(
        form, values, texts(item.definition_id), context=data, forms=forms, errors=errors, options=_known(values),
        # of its own uploads only: the ids that a post names could be anybody's
        file_info=files.usable_in(current(), link.actor(), None),
    )


def files_shown(link: OutsideLink) -> set[int]:
    """Ids of the case's files that the page shows: those that the form names, and what was filled in before."""
    item = work_items.find(current(), link.work_item_id)
    form = form_of(item)
    if form is None:
        return set()
    named = {entry["id"] for value in _view(item, form, link, None, ()).shown for entry in value.files}
    before = instances.inspect(runtime_of(), current(), item.instance_id).variables.get(form.key)
    return named | set(files.ids_in(form, before) if isinstance(before, dict) else ())


def _known(values: JsonObject) -> Callable[[Field], Sequence[Mapping[str, Any]] | None]:
    """What a picker offers: what stands there already. The directory is nobody's outside the company."""

    def of(field: Field) -> Sequence[Mapping[str, Any]] | None:
        if field.kind not in _REFERENCES:
            return None
        value = values.get(field.name)
        return [{"id": value["id"], "label": value.get("label", "")}] if isinstance(value, dict) and "id" in value else []

    return of
