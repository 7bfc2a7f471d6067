"""Filters of lists that people keep: their own or shared with a role, and which one a list opens with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update

from engine.errors import FieldError, FormInvalidError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import list_default, saved_filter, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: lists that filters are kept for
LISTS = ("todo", "done", "started", "copied", "cases")
NAME_LENGTH, QUERY_LENGTH = 60, 2000
#: filters of one person for one list
MOST = 50


class TooManyFiltersError(InvalidError):
    """Expected fewer filters."""

    code = "too_many_filters"
    sentence = "每個列表最多保存 {most} 個篩選，請先刪除不用的。"


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter that the person may use."""

    id: int
    list: str
    name: str
    #: what of the address it stands for
    query: str
    #: role that it is shared with
    role: str | None
    owner_id: int
    owner_name: str
    is_mine: bool
    #: whether the list opens with it for this person
    is_default: bool


def listed(uow: UnitOfWork, actor: Actor, name: str | None = None) -> tuple[SavedFilter, ...]:
    """One's own and those shared with one's roles, of one list or of all; own ones first, then by name."""
    is_mine = saved_filter.c.owner_id == actor.user_id
    statement = (
        select(saved_filter, user.c.display_name.label("owner_name"), list_default.c.filter_id.label("chosen"))
        .select_from(
            saved_filter.join(user, user.c.id == saved_filter.c.owner_id)
            .outerjoin(list_default, (list_default.c.filter_id == saved_filter.c.id) & (list_default.c.user_id == actor.user_id))
        )
        .where(or_(is_mine, saved_filter.c.role.in_(sorted(actor.roles()))))
        .order_by(is_mine.desc(), saved_filter.c.name, saved_filter.c.id).limit(500)
    )
    if name is not None:
        statement = statement.where(saved_filter.c.list == name)
    return tuple(
        SavedFilter(row.id, row.list, row.name, row.query, row.role, row.owner_id, row.owner_name, row.owner_id == actor.user_id,
                    row.chosen is not None)
        for row in uow.reading.execute(statement)
    )  # fmt: skip


def save(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, list_name: str, name: str, query: str, *, role: str | None = None,
    is_default: bool = False,
) -> int:
    """Keep a filter; one of the same name is replaced. Shared with a role of one's own only. Returns its id."""
    name, query = name.strip(), query.strip().lstrip("?")
    if list_name not in LISTS:
        raise NotFoundError(kind="列表", id=list_name)
    if not name or len(name) > NAME_LENGTH:
        raise FormInvalidError([FieldError("name", "required", "請填寫名稱，最多 {most} 個字。", {"most": NAME_LENGTH})])
    if len(query) > QUERY_LENGTH:
        raise FormInvalidError([FieldError("query", "too_long", "篩選條件太長。", {})])
    if role is not None and role not in actor.roles():
        raise FormInvalidError([FieldError("role", "not_yours", "只能分享給自己擔任的角色。", {})])
    connection = uow.writing
    own = select(saved_filter.c.id, saved_filter.c.name).where(saved_filter.c.owner_id == actor.user_id, saved_filter.c.list == list_name)
    known = {row.name: row.id for row in connection.execute(own)}
    values = {"query": query, "role": role}
    if name in known:
        filter_id = int(known[name])
        connection.execute(update(saved_filter).where(saved_filter.c.id == filter_id).values(**values))
    else:
        if len(known) >= MOST:
            raise TooManyFiltersError(most=MOST)
        fresh = {"owner_id": actor.user_id, "list": list_name, "name": name, "created_at": runtime.clock.now(), **values}
        made = connection.execute(insert(saved_filter).values(**fresh)).inserted_primary_key
        assert made is not None
        filter_id = int(made[0])
    if is_default:
        choose_default(uow, actor, filter_id)
    return filter_id


def choose_default(uow: UnitOfWork, actor: Actor, filter_id: int) -> None:
    """Let its list open with a filter that one may use."""
    chosen = _usable(uow, actor, filter_id)
    _forget_default(uow, actor, chosen.list)
    uow.writing.execute(insert(list_default).values(user_id=actor.user_id, list=chosen.list, filter_id=filter_id))


def clear_default(uow: UnitOfWork, actor: Actor, list_name: str) -> None:
    """Let a list open plainly again."""
    _forget_default(uow, actor, list_name)


def remove(uow: UnitOfWork, actor: Actor, filter_id: int) -> None:
    """Delete one's own filter; lists that opened with it open plainly."""
    chosen = _usable(uow, actor, filter_id)
    if not chosen.is_mine:
        raise NotFoundError(kind="篩選", id=filter_id)
    uow.writing.execute(delete(list_default).where(list_default.c.filter_id == filter_id))
    uow.writing.execute(delete(saved_filter).where(saved_filter.c.id == filter_id))


def _forget_default(uow: UnitOfWork, actor: Actor, list_name: str) -> None:
    uow.writing.execute(delete(list_default).where(list_default.c.user_id == actor.user_id, list_default.c.list == list_name))


def _usable(uow: UnitOfWork, actor: Actor, filter_id: int) -> SavedFilter:
    found = next((each for each in listed(uow, actor) if each.id == filter_id), None)
    if found is None:
        raise NotFoundError(kind="篩選", id=filter_id)
    return found
