"""Gathers what the page of a work item shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask

from engine import definitions, drafts, files, instances, steps
from engine.ahead import StepAhead
from engine.content import DefinitionContent
from engine.diagram import Element
from engine.drafts import Draft
from engine.errors import FieldError
from engine.forms import Form, FormView, edit_view, initial, readonly_view
from engine.model import Actor, JsonObject, StandIn, WorkItemState
from engine.permissions import may
from engine.personal_data import opens_with
from engine.queries import history, work_items
from engine.queries.work_items import WorkItemRow
from engine.runtime import Reference
from webui import session
from webui.approvals.panel import ChainView, chains
from webui.cases.story import Told, tell
from webui.clauses import ClauseText, clauses_of
from webui.display import zone
from webui.form_options import options
from webui.phone.keeping import owner
from webui.posted_form import with_read_only
from webui.talk import panel as talk_panel
from webui.talk.panel import Talk
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts
from webui.work_item import ahead, related, repeats
from webui.work_item.next_steps import NextStep, next_steps
from webui.work_item.related import Related

#: events of the side column; the case's page has them all
_EVENTS = 12
#: forms that a phone keeps of an item that nobody has yet
_AHEAD_OF_OPEN = 3


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do with the item now."""

    claim: bool = False
    unclaim: bool = False
    #: fill in and complete
    work: bool = False
    #: answer a delegated item
    resolve: bool = False
    send_back: bool = False
    delegate: bool = False
    assign: bool = False
    #: of a signer's item: add a signer, hand it over
    rearrange: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A form that was filled in before."""

    view: FormView
    is_own: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything on the page."""

    item: WorkItemRow
    element: Element | None
    form: FormView | None
    rights: Rights
    #: the colleague for whom the reader would do it
    away: StandIn | None
    clauses: tuple[ClauseText, ...]
    earlier: tuple[Earlier, ...]
    events: tuple[Told, ...]
    #: of a signature chain: who signs and what they said
    chains: tuple[ChainView, ...]
    next_steps: tuple[NextStep, ...]
    #: what this person typed and did not send
    draft: Draft | None
    #: makes a form that is sent twice count once
    key: str
    talk: Talk
    related: tuple[Related, ...]
    #: forms that a phone keeps with this page: address and step
    ahead: tuple[tuple[str, StepAhead], ...]


def form_of(item: WorkItemRow) -> Form | None:
    """The form of the item's element."""
    return content(item.definition_id).forms.get(item.form_key) if item.form_key else None


def render(
    work_item_id: int, *, submitted: JsonObject | None = None, errors: Sequence[FieldError] = (), problem: str = "", status: int = 200
) -> flask.Response:
    """The page as it stands now, with what was typed put back where something was refused."""
    actor = session.actor()
    item = work_items.get(current(), actor, work_item_id)
    page = _gather(item, actor, submitted, errors)
    body = flask.render_template("work_item/show.html", page=page, item=item, problem=problem, is_filled=submitted is not None)
    return flask.make_response(body, status)


def paper(work_item_id: int) -> str:
    """The item as it is put on paper: everything that is on record, nothing to click."""
    actor = session.actor()
    item = work_items.get(current(), actor, work_item_id)
    page = _gather(item, actor, None, ())
    form = form_of(item)
    data = instances.inspect(runtime_of(), current(), item.instance_id).variables
    own = readonly_view(form, _object(data.get(form.key)), texts(item.definition_id)) if form is not None and not item.is_live else None
    return flask.render_template("work_item/paper.html", page=page, item=item, own=own, now=runtime_of().clock.now())


