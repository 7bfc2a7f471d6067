"""The rows behind a signature chain (會簽) and its signers' work items: writes and reads them, decides nothing.

A signer's work item carries the element's token with `.` and the part's id behind it, so that every verb that people know of work items
holds for it. Whoever calls here has locked the instance by moving its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, insert, select, update

from engine import notifications, openings, signer_form
from engine.diagram import Element
from engine.model import LIVE_WORK_ITEM_STATES, JsonObject, OpenItem, WorkItemState
from engine.notifications import Kind
from engine.openings import Opening, Subject
from engine.persistence.tables import approval, due, signature, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.signature_rules import UNDECIDED, Part, PartState, Signer

_MARK = "."


@dataclass(frozen=True, slots=True)
class Chain:
    """One round of a chain as it stands."""

    instance_id: int
    #: of the element
    token: str
    definition_id: int
    element: Element
    #: the element's own work item
    container: Row[Any]
    #: in the order in which they are shown
    rows: tuple[Row[Any], ...]

    @property
    def round(self) -> int:
        """Which round it is."""
        return int(self.rows[0].round)

    def row(self, approval_id: int) -> Row[Any] | None:
        """One part's row."""
        return next((row for row in self.rows if row.id == approval_id), None)

    def parts(self) -> list[Part]:
        """What the rule looks at."""
        return [Part(row.id, row.step, PartState(row.state), row.waits_for) for row in self.rows]

    def with_state(self, approval_id: int, state: PartState) -> list[Part]:
        """What the rule would look at if one part's state were another."""
        return [replace(part, state=state) if part.id == approval_id else part for part in self.parts()]


def element_token(token: str) -> str:
    """The element's token, of a signer's as of any other."""
    return token.partition(_MARK)[0]


def is_signer(token: str) -> bool:
    """Whether a token is one signer's."""
    return _MARK in token


def part_id(token: str) -> int:
    """The part that a signer's token names."""
    return int(token.partition(_MARK)[2])


def open_chain(runtime: Runtime, uow: UnitOfWork, subject: Subject, opening: Opening) -> list[int]:
    """Write the rows of a chain that a step has just opened, and the items of those whose turn it is; the items' ids."""
    item = opening.item
    inside = "" if item.item is None else orjson.dumps(item.item, default=str).decode()[:300]
    same = (
        (approval.c.instance_id == subject.instance_id)
        & (approval.c.definition_id == opening.definition_id)
        & (approval.c.element_id == item.element_id)
        & (approval.c.item == inside)
    )
    connection = uow.writing
    before: int = connection.execute(select(func.coalesce(func.max(approval.c.round), 0)).where(same)).scalar_one()
    first = min(signer.step for signer in opening.signers)
    rows = [
        {
            **_plain(subject.instance_id, item.token, opening.definition_id, item.element_id, before + 1, signer, position),
            "item": inside,
            "state": PartState.PENDING if signer.step == first else PartState.WAITING,
        }
        for position, signer in enumerate(opening.signers, 1)
    ]
    ids = connection.execute(insert(approval).returning(approval.c.id, sort_by_parameter_order=True), rows).scalars().all()
    mine = [(approval_id, signer) for approval_id, signer in zip(ids, opening.signers, strict=True) if signer.step == first]
    return [_new_item(runtime, uow, subject, opening.element, _shape(opening), item.token, *each, opening.created_at) for each in mine]


def load(uow: UnitOfWork, instance_id: int, token: str, element: Element) -> Chain | None:
    """The chain of an element's token; None where the token has none."""
    token = element_token(token)
    query = select(approval).where(approval.c.instance_id == instance_id, approval.c.token == token)
    rows = tuple(uow.reading.execute(query.order_by(approval.c.position, approval.c.id)).all())
    if not rows:
        return None
    container = uow.reading.execute(select(work_item).where(work_item.c.instance_id == instance_id, work_item.c.token == token)).one()
    return Chain(instance_id, token, container.definition_id, element, container, rows)


def add_part(uow: UnitOfWork, chain: Chain, signer: Signer, *, position: int, waits_for: int | None, added_by: int | None,
             replaces: int | None = None) -> int:
    """Write a further part that waits for its turn; its id."""
    values = {
        **_plain(chain.instance_id, chain.token, chain.definition_id, chain.element.id, chain.round, signer, position),
        "item": chain.rows[0].item,
        "state": PartState.WAITING,
        "waits_for": waits_for,
        "added_by": added_by,
        "replaces": replaces,
    }
    made: int = uow.writing.execute(insert(approval).values(**values).returning(approval.c.id)).scalar_one()
    return made


def make_room(uow: UnitOfWork, chain: Chain, position: int) -> None:
    """Shift what is shown from a position on by one."""
    uow.writing.execute(
        update(approval)
        .where(approval.c.instance_id == chain.instance_id, approval.c.token == chain.token, approval.c.position >= position)
        .values(position=approval.c.position + 1)
    )


