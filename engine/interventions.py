"""What a manager does with one case: each verb with a reason, what it did (or would do) in words, and how it is taken back.

A trial is the verb itself in a unit of work that is thrown away afterwards, so that it says exactly what would be refused; only what runs a
diagram's own steps is foretold instead. One case at a time: many are `engine.intervention_runs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select

from engine import attention, data_corrections, due_changes, history, incidents, instances, moving, permissions, work_items
from engine.errors import ConflictError, GuichengError, InstanceNotActiveError, InvalidError
from engine.history import NewEvent
from engine.model import Actor, InstanceState
from engine.persistence.tables import incident, instance, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances as queries
from engine.queries.instances import InstanceRow
from engine.runtime import Runtime

#: in history, beside what a verb has for an event of its own
INTERVENED = "instance.intervened"
_LONGEST_REASON = 1_000


class Verb(StrEnum):
    """What can be done."""

    #: give its open items to somebody
    REASSIGN = "reassign"
    #: ask their people to hurry
    REMIND = "remind"
    #: let them be due at another time
    DUE = "due"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    #: run the step again that failed
    RETRY = "retry"
    #: put a field of a form right
    CORRECT = "correct"
    #: let it stand at a step anew
    REPEAT = "repeat"


#: verb → the permission it takes at the case's site
PERMISSIONS = {
    Verb.REASSIGN: "work-item:assign", Verb.REMIND: "work-item:nudge", Verb.DUE: due_changes.PERMISSION,
    Verb.SUSPEND: "process-instance:suspend", Verb.RESUME: "process-instance:suspend", Verb.CANCEL: "process-instance:cancel",
    Verb.RETRY: "process-instance:retry", Verb.CORRECT: data_corrections.PERMISSION, Verb.REPEAT: moving.PERMISSION,
}
#: whoever holds one of these intervenes; to remind is everybody's
_INTERVENING = tuple(permission for verb, permission in PERMISSIONS.items() if verb is not Verb.REMIND)
#: what leaves something that can be taken back
UNDOABLE = frozenset({Verb.REASSIGN, Verb.DUE, Verb.SUSPEND, Verb.RESUME, Verb.CORRECT, Verb.REPEAT})


class NothingOpenError(ConflictError):
    """Expected a case with an open item."""

    code = "nothing_open"
    sentence = "案件現在沒有待辦事項{step}。"


class SeveralOpenError(ConflictError):
    """Expected a case that stands at one step."""

    code = "several_open"
    sentence = "案件同時停在「{steps}」，請說明由哪一步重新開始。"


class UndoTooLateError(ConflictError):
    """Expected a case in which nothing has happened since."""

    code = "intervention_answered"
    sentence = "之後案件已有變動，不能撤銷。"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done."""

    verb: Verb
    reason: str
    #: of `reassign`
    assignee_id: int | None = None
    #: of `due`: a moment, or so many hours later than now stands (earlier where negative)
    due_at: datetime | None = None
    hours: int | None = None
    #: of `correct`: `form.field`, and what it should hold
    variable: str = ""
    value: Any = None
    #: of `repeat`: the step at which it stands then
    step: str = ""
    #: of verbs over items: only those at the step of this name or id; empty for all
    at_step: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that it did or would do, source language; `{step}` is a name of the definition's."""

    sentence: str
    data: Mapping[str, str] = field(default_factory=dict)
    definition_id: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a case."""

    effects: tuple[Effect, ...]
    #: what is needed to take it back; None where it can't be
    undo: dict[str, Any] | None = None


def may_intervene(actor: Actor) -> bool:
    """Whether the person does anything of this anywhere."""
    return any(permissions.may(actor, permission) for permission in _INTERVENING)


def offered(actor: Actor, site_id: int | None = None) -> list[Verb]:
    """The verbs that the person may use (at a site)."""
    return [verb for verb, permission in PERMISSIONS.items() if permissions.may(actor, permission, site_id)] if may_intervene(actor) else []


def check(order: Order) -> None:
    """InvalidError for an order that could be carried out nowhere."""
    if not order.reason.strip() or len(order.reason) > _LONGEST_REASON:
        raise InvalidError(reason="請填寫原因，不超過一千字。")
    missing = {
        Verb.REASSIGN: (order.assignee_id is None, "請選擇一位同事。"),
        Verb.DUE: (order.due_at is None and not order.hours, "請填寫新的期限，或延長幾小時。"),
        Verb.CORRECT: (not order.variable, "請選擇要更正的欄位。"), Verb.REPEAT: (not order.step.strip(), "請選擇步驟。"),
    }
    is_missing, sentence = missing.get(order.verb, (False, ""))
    if is_missing:
        raise InvalidError(reason=sentence)
    if order.hours is not None and abs(order.hours) > 24 * 366:
        raise InvalidError(reason="最多更改一年。")


def carry_out(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, order: Order, *, is_trial: bool = False) -> Done:
    """Do it to one case, with the caller's transaction; whatever refuses it is raised and changes nothing."""
    check(order)
    case = queries.get(uow, actor, instance_id)
    permissions.require(actor, PERMISSIONS[order.verb], case.site_id)
    return _ACTS[order.verb](_Work(runtime, uow, actor, case, order, is_trial))


