"""Comments on a case: written, mended for some minutes, struck out with a reason, never gone. Who is mentioned in one is told of it.

Every wording is in the case's history, so that the chain shows what stood there before it was mended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from engine import history, notifications, permissions, steps
from engine.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from engine.history import NewEvent
from engine.model import Actor
from engine.notifications import Kind
from engine.persistence.tables import case_comment, comment_mention, instance, role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: characters of one comment
LONGEST = 4_000
#: how long its author can mend a comment
EDIT_FOR = timedelta(minutes=15)
#: people that one comment can mention
MOST_MENTIONS = 20
#: characters of a comment that whoever is mentioned is told at once
_TOLD = 100
#: characters of a name that are looked at behind an @
_NAME_LENGTH = 40


class CommentSettledError(ConflictError):
    """Expected a comment that can still be mended."""

    code = "comment_settled"
    sentence = "留言發出 {minutes} 分鐘後不能再修改，請另寫一則，或說明原因後劃去。"


class CommentTooLongError(InvalidError):
    """More than a comment holds."""

    code = "comment_too_long"
    sentence = "留言最多 {limit} 字，較長的內容請作為附件上傳。"


class CommentStruckError(ConflictError):
    """Expected a comment that stands."""

    code = "comment_struck"
    sentence = "這則留言已經劃去。"


def add(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, body: str, work_item_id: int | None = None) -> int:
    """Write a comment on a case the person may read, and tell those whom it mentions. Its id.

    A mention is an `@` before the name of somebody who works at the case's site; of people of one name all are meant.
    InvalidError for an empty or too long one.
    """
    row = steps.load(uow, instance_id)
    if not permissions.may(actor, "comment:write", row.site_id):
        raise NotFoundError(kind="案件", id=instance_id)
    text = _checked(body)
    if work_item_id is not None and not _belongs(uow, work_item_id, instance_id):
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    mentioned = _mentioned(uow, text, row.site_id)
    now = runtime.clock.now()
    comment_id: int = uow.writing.execute(
        insert(case_comment)
        .values(instance_id=instance_id, work_item_id=work_item_id, body=text, author_id=actor.user_id, at=now)
        .returning(case_comment.c.id)
    ).scalar_one()
    _mention(runtime, uow, actor, instance_id, comment_id, mentioned, text, known=())
    event = NewEvent("comment.added", detail=_detail(comment_id, mentioned), values={"text": text})
    history.append(uow, actor, instance_id, [event], now)
    return comment_id


def edit(runtime: Runtime, uow: UnitOfWork, actor: Actor, comment_id: int, body: str) -> None:
    """Mend one's own comment within `EDIT_FOR`. Whoever is mentioned anew is told. CommentSettledError, CommentStruckError."""
    row = _find(uow, actor, comment_id)
    if row.author_id != actor.user_id:
        raise ForbiddenError(permission="comment:edit")
    text = _checked(body)
    now = runtime.clock.now()
    _require_standing(row)
    if now - row.at > EDIT_FOR:
        raise CommentSettledError(minutes=int(EDIT_FOR.total_seconds() // 60))
    if text == row.body:
        return
    mentioned = _mentioned(uow, text, row.site_id)
    connection = uow.writing
    stands = (case_comment.c.id == comment_id) & case_comment.c.struck_at.is_(None)
    if connection.execute(update(case_comment).where(stands).values(body=text, edited_at=now)).rowcount != 1:
        raise CommentStruckError
    known = set(connection.execute(select(comment_mention.c.user_id).where(comment_mention.c.comment_id == comment_id)).scalars())
    dropped = known.difference(mentioned)
    if dropped:
        connection.execute(
            delete(comment_mention).where(comment_mention.c.comment_id == comment_id, comment_mention.c.user_id.in_(dropped))
        )
    _mention(runtime, uow, actor, row.instance_id, comment_id, mentioned, text, known=known)
    event = NewEvent("comment.edited", detail=_detail(comment_id, mentioned), values={"before": row.body, "text": text})
    history.append(uow, actor, row.instance_id, [event], now)


def strike(runtime: Runtime, uow: UnitOfWork, actor: Actor, comment_id: int, reason: str) -> None:
    """Strike a comment out: one's own, or as a manager anybody's. It stays readable, with who struck it out and why."""
    row = _find(uow, actor, comment_id)
    if row.author_id != actor.user_id:
        permissions.require(actor, "comment:strike-any", row.site_id)
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    _require_standing(row)
    now = runtime.clock.now()
    stands = (case_comment.c.id == comment_id) & case_comment.c.struck_at.is_(None)
    values = {"struck_at": now, "struck_by": actor.user_id, "struck_reason": reason.strip()[:1000]}
    if uow.writing.execute(update(case_comment).where(stands).values(values)).rowcount != 1:
        raise CommentStruckError
    event = NewEvent("comment.struck", detail={"comment": comment_id}, values={"reason": reason.strip()[:1000]})
    history.append(uow, actor, row.instance_id, [event], now)


def instance_of(uow: UnitOfWork, actor: Actor, comment_id: int) -> int:
    """The case that a comment is on. NotFoundError where it isn't the person's to see."""
    found: int = _find(uow, actor, comment_id).instance_id
    return found


def _checked(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise InvalidError(reason="請先寫下內容。")
    if len(text) > LONGEST:
        raise CommentTooLongError(limit=LONGEST)
    return text


def _find(uow: UnitOfWork, actor: Actor, comment_id: int) -> Row[Any]:
    row = uow.reading.execute(
        select(case_comment, instance.c.site_id).join(instance, instance.c.id == case_comment.c.instance_id)
        .where(case_comment.c.id == comment_id)
    ).one_or_none()
    if row is None or not permissions.may(actor, "process-instance:read", row.site_id):
        raise NotFoundError(kind="留言", id=comment_id)
    return row


def _require_standing(row: Row[Any]) -> None:
    if row.struck_at is not None:
        raise CommentStruckError


def _belongs(uow: UnitOfWork, work_item_id: int, instance_id: int) -> bool:
    found = select(work_item.c.id).where(work_item.c.id == work_item_id, work_item.c.instance_id == instance_id)
    return uow.reading.execute(found).scalar() is not None


def _mentioned(uow: UnitOfWork, text: str, site_id: int | None) -> list[int]:
    """Ids of active people of the site whose name stands behind an @. Of names that begin alike the longest counts."""
    tails = [part[:_NAME_LENGTH] for part in text.replace("＠", "@").split("@")[1:]][:MOST_MENTIONS]
    starts = {tail[:length].strip() for tail in tails for length in range(1, len(tail) + 1)} - {""}
    if not starts:
        return []
    at_site = role_grant.c.site_id.is_(None) if site_id is None else role_grant.c.site_id.is_(None) | (role_grant.c.site_id == site_id)
    people = (
        select(user.c.id, user.c.display_name).distinct().join(role_grant, role_grant.c.user_id == user.c.id)
        .where(user.c.display_name.in_(starts), user.c.deactivated_at.is_(None), at_site)
    )
    known = sorted(uow.reading.execute(people), key=lambda person: (-len(person.display_name), person.id))
    found: list[int] = []
    for tail in tails:
        longest = next((person.display_name for person in known if tail.startswith(person.display_name)), None)
        found += [person.id for person in known if person.display_name == longest and person.id not in found]
    return found[:MOST_MENTIONS]


def _mention(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, comment_id: int, mentioned: Iterable[int], text: str, *,
    known: Iterable[int],
) -> None:
    fresh = [each for each in mentioned if each not in set(known)]
    if not fresh:
        return
    uow.writing.execute(insert(comment_mention), [{"comment_id": comment_id, "user_id": each} for each in fresh])
    # somebody taken out and put in again was told already
    told = notifications.told_of(uow, Kind.MENTIONED, instance_id, fresh, "comment", comment_id)
    site_id = uow.writing.execute(select(instance.c.site_id).where(instance.c.id == instance_id)).scalar()
    data = {"comment": comment_id, "text": text[:_TOLD]}
    notifications.tell(
        runtime, uow, Kind.MENTIONED, people=[each for each in fresh if each not in told], site_id=site_id, instance_id=instance_id,
        by=actor, data=data,
    )


def _detail(comment_id: int, mentioned: list[int]) -> dict[str, object]:
    return {"comment": comment_id, **({"people": mentioned} if mentioned else {})}