def give_turn(runtime: Runtime, uow: UnitOfWork, chain: Chain, subject: Subject, ids: Iterable[int], now: datetime) -> list[int]:
    """Give parts their work items: new ones, or those they had before; the items' ids."""
    wanted = list(ids)
    if not wanted:
        return []
    connection = uow.writing
    opened = []
    rows = {row.id: row for row in connection.execute(select(approval).where(approval.c.id.in_(wanted)))}
    for each in wanted:
        row = rows[each]
        if row.work_item_id is not None:
            _reopen(runtime, uow, chain.element, row.work_item_id, now)
            opened.append(row.work_item_id)
        else:
            signer = Signer(row.role, row.step, row.name, row.person_id)
            shape = {name: getattr(chain.container, name) for name in ("definition_id", "definition_key", "name", "outside")}
            shape["role"] = chain.container.role
            opened.append(_new_item(runtime, uow, subject, chain.element, shape, chain.token, each, signer, now))
    connection.execute(update(approval).where(approval.c.id.in_(wanted)).values(state=PartState.PENDING))
    return opened


def take_turn_back(uow: UnitOfWork, chain: Chain, ids: Iterable[int], now: datetime) -> None:
    """Let parts wait again: their work items go away."""
    wanted = list(ids)
    if wanted:
        uow.writing.execute(update(approval).where(approval.c.id.in_(wanted)).values(state=PartState.WAITING))
        _withdraw_items(uow, chain.instance_id, wanted, now)


def end_part(uow: UnitOfWork, chain: Chain, approval_id: int, state: PartState, now: datetime) -> None:
    """Take a part off the chain."""
    uow.writing.execute(update(approval).where(approval.c.id == approval_id).values(state=state))
    _withdraw_items(uow, chain.instance_id, [approval_id], now)


def write_decision(uow: UnitOfWork, approval_id: int, values: Mapping[str, Any], work_item_id: int, now: datetime, by: int | None) -> None:
    """Write what a signer decided, and complete the signer's item."""
    connection = uow.writing
    connection.execute(update(approval).where(approval.c.id == approval_id).values(**values))
    connection.execute(
        update(work_item).where(work_item.c.id == work_item_id)
        .values(state=WorkItemState.COMPLETED, is_live=False, completed_at=now, completed_by=by)
    )
    row = connection.execute(select(work_item.c.instance_id, work_item.c.token).where(work_item.c.id == work_item_id)).one()
    connection.execute(delete(due).where(due.c.instance_id == row.instance_id, due.c.subject == row.token))


def take_decision_back(uow: UnitOfWork, approval_id: int) -> None:
    """Let a part be undecided again; what was said stays in history."""
    cleared = dict.fromkeys(("decision", "opinion", "decided_at", "decided_by", "on_behalf_of", "signature_id", "answer"))
    uow.writing.execute(update(approval).where(approval.c.id == approval_id).values(state=PartState.WAITING, **cleared))


def close(uow: UnitOfWork, instance_id: int, tokens: Sequence[str], state: PartState, now: datetime) -> None:
    """End chains: what is undecided gets the state, and its items go away. Cheap where the tokens have no chain."""
    undecided = approval.c.state.in_(list(UNDECIDED))
    query = select(approval.c.id).where(approval.c.instance_id == instance_id, approval.c.token.in_(list(tokens)), undecided)
    ids = list(uow.writing.execute(query).scalars())
    if ids:
        uow.writing.execute(update(approval).where(approval.c.id.in_(ids)).values(state=state))
        _withdraw_items(uow, instance_id, ids, now)


def close_all(uow: UnitOfWork, instance_id: int) -> None:
    """End every chain of an instance that ended; its items are closed with it."""
    undecided = approval.c.state.in_(list(UNDECIDED))
    uow.writing.execute(
        update(approval).where(approval.c.instance_id == instance_id, undecided).values(state=PartState.SUPERSEDED)
    )


def opinions(uow: UnitOfWork, chain: Chain) -> list[JsonObject]:
    """Everything that signers of this element have said in this case, in order, earlier rounds included."""
    first = chain.rows[0]
    query = (
        select(approval, user.c.display_name, signature.c.file_id, signature.c.signer.label("signed_by"))
        .outerjoin(user, user.c.id == approval.c.decided_by)
        .outerjoin(signature, signature.c.id == approval.c.signature_id)
        .where(
            approval.c.instance_id == chain.instance_id, approval.c.definition_id == chain.definition_id,
            approval.c.element_id == chain.element.id, approval.c.item == first.item, approval.c.decided_at.is_not(None),
        )
        .order_by(approval.c.round, approval.c.decided_at, approval.c.id)
    )
    return [said(row, row.display_name or row.signed_by or "", row.file_id, row.signed_by) for row in uow.reading.execute(query)]