def take_back(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, order: Order, undo: Mapping[str, Any]) -> None:
    """Undo what `carry_out` did to a case. UndoTooLateError once it has gone on."""
    case = queries.get(uow, actor, instance_id)
    permissions.require(actor, PERMISSIONS[order.verb], case.site_id)
    _BACK[order.verb](_Work(runtime, uow, actor, case, order, False), undo)


@dataclass(frozen=True, slots=True)
class _Work:
    runtime: Runtime
    uow: UnitOfWork
    actor: Actor
    case: InstanceRow
    order: Order
    is_trial: bool

    def items(self) -> list[Row[Any]]:
        """Open items, those of signers apart from their chain; NothingOpenError without any."""
        wanted = self.order.at_step
        query = (
            select(work_item, user.c.display_name.label("holder"))
            .select_from(work_item.outerjoin(user, user.c.id == work_item.c.assignee_id))
            .where(work_item.c.instance_id == self.case.id, work_item.c.is_live).order_by(work_item.c.id)
        )
        found = [row for row in self.uow.reading.execute(query) if wanted in ("", row.name, row.element_id)]
        if not found:
            raise NothingOpenError(step=f"「{wanted}」" if wanted else "")
        return found

    def note(self) -> None:
        """Keep the reason of what has no event of its own for it."""
        event = NewEvent(INTERVENED, detail={"verb": self.order.verb.value}, values={"reason": self.order.reason.strip()})
        history.append(self.uow, self.actor, self.case.id, [event], self.runtime.clock.now())

    def state(self) -> str:
        """Of the case, as it stands now."""
        return str(self.uow.reading.execute(select(instance.c.state).where(instance.c.id == self.case.id)).scalar_one())


# ---------------------------------------------------------------- verbs

def _reassign(work: _Work) -> Done:
    assert work.order.assignee_id is not None
    name = work.uow.reading.execute(select(user.c.display_name).where(user.c.id == work.order.assignee_id)).scalar() or "—"
    effects, given = [], []
    refusal: GuichengError | None = None
    for item in work.items():
        if item.assignee_id == work.order.assignee_id:
            refusal = InvalidError(reason="已經由這位同事辦理。")
            continue
        try:
            work_items.assign(work.runtime, work.uow, work.actor, item.id, work.order.assignee_id)
        except GuichengError as error:
            # another item of the case may be the person's to do
            refusal = error
            continue
        given.append({"id": item.id, "from": item.assignee_id, "to": work.order.assignee_id})
        effects.append(Effect("「{step}」由{before}改派給{person}", {
            "step": item.name, "before": item.holder or "（待簽收）", "person": str(name)}, item.definition_id))
    if not given and refusal is not None:
        raise refusal
    work.note()
    return Done(tuple(effects), {"items": given})


