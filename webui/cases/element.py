"""One step of a case: what the diagram asks for there, in words, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.calendars import END_OF_DAY, parse_target
from engine.content import DefinitionContent
from engine.diagram import Element
from engine.limit_rules import Limit
from engine.permissions import may
from engine.queries import instances as queries
from engine.queries import work_items
from engine.queries.instances import LimitRow
from engine.queries.work_items import WorkItemRow
from engine.record_templates import title_of
from webui import session
from webui.clauses import clauses_of
from webui.display import duration, outside_name, role_name
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import called_by, content, worded


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that the diagram says of the step."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class LimitThere:
    """A limit of the manual that begins or ends at the step."""

    name: str
    begins: bool
    ends: bool
    #: clocks of it in this case
    clocks: tuple[LimitRow, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """Once that somebody had it to do."""

    item: WorkItemRow
    #: how long it took; None while it lasts
    seconds: float | None
    is_visible: bool


def show(instance_id: int, process: str, element_id: str) -> ResponseReturnValue:
    """The step's settings and its rounds; a part for the diagram's page, a page of its own elsewhere."""
    actor, uow = session.actor(), current()
    case = queries.get(uow, actor, instance_id)
    held = next((content(each) for each in (case.definition_id, *called_by(instance_id)) if content(each).key == process), None)
    element = held.diagram.elements.get(element_id) if held is not None else None
    if held is None or element is None:
        flask.abort(404)
    items = [item for item in work_items.of_instance(uow, instance_id) if (item.definition_key, item.element_id) == (process, element_id)]
    rounds = [Round(item, _seconds(item.created_at, item.completed_at), work_items.may_see(actor, item)) for item in items]
    is_part = "HX-Request" in flask.request.headers
    return flask.render_template(
        "cases/element_part.html" if is_part else "cases/element.html", case=case, name=worded(element.name, held.id) or element.id,
        process=worded(held.name, held.id), settings=_settings(held, element), clauses=clauses_of(element, held.id), rounds=rounds,
        drawn=_drawn(held, element) if may(actor, "process-definition:deploy") else [],
        limits=_limits(held, element, queries.limits(uow, instance_id)),
    )  # fmt: skip


def _settings(held: DefinitionContent, element: Element) -> list[Setting]:
    form, record = held.forms.get(element.form or ""), held.records.get(element.record or "")
    told = [
        (gettext("種類"), _kind(element)),
        (gettext("角色"), role_name(element.role) if element.role and element.is_human else ""),
        (gettext("由誰填寫"), outside_name(element.outside) if element.outside else ""),
        (gettext("表單"), worded(form.title, held.id) if form is not None else ""),
        (gettext("期限"), _length(element.due, element.calendar)),
        (gettext("提醒"), gettext("到期前 {duration}", duration=_length(element.warn, element.calendar)) if element.warn else ""),
        (gettext("逾期升級給"), role_name(element.escalate_to) if element.escalate_to else ""),
        (gettext("開立單據"), worded(title_of(record), held.id) if record is not None else ""),
        (gettext("完成前"), worded(element.require_message or "", held.id) if element.require else ""),
        (gettext("接下來"), _ways_on(held, element)),
        (gettext("說明"), worded(element.instructions or element.documentation, held.id)),
    ]
    return [Setting(name, words) for name, words in told if words]


def _ways_on(held: DefinitionContent, element: Element) -> str:
    """Where it goes on from a choice: the name of each way and the step that it leads to."""
    if not element.kind.endswith("Gateway"):
        return ""
    told = []
    for flow in held.diagram.flows:
        target = held.diagram.elements.get(flow.target)
        if flow.source == element.id and target is not None:
            name = worded(target.name, held.id) or _kind(target)
            told.append(f"{worded(flow.name, held.id)} → {name}" if flow.name else f"→ {name}")
    return " · ".join(told)


def _drawn(held: DefinitionContent, element: Element) -> list[Setting]:
    """What the file says of it in its own words, for those who draw."""
    conditions = [(flow.id, flow.condition or "") for flow in held.diagram.flows if flow.source == element.id]
    told = [
        ("id", element.id), (gettext("候選角色"), element.candidate_roles or ""), (gettext("承辦人"), element.assignee or ""),
        (gettext("會簽人"), element.signers or ""), (gettext("完成條件"), element.require or ""), (gettext("運算"), element.operator or ""),
        (gettext("決策表"), element.decision or ""), (gettext("重複"), " ".join((element.repeated or "", element.repetition)).strip()),
        *((gettext("事件"), " ".join(filter(None, (each.kind, each.expression)))) for each in element.events), *conditions,
    ]  # fmt: skip
    return [Setting(name, words) for name, words in told if words]


def _kind(element: Element) -> str:
    if element.is_human:
        return gettext("由人辦理")
    if element.called:
        return gettext("另一個流程")
    for ending, words in (("Gateway", "分岔"), ("Event", "事件"), ("Process", "一組步驟")):
        if element.kind.endswith(ending):
            return gettext(words)
    return gettext("自動辦理")


def _length(text: str | None, calendar: str) -> str:
    """`PT20M` → 20 minutes; a length in working time says so."""
    if not text:
        return ""
    now, working = runtime_of().clock.now(), runtime_of().organisation.calendar
    try:
        target = parse_target(text)
        words = gettext("當日") if target == END_OF_DAY else duration(working.add(now, target, "always") - now)
    except ValueError:
        return text
    return gettext("{duration}（工作時間）", duration=words) if calendar == "working" else words


def _limits(held: DefinitionContent, element: Element, rows: tuple[LimitRow, ...]) -> list[LimitThere]:
    def touches(limit: Limit, of: str) -> bool:
        return any((each.process_key, each.element_id) == (held.key, element.id) for each in getattr(limit, of))

    found = []
    for limit in held.limits:
        begins, ends = touches(limit, "starts"), touches(limit, "stops")
        if begins or ends:
            clocks = tuple(row for row in rows if row.limit_id == limit.full_id)
            found.append(LimitThere(worded(limit.name, held.id), begins, ends, clocks))
    return found


def _seconds(begins: datetime, ends: datetime | None) -> float | None:
    return (ends - begins).total_seconds() if ends is not None else None
