"""The verbs of a signature chain (會簽): decide, send back, take back, add and remove signers, hand over.

Each one reads the chain, works out by the rule what follows, and writes it in one unit of work whose first write compares the instance's
version and the end of its history: two signers at once never both act on the same reading. What meets the rule is a step of the instance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select, update

from engine import chains, definitions, gates, history, instances, permissions, signatures, signer_form, steps, submissions
from engine.chains import Chain
from engine.diagram import Element
from engine.errors import (
    ConflictError,
    FieldError,
    ForbiddenError,
    FormInvalidError,
    InvalidError,
    NotACandidateError,
    NotFoundError,
    StaleInstanceError,
)
from engine.forms import FieldKind, Form
from engine.history import NewEvent
from engine.model import Actor, InstanceState, JsonObject, WorkItemState
from engine.openings import Subject
from engine.persistence.tables import approval, instance, role_grant, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.signature_rules import DECIDED, UNDECIDED, Decision, Part, PartState, Signer, stand
from engine.spiff.runner import Run
from engine.steps import Command, StepResult

#: where a new signer stands beside the one whose item it is: 前加簽, 並加簽, 後加簽
PLACES = ("before", "parallel", "after")


class DelegateCannotSignError(ConflictError):
    """Expected the signer, but the item was only delegated: the answer goes back to its owner, who signs."""

    code = "delegate_cannot_sign"
    sentence = "此項會簽是受{owner}委派答覆的，請交回後由其本人簽署。"


class NotYourDecisionError(ForbiddenError):
    """Expected one's own decision."""

    code = "not_your_decision"
    sentence = "只能撤回自己的會簽決定。"


class MayNotRemoveSignerError(ForbiddenError):
    """Expected whoever added the signer, or somebody who hands out work."""

    code = "may_not_remove_signer"
    sentence = "只有加簽人或負責指派的主管可以減簽。"


class DecisionStandsError(ConflictError):
    """Expected a decision that nobody after has built upon."""

    code = "decision_stands"
    sentence = "不能撤回：{reason}"


class LastSignerError(ConflictError):
    """Expected another signer to be left."""

    code = "last_signer"
    sentence = "這是最後一位會簽人，不能減簽。"


class SignerUnsuitableError(InvalidError):
    """Expected an active person of the site, or a known role, who does not sign already."""

    code = "signer_unsuitable"
    sentence = "不能加為會簽人：{reason}"


@dataclass(frozen=True, slots=True)
class _Case:
    """What every verb works on."""

    runtime: Runtime
    uow: UnitOfWork
    actor: Actor
    #: the instance
    row: Row[Any]
    chain: Chain
    now: datetime

    @property
    def subject(self) -> Subject:
        return Subject(self.row.id, self.row.title, self.row.business_key, self.row.site_id)


def decide(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, variables: JsonObject) -> StepResult:
    """Give one's decision with the signer's form. The token moves when the rule is met; a refusal ends the chain at once.

    FormInvalidError, GateClosedError (of an approval that would complete the element) and the conflicts leave everything as it was.
    """
    item, row = submissions.actionable(uow, actor, work_item_id)
    actor = submissions.acting(actor, item)
    case = _case(runtime, uow, actor, item, row)
    if item.state == WorkItemState.DELEGATED:
        raise DelegateCannotSignError(work_item_id=item.id, owner=submissions.name_of(uow, item.owner_id))
    _require_signer(actor, item, _part(case, item))
    form = _form(runtime, uow, item)
    data = _data(case)
    submission = submissions.check(runtime, uow, form, variables, data, actor, row.id)
    answer = submission.cleaned or dict(variables)
    decision = signer_form.decision_of(answer)
    opinion = signer_form.opinion_of(answer)
    _check_answer(case.chain.element, form, answer, decision, opinion)
    part = _part(case, item)
    given = _Given(case, item, part, form, answer, decision, opinion, data)
    if decision is Decision.SEND_BACK:
        _require_inside(actor)
        target = _target(runtime, uow, item.id, str(answer.get("send_back_to") or signer_form.PREVIOUS))
        return _send_back(given, target, opinion)
    event = NewEvent(
        "approval.decided", item.element_id, item.token, {"decision": str(decision), "role": part.role, "round": part.round},
        {"opinion": opinion} if opinion else {},
    )
    return _go_on(case, event, given.write, case.chain.with_state(part.id, DECIDED[decision]), given)