def _remind(work: _Work) -> Done:
    effects: list[Effect] = []
    refusal: GuichengError | None = None
    for item in work.items():
        try:
            attention.nudge(work.runtime, work.uow, work.actor, item.id)
        except GuichengError as error:
            refusal = error
            continue
        effects.append(Effect("催{person}辦理「{step}」", {"step": item.name, "person": item.holder or "所屬角色"}, item.definition_id))
    if not effects and refusal is not None:
        raise refusal
    work.note()
    return Done(tuple(effects))


def _due(work: _Work) -> Done:
    effects, moved = [], []
    for item in work.items():
        until = work.order.due_at
        if until is None and item.due_at is None:
            continue
        until = until or item.due_at + timedelta(hours=work.order.hours or 0)
        before = due_changes.change(work.runtime, work.uow, work.actor, item.id, until, work.order.reason)
        moved.append({"id": item.id, "before": before.isoformat() if before else None, "after": until.isoformat()})
        effects.append(Effect("「{step}」的期限由 {before} 改為 {after}", {
            "step": item.name, "before": before.isoformat() if before else "", "after": until.isoformat()}, item.definition_id))
    if not moved:
        raise InvalidError(reason="待辦事項都沒有期限，不能延長；請填寫新的期限。")
    return Done(tuple(effects), {"items": moved})


def _suspend(work: _Work) -> Done:
    instances.suspend(work.runtime, work.uow, work.actor, work.case.id, work.order.reason.strip())
    return Done((Effect("案件暫停，待辦事項不再顯示"),), {})


def _resume(work: _Work) -> Done:
    instances.resume(work.runtime, work.uow, work.actor, work.case.id, work.order.reason.strip())
    return Done((Effect("案件恢復，待辦事項重新顯示"),), {})


def _cancel(work: _Work) -> Done:
    names = [row.name for row in work.uow.reading.execute(
        select(work_item.c.name).where(work_item.c.instance_id == work.case.id, work_item.c.is_live).order_by(work_item.c.id))]
    instances.cancel(work.runtime, work.uow, work.actor, work.case.id, work.order.reason.strip())
    found = [Effect("案件取消，不能恢復")]
    found += [Effect("收回「{step}」", {"step": name}, work.case.definition_id) for name in names]
    return Done(tuple(found))


def _retry(work: _Work) -> Done:
    query = select(incident.c.id, incident.c.element_id).where(incident.c.instance_id == work.case.id, incident.c.resolved_at.is_(None))
    found = work.uow.reading.execute(query.order_by(incident.c.id)).all()
    if not found or work.state() != InstanceState.INCIDENT:
        raise InstanceNotActiveError(instance_id=work.case.id, state=work.state())
    if work.is_trial:
        return Done(tuple(Effect("用當時填寫的內容再辦一次出錯的步驟", {}, work.case.definition_id) for _ in found))
    effects = []
    for each in found:
        result = incidents.retry(work.runtime, work.uow, work.actor, each.id)
        effects.append(Effect("重試成功，案件繼續" if result.incident_id is None else "重試後仍然出錯，請查看案件的說明"))
    work.note()
    return Done(tuple(effects))


def _correct(work: _Work) -> Done:
    order = work.order
    found, now = data_corrections.correct(work.runtime, work.uow, work.actor, work.case.id, order.variable, order.value, order.reason)
    effect = Effect("「{label}」由「{before}」改為「{after}」", {
        "label": found.field.title, "before": _plain(found.value), "after": _plain(now)}, found.definition_id)
    return Done((effect,), {"variable": order.variable, "before": found.value, "after": now})