def _gather(item: WorkItemRow, actor: Actor, submitted: JsonObject | None, errors: Sequence[FieldError]) -> ItemPage:
    held = content(item.definition_id)
    element = held.diagram.elements.get(item.element_id)
    data = instances.inspect(runtime_of(), current(), item.instance_id).variables
    row = steps.load(current(), item.instance_id)
    roles = (item.role, item.escalated_role)
    away = actor.in_place_of(roles, item.site_id, item.definition_key, item.assignee_id) if item.is_live else None
    events = history.page(current(), item.instance_id, limit=_EVENTS, newest_first=True).rows
    return ItemPage(
        item=item, element=element, form=_form_view(item, held, actor, data, submitted, errors), rights=_rights(actor, item, away),
        away=away, clauses=clauses_of(element, item.definition_id), earlier=_earlier(held, data, form_of(item)),
        events=tell(events, item.instance_id, item.definition_id),
        chains=chains(actor, item.instance_id, item.site_id, data, item.element_id) if element is not None and element.signers else (),
        next_steps=next_steps(held, item.element_id) if item.is_live else (),
        draft=drafts.find(current(), actor, item.id) if item.is_live else None, key=repeats.new_key(),
        ahead=_ahead(item), talk=talk_panel.gather(actor, item.instance_id, item.site_id, item.id),
        related=related.gather(actor, item.instance_id, row.parent_id, (row.definition_id, *steps.bound(row).values())),
    )


def _ahead(item: WorkItemRow) -> tuple[tuple[str, StepAhead], ...]:
    if not owner() or not item.is_live:
        return ()
    found = tuple(ahead.addresses(item.id))
    # of what nobody has yet only the nearest are kept: most of it will be a colleague's
    flask.g.pages_ahead = [address for address, _ in (found if item.assignee_id is not None else found[:_AHEAD_OF_OPEN])]
    return found


def _form_view(
    item: WorkItemRow, held: DefinitionContent, actor: Actor, data: JsonObject, submitted: JsonObject | None, errors: Sequence[FieldError]
) -> FormView | None:
    form = form_of(item)
    if form is None:
        return None
    if not item.is_live and submitted is None:
        # what was sent stands in the data; a later round may have replaced it
        return readonly_view(form, _object(data.get(form.key)), texts(item.definition_id))
    me = Reference(actor.user_id, actor.name) if actor.user_id is not None else None
    opened = initial(form, data, now=runtime_of().clock.now(), zone=zone(), me=me)
    values = opens_with(actor, item, form, opened) if submitted is None else with_read_only(form, opened, submitted)
    return edit_view(
        form, values, texts(item.definition_id), context=data, forms=_forms(item, held), errors=errors, options=options(item.site_id),
        file_info=files.usable_in(current(), actor, item.instance_id),
    )


def _forms(item: WorkItemRow, held: DefinitionContent) -> Mapping[str, Form]:
    """The forms of all processes that work on the case: what stands above a form may come from any of them."""
    row = steps.load(current(), item.instance_id)
    case = definitions.instance_content(runtime_of(), current(), row.definition_id, steps.bound(row))
    return {key: form for each in (*case.called.values(), case.own, held) for key, form in each.forms.items()}


def _earlier(held: DefinitionContent, data: JsonObject, own: Form | None) -> tuple[Earlier, ...]:
    shown = []
    for key, values in data.items():
        form = held.forms.get(key)
        if form is not None and isinstance(values, Mapping) and (own is None or own.key != key):
            shown.append(Earlier(readonly_view(form, dict(values), texts(held.id)), is_own=False))
    return tuple(shown)


def _rights(actor: Actor, item: WorkItemRow, away: StandIn | None) -> Rights:
    if not item.is_live:
        return Rights()
    in_role = actor.holds_any((item.role, item.escalated_role), item.site_id) or away is not None
    may_take = in_role or may(actor, "work-item:complete-any", item.site_id)
    may_assign = may(actor, "work-item:assign", item.site_id)
    # what a colleague has who is away is the substitute's to do
    mine, free = item.assignee_id == actor.user_id or (away is not None and item.assignee_id == away.user_id), item.assignee_id is None
    delegated = item.state == WorkItemState.DELEGATED
    return Rights(
        claim=free and may_take, unclaim=(mine or may_assign) and not free and not delegated, work=mine and not delegated,
        resolve=mine and delegated, send_back=mine or (free and may_take), delegate=mine and not delegated, assign=may_assign,
        rearrange="." in item.token and ((mine and not delegated) or may_assign or (free and may_take)),
    )


def _object(value: Any) -> JsonObject:
    return dict(value) if isinstance(value, Mapping) else {}