def said(row: Any, signer: str, file_id: int | None, signed_by: str | None) -> JsonObject:
    """One opinion as the instance's data hold it."""
    at = row.decided_at.isoformat()
    drawn = None if file_id is None else {"file": file_id, "signer": signed_by or signer, "at": at, "refused": False}
    return {
        "role": row.role, "name": row.name, "signer": signer, "decision": row.decision, "opinion": row.opinion or "", "at": at,
        "round": row.round, "signature": drawn,
    }


def _plain(instance_id: int, token: str, definition_id: int, element_id: str, number: int, signer: Signer, position: int) -> dict[str, Any]:
    return {
        "instance_id": instance_id, "token": token, "definition_id": definition_id, "element_id": element_id, "round": number,
        "step": signer.step, "position": position, "role": signer.role, "name": signer.name, "person_id": signer.person_id,
    }


def _shape(opening: Opening) -> dict[str, Any]:
    return {
        "definition_id": opening.definition_id, "definition_key": opening.definition_key, "name": opening.name,
        "outside": opening.outside, "role": opening.role,
    }


def _new_item(
    runtime: Runtime, uow: UnitOfWork, subject: Subject, element: Element, shape: Mapping[str, Any], token: str, approval_id: int,
    signer: Signer, now: datetime,
) -> int:
    """A signer's work item. Somebody without an account signs at the desk of whoever attends the element."""
    role = runtime.organisation.roles.get(signer.role)
    is_outside = role is not None and role.is_outside
    warn, due_at = openings.due_times(runtime, element, now, subject.site_id)
    opening = Opening(
        item=OpenItem(f"{token}{_MARK}{approval_id}", element.id, {}), name=shape["name"], definition_id=shape["definition_id"],
        definition_key=shape["definition_key"], form_key=signer_form.form_key(element), role=shape["role"] if is_outside else signer.role,
        outside=signer.role if is_outside else None, assignee_id=signer.person_id, created_at=now, warn_at=warn, due_at=due_at,
        element=element,
    )
    connection = uow.writing
    row = opening.row(subject)
    item_id: int = connection.execute(insert(work_item).values(**row).returning(work_item.c.id)).scalar_one()
    notifications.write(runtime, uow, [notifications.opened_row(row, item_id, Kind.OPENED, None)])
    connection.execute(update(approval).where(approval.c.id == approval_id).values(work_item_id=item_id))
    _arm(runtime, uow, opening.due_rows(subject.instance_id))
    return item_id


def _reopen(runtime: Runtime, uow: UnitOfWork, element: Element, work_item_id: int, now: datetime) -> None:
    connection = uow.writing
    row = connection.execute(select(work_item).where(work_item.c.id == work_item_id)).one()
    assignee = row.assignee_id or (row.completed_by if row.state == WorkItemState.COMPLETED else None)
    warn, due_at = openings.due_times(runtime, element, now, row.site_id)
    values = {
        "state": WorkItemState.OPEN if assignee is None else WorkItemState.CLAIMED, "is_live": True, "assignee_id": assignee,
        "owner_id": None, "claimed_at": None if assignee is None else now, "completed_at": None, "completed_by": None,
        "warn_at": warn, "due_at": due_at,
    }
    connection.execute(update(work_item).where(work_item.c.id == work_item_id).values(**values))
    item = {**row._mapping, "assignee_id": assignee}
    notifications.write(runtime, uow, [notifications.opened_row(item, work_item_id, Kind.RETURNED, None)])
    moments = {"item_warn": warn, "item_due": due_at}
    _arm(runtime, uow, [
        {"kind": kind, "due_at": moment, "instance_id": row.instance_id, "subject": row.token} for kind, moment in moments.items() if moment
    ])


def _arm(runtime: Runtime, uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    if rows:
        uow.writing.execute(insert(due), rows)
        uow.after_commit(runtime.outbox.wake)


def _withdraw_items(uow: UnitOfWork, instance_id: int, approval_ids: Sequence[int], now: datetime) -> None:
    connection = uow.writing
    theirs = select(approval.c.work_item_id).where(approval.c.id.in_(list(approval_ids)), approval.c.work_item_id.is_not(None))
    live = work_item.c.state.in_(list(LIVE_WORK_ITEM_STATES))
    tokens = list(connection.execute(select(work_item.c.token).where(work_item.c.id.in_(theirs), live)).scalars())
    if tokens:
        here = (work_item.c.instance_id == instance_id) & work_item.c.token.in_(tokens)
        connection.execute(update(work_item).where(here).values(state=WorkItemState.WITHDRAWN, is_live=False, completed_at=now))
        connection.execute(delete(due).where(due.c.instance_id == instance_id, due.c.subject.in_(tokens)))
