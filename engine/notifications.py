"""Says that something happened, in the transaction in which it happens, and remembers who has read it.

One row a happening, for a person or for a role at a site: never one a reader. Who is meant is worked out when it is read
(`engine.queries.notifications`) or sent by other ways (`engine.delivery`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, literal, select, update

from engine.model import LIVE_WORK_ITEM_STATES, Actor, JsonObject
from engine.persistence.prepared import Prepared
from engine.persistence.tables import Instant, notification, notification_read, notification_wish, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

# a step sends it
_COLUMNS = ("kind", "user_id", "role", "site_id", "instance_id", "work_item_id", "by_id", "data", "made_at", "pending_at")
_TELL = Prepared(insert(notification), *_COLUMNS)


class Kind(StrEnum):
    """What a notification tells."""

    #: new work for a role, or for a person whom the diagram names
    OPENED = "opened"
    #: a colleague gave somebody an item
    ASSIGNED = "assigned"
    #: a colleague asks for an answer
    DELEGATED = "delegated"
    #: the answer came
    RESOLVED = "resolved"
    #: a case was sent back and is to be done again
    RETURNED = "returned"
    #: an item is no longer one's own
    WITHDRAWN = "withdrawn"
    #: an item's reminder
    DUE_SOON = "due_soon"
    #: an item's due time has passed
    OVERDUE = "overdue"
    #: somebody else's item is overdue, and one's role is to see to it
    ESCALATED = "escalated"
    #: a colleague asks to hurry
    NUDGED = "nudged"
    #: a case to read along
    COPIED = "copied"
    #: named in a comment
    MENTIONED = "mentioned"
    #: a limit of the manual is close
    LIMIT_SOON = "limit_soon"
    #: a limit of the manual was missed
    LIMIT_MISSED = "limit_missed"
    #: a step failed and waits for a manager
    INCIDENT = "incident"
    #: what a diagram has to say
    MESSAGE = "message"
    #: a case that starts by itself could not
    START_FAILED = "start_failed"
    #: a month is closed, and what it came to is put together
    MONTH_PACK = "month_pack"


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind is called and told, source language."""

    name: str
    #: with `{step}`, `{case}`, `{by}`, `{role}`, and what the row's data hold
    sentence: str
    #: whether mail is sent unless the person wants otherwise
    by_mail: bool = True


#: every kind, in the order in which they are shown
WORDINGS: dict[Kind, Wording] = {
    Kind.OPENED: Wording("新事項", "{case}：請辦理「{step}」", by_mail=False),
    Kind.ASSIGNED: Wording("指派給我", "{by}把「{step}」指派給您：{case}"),
    Kind.DELEGATED: Wording("委派給我", "{by}請您代為答覆「{step}」：{case}"),
    Kind.RESOLVED: Wording("委派已答覆", "{by}已答覆「{step}」，請您提交：{case}"),
    Kind.RETURNED: Wording("退回重辦", "{case}已退回，請重新辦理「{step}」"),
    Kind.WITHDRAWN: Wording("不必再辦", "「{step}」已不需要您辦理：{case}", by_mail=False),
    Kind.DUE_SOON: Wording("即將到期", "「{step}」即將到期：{case}"),
    Kind.OVERDUE: Wording("已逾期", "「{step}」已逾期：{case}"),
    Kind.ESCALATED: Wording("逾期升級", "「{step}」逾期未辦，請您跟進：{case}"),
    Kind.NUDGED: Wording("催我辦理", "{by}催辦「{step}」：{case}"),
    Kind.COPIED: Wording("抄送給我", "{by}抄送給您：{case}"),
    Kind.MENTIONED: Wording("有人提到我", "{by}在{case}提到您：{text}"),
    Kind.LIMIT_SOON: Wording("時限將到", "時限將到（{limit}）：{case}"),
    Kind.LIMIT_MISSED: Wording("超過時限", "超過時限（{limit}）：{case}"),
    Kind.INCIDENT: Wording("流程異常", "{case}在下一步出錯，請處理"),
    Kind.MESSAGE: Wording("流程通知", "{case}：{text}"),
    Kind.START_FAILED: Wording("自動發起失敗", "「{process}」未能自動發起（{subject}）：{reason}"),
    Kind.MONTH_PACK: Wording("月報", "{month} 的月報已備好，可以查看、列印和下載"),
}


def tell(
    runtime: Runtime,
    uow: UnitOfWork,
    kind: Kind,
    *,
    people: Iterable[int] = (),
    role: str | None = None,
    site_id: int | None = None,
    instance_id: int | None = None,
    work_item_id: int | None = None,
    by: Actor | None = None,
    data: JsonObject | None = None,
) -> None:
    """Tell people by id, or without any everybody who holds `role` at the site, with the caller's transaction.

    Whose own act it is (`by`) is told nothing. `data` fills the kind's sentence (`WORDINGS`), e.g. a mention's `text`.
    """
    by_id = by.user_id if by is not None else None
    shared = {"kind": kind.value, "site_id": site_id, "instance_id": instance_id, "work_item_id": work_item_id, "by_id": by_id,
              "data": orjson.dumps(data).decode() if data else None}
    named = [each for each in dict.fromkeys(people) if each != by_id]
    rows: list[dict[str, Any]] = [{**shared, "user_id": each, "role": None} for each in named]
    if not rows and role is not None:
        rows = [{**shared, "user_id": None, "role": role}]
    write(runtime, uow, rows)