def send_back(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, to: str, reason: str) -> StepResult:
    """退回: a signer sends the case back to an earlier element, by its id, or to `previous` or `applicant`. All signers decide again."""
    item, row = submissions.actionable(uow, actor, work_item_id)
    actor = submissions.acting(actor, item)
    case = _case(runtime, uow, actor, item, row)
    if item.state == WorkItemState.DELEGATED:
        raise DelegateCannotSignError(work_item_id=item.id, owner=submissions.name_of(uow, item.owner_id))
    _require_inside(actor)
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    part = _part(case, item)
    _require_signer(actor, item, part)
    given = _Given(case, item, part, None, {}, Decision.SEND_BACK, reason.strip(), _data(case))
    return _send_back(given, _target(runtime, uow, item.id, to), reason.strip())


def withdraw(runtime: Runtime, uow: UnitOfWork, actor: Actor, approval_id: int) -> StepResult:
    """撤回: take one's own decision back while the token has not moved and nobody after has acted."""
    found = _find(uow, approval_id)
    row = steps.load(uow, found.instance_id)
    if row.state != InstanceState.ACTIVE:
        raise DecisionStandsError(reason="案件已不在進行中。")
    case = _case_of(runtime, uow, actor, row, found)
    part = case.chain.row(approval_id)
    if part is None or part.decided_by is None or part.decided_by != actor.user_id:
        raise NotYourDecisionError
    if case.chain.container.state != WorkItemState.SIGNING or part.state != PartState.APPROVED:
        raise DecisionStandsError(reason="會簽已經結束。")
    after = [each for each in case.chain.rows if each.step > part.step or each.waits_for == part.id]
    if any(each.decided_at is not None for each in after):
        raise DecisionStandsError(reason="後面的會簽人已經簽署。")
    event = NewEvent(
        "approval.withdrawn", found.element_id, _token(part), {"role": part.role, "round": part.round},
        {"decision": part.decision, "opinion": part.opinion or ""},
    )
    parts = case.chain.with_state(approval_id, PartState.WAITING)
    return _go_on(case, event, lambda: chains.take_decision_back(uow, approval_id), parts)


def add_signer(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, *, place: str, role: str | None = None,
    person_id: int | None = None, reason: str = "",
) -> StepResult:
    """加簽: a further signer before, beside or after the one whose item it is, as a role or a person. With `before` this one waits."""
    if place not in PLACES:
        raise SignerUnsuitableError(reason="位置只能是之前、並行或之後。")
    item, row = _steerable(uow, actor, work_item_id)
    case = _case(runtime, uow, actor, item, row)
    anchor = _part(case, item)
    signer = _new_signer(case, anchor, role, person_id)
    position = anchor.position if place == "before" else anchor.position + 1
    made: list[int] = []

    def write() -> None:
        chains.make_room(uow, case.chain, position)
        waits_for = {"before": anchor.waits_for, "parallel": None, "after": anchor.id}[place]
        made.append(chains.add_part(uow, case.chain, signer, position=position, waits_for=waits_for, added_by=actor.user_id))
        if place == "before":
            uow.writing.execute(update(approval).where(approval.c.id == anchor.id).values(waits_for=made[0]))

    event = NewEvent(
        "approval.signer_added", item.element_id, item.token, {"role": signer.role, "place": place, "person": signer.person_id},
        {"reason": reason} if reason else {},
    )
    return _rearrange(case, event, write)


def remove_signer(runtime: Runtime, uow: UnitOfWork, actor: Actor, approval_id: int, reason: str = "") -> StepResult:
    """減簽: take an undecided signer off. For who added the signer, and for those who hand out work. What is left may meet the rule."""
    found = _find(uow, approval_id)
    row = steps.load(uow, found.instance_id)
    case = _active(_case_of(runtime, uow, actor, row, found))
    part = case.chain.row(approval_id)
    added = part is not None and part.added_by is not None and part.added_by == actor.user_id
    if not added and not permissions.may(actor, "work-item:assign", row.site_id):
        raise MayNotRemoveSignerError
    if part is None or part.state not in UNDECIDED:
        raise DecisionStandsError(reason="此會簽人已經簽署或不在名單上。")
    if sum(each.state in {*UNDECIDED, PartState.APPROVED} for each in case.chain.rows) < 2:
        raise LastSignerError

    def write() -> None:
        chains.end_part(uow, case.chain, approval_id, PartState.REMOVED, case.now)
        uow.writing.execute(update(approval).where(approval.c.waits_for == approval_id).values(waits_for=part.waits_for))

    event = NewEvent(
        "approval.signer_removed", found.element_id, _token(part), {"role": part.role, "person": part.person_id},
        {"reason": reason} if reason else {},
    )
    parts = [Part(each.id, each.step, each.state, part.waits_for if each.waits_for == approval_id else each.waits_for)
             for each in case.chain.with_state(approval_id, PartState.REMOVED)]
    return _go_on(case, event, write, parts)