def _repeat(work: _Work) -> Done:
    items = [item for item in work.items() if "." not in item.token]
    if len(items) != 1:
        raise SeveralOpenError(steps="、".join(item.name for item in items)) if items else NothingOpenError(step="")
    seen = moving.preview(work.runtime, work.uow, work.actor, work.case.id, items[0].id, work.order.step)
    effects = [Effect("收回「{step}」，案件重新停在「{target}」", {
        "step": items[0].name, "target": seen.place.name}, items[0].definition_id)]
    effects += [Effect("開出「{step}」，由{role}辦理", {"step": each.name, "role": each.role}, each.definition_id) for each in seen.opened]
    if work.is_trial:
        return Done(tuple(effects))
    moving.move(work.runtime, work.uow, work.actor, work.case.id, items[0].id, work.order.step, work.order.reason)
    return Done(tuple(effects), {"seq": moving.undoable(work.uow, work.case.id)})


# ---------------------------------------------------------------- and back

def _give_back(work: _Work, undo: Mapping[str, Any]) -> None:
    for each in undo["items"]:
        row = work.uow.writing.execute(
            select(work_item.c.assignee_id, work_item.c.is_live).where(work_item.c.id == each["id"])).one()
        if not row.is_live or row.assignee_id != each["to"]:
            raise UndoTooLateError
        if each["from"] is None:
            work_items.unclaim(work.runtime, work.uow, work.actor, each["id"])
        else:
            work_items.assign(work.runtime, work.uow, work.actor, each["id"], each["from"])
    work.note()


def _set_back(work: _Work, undo: Mapping[str, Any]) -> None:
    for each in undo["items"]:
        row = work.uow.writing.execute(select(work_item.c.due_at, work_item.c.is_live).where(work_item.c.id == each["id"])).one()
        if not row.is_live or row.due_at != datetime.fromisoformat(each["after"]):
            raise UndoTooLateError
        before = datetime.fromisoformat(each["before"]) if each["before"] else None
        due_changes.change(work.runtime, work.uow, work.actor, each["id"], before, work.order.reason)


def _wake(work: _Work, _undo: Mapping[str, Any]) -> None:
    if work.state() != InstanceState.SUSPENDED:
        raise UndoTooLateError
    instances.resume(work.runtime, work.uow, work.actor, work.case.id, work.order.reason)


def _rest(work: _Work, _undo: Mapping[str, Any]) -> None:
    if work.state() != InstanceState.ACTIVE:
        raise UndoTooLateError
    instances.suspend(work.runtime, work.uow, work.actor, work.case.id, work.order.reason)


def _put_back(work: _Work, undo: Mapping[str, Any]) -> None:
    fields = data_corrections.correctable(work.runtime, work.uow, work.case.id)
    stands = next((each for each in fields if each.name == undo["variable"]), None)
    if stands is None or stands.value != undo["after"]:
        raise UndoTooLateError
    data_corrections.correct(
        work.runtime, work.uow, work.actor, work.case.id, undo["variable"], undo["before"], work.order.reason)


def _move_back(work: _Work, undo: Mapping[str, Any]) -> None:
    if undo["seq"] is None:
        raise UndoTooLateError
    moving.undo(work.runtime, work.uow, work.actor, work.case.id, undo["seq"])


def _plain(value: Any) -> str:
    return "—" if value in (None, "") else str(value)


_ACTS: Mapping[Verb, Callable[[_Work], Done]] = {
    Verb.REASSIGN: _reassign, Verb.REMIND: _remind, Verb.DUE: _due, Verb.SUSPEND: _suspend, Verb.RESUME: _resume, Verb.CANCEL: _cancel,
    Verb.RETRY: _retry, Verb.CORRECT: _correct, Verb.REPEAT: _repeat,
}
_BACK: Mapping[Verb, Callable[[_Work, Mapping[str, Any]], None]] = {
    Verb.REASSIGN: _give_back, Verb.DUE: _set_back, Verb.SUSPEND: _wake, Verb.RESUME: _rest, Verb.CORRECT: _put_back,
    Verb.REPEAT: _move_back,
}