def told_of(uow: UnitOfWork, kind: Kind, instance_id: int, people: Sequence[int], name: str, value: Any) -> set[int]:
    """Who of some people was told before of the very thing that the data name, e.g. of one comment."""
    query = select(notification.c.user_id, notification.c.data).where(
        notification.c.user_id.in_(list(people)), notification.c.kind == kind.value, notification.c.instance_id == instance_id
    )
    return {row.user_id for row in uow.writing.execute(query) if row.data and orjson.loads(row.data).get(name) == value}


def opened_row(item: dict[str, Any], item_id: int, kind: Kind, by_id: int | None) -> dict[str, Any]:
    """What tells of an item that was just written: its person's business, or its role's."""
    is_named = item["assignee_id"] is not None
    return {
        "kind": kind.value, "user_id": item["assignee_id"], "role": None if is_named else item["role"], "site_id": item["site_id"],
        "instance_id": item["instance_id"], "work_item_id": item_id, "by_id": by_id, "data": None,
    }


def write(runtime: Runtime, uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Write happenings."""
    if not rows:
        return
    now = runtime.clock.now()
    _TELL.run_each(uow.writing, [{**row, "made_at": now, "pending_at": now} for row in rows])
    uow.after_commit(runtime.news.announce)


def tell_withdrawn(runtime: Runtime, uow: UnitOfWork, condition: Any, by: Actor) -> None:
    """Tell whoever has items, chosen by a condition on `work_item`, before they are closed, that they are no longer theirs."""
    now = runtime.clock.now()
    columns = ("kind", "user_id", "site_id", "instance_id", "work_item_id", "by_id", "made_at", "pending_at")
    mine = work_item.c.assignee_id
    chosen = select(
        literal(Kind.WITHDRAWN.value), mine, work_item.c.site_id, work_item.c.instance_id, work_item.c.id, literal(by.user_id),
        literal(now, Instant()), literal(now, Instant()),
    ).where(condition, mine.is_not(None), work_item.c.state.in_(LIVE_WORK_ITEM_STATES))
    if by.user_id is not None:
        chosen = chosen.where(mine != by.user_id)
    if uow.writing.execute(insert(notification).from_select(columns, chosen)).rowcount:
        uow.after_commit(runtime.news.announce)


# ---------------------------------------------------------------- reading

def mark_read(runtime: Runtime, uow: UnitOfWork, actor: Actor, ids: Iterable[int]) -> None:
    """Remember that the person has read these. What is below their mark, or not there, is passed over."""
    wanted = sorted(set(ids))
    if not wanted or actor.user_id is None:
        return
    connection = uow.writing
    read_to = select(notification_wish.c.read_to).where(notification_wish.c.user_id == actor.user_id).scalar_subquery()
    known = select(notification_read.c.notification_id).where(
        notification_read.c.user_id == actor.user_id, notification_read.c.notification_id == notification.c.id
    )
    fresh = select(literal(actor.user_id), notification.c.id).where(
        notification.c.id.in_(wanted), notification.c.id > func.coalesce(read_to, 0), ~known.exists()
    )
    connection.execute(insert(notification_read).from_select(("user_id", "notification_id"), fresh))
    uow.after_commit(runtime.news.announce)


def mark_all_read(runtime: Runtime, uow: UnitOfWork, actor: Actor, up_to: int) -> None:
    """Everything up to a notification is read: what came since the person looked stays new."""
    if actor.user_id is None:
        return
    connection = uow.writing
    newest = connection.execute(select(func.coalesce(func.max(notification.c.id), 0))).scalar_one()
    mark = min(up_to, newest)
    mine = notification_wish.c.user_id == actor.user_id
    ensure_wish(uow, actor.user_id)
    connection.execute(update(notification_wish).where(mine, notification_wish.c.read_to < mark).values(read_to=mark))
    # the mark says it for all of them
    below = notification_read.c.notification_id <= mark
    connection.execute(delete(notification_read).where(notification_read.c.user_id == actor.user_id, below))
    uow.after_commit(runtime.news.announce)


def ensure_wish(uow: UnitOfWork, user_id: int) -> None:
    """Give a person the row that holds their mark and wishes, where they have none; two at once make one."""
    known = select(notification_wish.c.user_id).where(notification_wish.c.user_id == user_id)
    if uow.writing.execute(known).scalar() is None:
        values = select(literal(user_id), literal(0)).where(~known.exists())
        uow.writing.execute(insert(notification_wish).from_select(("user_id", "read_to"), values))


def forget(uow: UnitOfWork, before: datetime, most: int = 5_000) -> int:
    """Drop what happened before a moment and was looked at by the courier, at most so many; says how many."""
    old = select(notification.c.id).where(notification.c.made_at < before, notification.c.pending_at.is_(None))
    ids = list(uow.writing.execute(old.order_by(notification.c.made_at).limit(most)).scalars())
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        uow.writing.execute(delete(notification_read).where(notification_read.c.notification_id.in_(part)))
        uow.writing.execute(delete(notification).where(notification.c.id.in_(part)))
    return len(ids)