def hand_over(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, to_id: int, reason: str = "") -> StepResult:
    """轉辦: another person signs in this one's place; the place in the order stays."""
    item, row = _steerable(uow, actor, work_item_id)
    case = _case(runtime, uow, actor, item, row)
    part = _part(case, item)
    if to_id == actor.user_id and item.assignee_id == actor.user_id:
        raise SignerUnsuitableError(reason="不能轉給自己。")
    signer = _new_signer(case, part, None, to_id)

    def write() -> None:
        chains.end_part(uow, case.chain, part.id, PartState.SUPERSEDED, case.now)
        made = chains.add_part(
            uow, case.chain, signer, position=part.position, waits_for=part.waits_for, added_by=part.added_by, replaces=part.id
        )
        later = (approval.c.waits_for == part.id) & (approval.c.id != made)
        uow.writing.execute(update(approval).where(later).values(waits_for=made))

    event = NewEvent(
        "approval.handed_over", item.element_id, item.token, {"role": part.role, "to": to_id}, {"reason": reason} if reason else {}
    )
    return _rearrange(case, event, write)


# ---------------------------------------------------------------- deciding

@dataclass(frozen=True, slots=True)
class _Given:
    """A decision that is being given."""

    case: _Case
    item: Row[Any]
    part: Row[Any]
    form: Form | None
    answer: JsonObject
    decision: Decision
    opinion: str
    #: the token's data: what the signer saw
    data: JsonObject

    def write(self) -> None:
        """The decision, the signer's item, files and signature."""
        case, signature_id = self.case, None
        if self.form is not None:
            signed = signatures.sign_all(
                case.uow, case.actor, self.form, self.answer, instance_id=case.row.id, token=self.item.token,
                element_id=self.item.element_id, attended=self.item.outside is not None, case=self._seen(),
            )
            signature_id = signed[0] if signed else None
        values = {**self.row_values(), "signature_id": signature_id, "answer": orjson.dumps(self.answer) if self.answer else None}
        chains.write_decision(case.uow, self.part.id, values, self.item.id, case.now, case.actor.user_id)

    def row_values(self) -> dict[str, Any]:
        """What the part's row gets."""
        case = self.case
        return {
            "state": DECIDED[self.decision], "decision": self.decision, "opinion": self.opinion or None, "decided_at": case.now,
            "decided_by": case.actor.user_id, "on_behalf_of": case.actor.on_behalf_of,
        }

    def _seen(self) -> JsonObject:
        own = _key(self.case.chain.element)
        return {name: value for name, value in self.data.items() if name not in ("_", own)}

    def as_opinion(self) -> JsonObject:
        """As the instance's data hold it."""
        drawn = None
        if self.form is not None:
            names = [each.name for each in self.form.of_kind(FieldKind.SIGNATURE)]
            drawn = next((self.answer[name] for name in names if self.answer.get(name)), None)
        return {
            "role": self.part.role, "name": self.part.name, "signer": submissions.signed_as(self.case.uow, self.case.actor),
            "decision": str(self.decision), "opinion": self.opinion, "at": self.case.now.isoformat(), "round": self.part.round,
            "signature": drawn,
        }


def _send_back(given: _Given, target: str, reason: str) -> StepResult:
    case = given.case
    found = _outcome(case, "sent_back", given)

    def act(run: Run) -> None:
        if all(each.token != case.chain.token for each in run.open_items()):
            raise StaleInstanceError(instance_id=case.row.id)
        run.return_to(case.chain.token, target, found)

    detail = {"to": target, "decision": "send_back", "role": given.part.role, "round": given.part.round}
    event = NewEvent("work_item.returned", given.item.element_id, given.item.token, detail, {"reason": reason})
    submitted = {"token": case.chain.token, "element_id": target, "data": found}
    result = steps.step(case.runtime, case.uow, case.actor, case.row, Command("return", act, lambda: event, submitted=submitted))
    return _afterwards(case, result, event, given.write, PartState.SUPERSEDED)


def _go_on(
    case: _Case, event: NewEvent, write: Callable[[], None], parts: list[Part], given: _Given | None = None
) -> StepResult:
    """Write what was done and what follows of it; a step of the instance when the rule is met."""
    standing = stand(parts, case.chain.element.signature_rule)
    if standing.outcome is None:
        _touch(case, event)
        write()
        chains.take_turn_back(case.uow, case.chain, standing.closes, case.now)
        opened = chains.give_turn(case.runtime, case.uow, case.chain, case.subject, standing.opens, case.now)
        return StepResult(case.row.id, InstanceState(case.row.state), tuple(opened))
    outcome, found = standing.outcome, _outcome(case, standing.outcome, given)

    def act(run: Run) -> None:
        if all(each.token != case.chain.token for each in run.open_items()):
            raise StaleInstanceError(instance_id=case.row.id)
        run.complete(case.chain.token, found)

    known = {**(given.data if given is not None else _data(case)), **found}
    command = Command(
        "complete", act, lambda: event, submitted={"token": case.chain.token, "variables": found}, completes=case.chain.token,
        was_timed=False, indexed=_indexed(case, found),
    )
    if outcome == "approved":
        command.then = [lambda uow, instance_id: gates.check(case.runtime, uow, instance_id, case.chain.element, known)]
    result = steps.step(case.runtime, case.uow, case.actor, case.row, command)
    return _afterwards(case, result, event, write, PartState.SKIPPED)


def _afterwards(case: _Case, result: StepResult, event: NewEvent, write: Callable[[], None], state: PartState) -> StepResult:
    """What a signer said stands, also where the diagram failed behind it: the step is tried again, the signature is not asked for again."""
    write()
    chains.close(case.uow, case.row.id, [case.chain.token], state, case.now)
    if result.incident_id is not None:
        history.append(case.uow, case.actor, case.row.id, [event], case.now)
    return result


def _rearrange(case: _Case, event: NewEvent, write: Callable[[], None]) -> StepResult:
    """Change who signs, where that cannot meet the rule; then whose turn it is follows from the rows."""
    _touch(case, event)
    write()
    chain = chains.load(case.uow, case.row.id, case.chain.token, case.chain.element)
    assert chain is not None
    standing = stand(chain.parts(), chain.element.signature_rule)
    chains.take_turn_back(case.uow, chain, standing.closes, case.now)
    opened = chains.give_turn(case.runtime, case.uow, chain, case.subject, standing.opens, case.now)
    return StepResult(case.row.id, InstanceState(case.row.state), tuple(opened))


def _touch(case: _Case, event: NewEvent) -> None:
    """Put the event behind the history that was read; StaleInstanceError when it has grown meanwhile."""
    row = case.row
    batch = history.compose(case.actor, row.id, row.definition_id, history.Head(row.history_seq, row.history_digest), [event], case.now)
    moved = case.uow.writing.execute(
        update(instance)
        .where(instance.c.id == row.id, instance.c.version == row.version, instance.c.history_seq == row.history_seq)
        .values(moved_at=case.now, history_seq=batch.head.seq, history_digest=batch.head.digest)
    )
    if moved.rowcount != 1:
        raise StaleInstanceError(instance_id=row.id)
    batch.insert(case.uow)


def _outcome(case: _Case, outcome: str, given: _Given | None) -> JsonObject:
    """What the element leaves in the data; opinions of earlier rounds stay in it."""
    opinions = [*chains.opinions(case.uow, case.chain), *([given.as_opinion()] if given is not None else [])]
    number = case.chain.round
    by_role = {each["role"]: each for each in opinions if each["round"] == number}
    return {_key(case.chain.element): {"outcome": outcome, "opinions": opinions, "round": number, "by_role": by_role}}


def _indexed(case: _Case, found: JsonObject) -> dict[str, submissions.Indexed]:
    """What registers show of it. The element may be of a process that the case calls."""
    key = _key(case.chain.element)
    content = definitions.instance_content(case.runtime, case.uow, case.row.definition_id, steps.bound(case.row))
    form = next((each.forms[key] for each in (content.own, *content.called.values()) if key in each.forms), None)
    return {} if form is None else submissions.typed(form, found[key])


def _key(element: Element) -> str:
    return element.form or element.id


def _check_answer(element: Element, form: Form | None, answer: JsonObject, decision: Decision, opinion: str) -> None:
    errors = []
    if form is not None and decision is not Decision.APPROVE and not opinion and (field := form.field("opinion")) is not None:
        errors.append(FieldError("opinion", "required", "請說明不同意或退回的原因。", {"label": field.title}))
    if form is not None and decision is not Decision.SEND_BACK:
        missing = [field for name in element.signature if (field := form.field(name)) is not None and not answer.get(name)]
        errors += [FieldError(field.name, "required", "請簽名。", {"label": field.title}) for field in missing]
    if errors:
        raise FormInvalidError(errors)


# ---------------------------------------------------------------- finding

def _case(runtime: Runtime, uow: UnitOfWork, actor: Actor, item: Row[Any], row: Row[Any]) -> _Case:
    element = definitions.content(runtime, uow, item.definition_id).diagram.elements[item.element_id]
    chain = chains.load(uow, row.id, item.token, element) if chains.is_signer(item.token) else None
    if chain is None:
        raise InvalidError(reason="此步驟不是會簽。")
    return _Case(runtime, uow, actor, row, chain, runtime.clock.now())


def _case_of(runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], found: Row[Any]) -> _Case:
    element = definitions.content(runtime, uow, found.definition_id).diagram.elements[found.element_id]
    chain = chains.load(uow, row.id, found.token, element)
    assert chain is not None
    return _Case(runtime, uow, actor, row, chain, runtime.clock.now())


def _active(case: _Case) -> _Case:
    if case.row.state != InstanceState.ACTIVE or case.chain.container.state != WorkItemState.SIGNING:
        raise DecisionStandsError(reason="會簽已經結束。")
    return case


def _find(uow: UnitOfWork, approval_id: int) -> Row[Any]:
    found = uow.reading.execute(select(approval).where(approval.c.id == approval_id)).one_or_none()
    if found is None:
        raise NotFoundError(kind="會簽", id=approval_id)
    return found


def _part(case: _Case, item: Row[Any]) -> Row[Any]:
    part = case.chain.row(chains.part_id(item.token))
    if part is None or part.state != PartState.PENDING:
        raise StaleInstanceError(instance_id=case.row.id)
    return part


def _require_signer(actor: Actor, item: Row[Any], part: Row[Any]) -> None:
    """Who may complete anybody's work may still not sign for somebody: only the role's people, or the one person named."""
    named = part.person_id is not None and part.person_id in (actor.user_id, actor.on_behalf_of)
    if not named and actor.link is None and not submissions.is_candidate(actor, item):
        raise NotACandidateError(work_item=item.name)


def _require_inside(actor: Actor) -> None:
    """Where a case goes back to is for the staff to say: a link knows of its one item and nothing else."""
    if actor.link is not None:
        raise InvalidError(reason="以連結簽署時只能同意或不同意；需要退回修改的，請聯絡物業服務中心。")


def _token(part: Row[Any]) -> str:
    return f"{part.token}.{part.id}"


def _form(runtime: Runtime, uow: UnitOfWork, item: Row[Any]) -> Form | None:
    return definitions.content(runtime, uow, item.definition_id).forms.get(item.form_key or "")


def _data(case: _Case) -> JsonObject:
    """The data at the element's token: what a signer sees and signs."""
    with steps.open_run(case.runtime, case.uow, case.row) as run:
        data = next((dict(each.data) for each in run.open_items() if each.token == case.chain.token), None)
        case.runtime.live.put(case.row.id, case.row.version, run.workflow)
    if data is None:
        raise StaleInstanceError(instance_id=case.row.id)
    return data


def _target(runtime: Runtime, uow: UnitOfWork, work_item_id: int, to: str) -> str:
    """The element that a send-back goes to. ReturnNotPossibleError where there is none."""
    return instances.return_target(runtime, uow, work_item_id, to)


def _steerable(uow: UnitOfWork, actor: Actor, work_item_id: int) -> tuple[Row[Any], Row[Any]]:
    """The item and its instance, for its signer and for those who hand out work."""
    item = submissions.find_item(uow, work_item_id)
    submissions.require_live(uow, item)
    if not permissions.may(actor, "work-item:assign", item.site_id):
        return submissions.actionable(uow, actor, work_item_id)
    return item, steps.load(uow, item.instance_id)


def _new_signer(case: _Case, beside: Row[Any], role: str | None, person_id: int | None) -> Signer:
    known = case.runtime.organisation.roles
    if person_id is None:
        if not role or (known and (role not in known or known[role].is_outside)):
            raise SignerUnsuitableError(reason="請選擇一個角色或一位同事。")
        if any(each.role == role and each.person_id is None and each.state in UNDECIDED for each in case.chain.rows):
            raise SignerUnsuitableError(reason="這個角色已在會簽名單上。")
        return Signer(role, beside.step)
    query = (
        select(user.c.id)
        .join(role_grant, role_grant.c.user_id == user.c.id)
        .where(user.c.id == person_id, user.c.deactivated_at.is_(None))
        .where(role_grant.c.site_id.is_(None) | (role_grant.c.site_id == case.row.site_id))
    )
    if case.uow.reading.execute(query.limit(1)).scalar() is None:
        raise SignerUnsuitableError(reason="請選擇在此工作的同事。")
    if any(each.person_id == person_id and each.state in UNDECIDED for each in case.chain.rows):
        raise SignerUnsuitableError(reason="這位同事已在會簽名單上。")
    return Signer(role or beside.role, beside.step, person_id=person_id)
