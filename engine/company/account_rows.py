"""Accounts as they are read: the person, the roles held, and who stands in for whom now, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, cast, literal, null, select, union_all

from engine.house_rules import STAMP
from engine.model import Actor, Channel, RoleGrant, StandIn
from engine.persistence.prepared import Prepared
from engine.persistence.tables import Instant, role_grant, substitution, user, user_session
from engine.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Substitute:
    """Who stands in for a person now."""

    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account with the roles held."""

    id: int
    username: str
    display_name: str
    phone: str | None
    email: str | None
    locale: str
    must_change_password: bool
    version: int
    deactivated_at: datetime | None
    grants: frozenset[RoleGrant]
    #: for whom the person acts now
    stand_ins: tuple[StandIn, ...] = ()
    #: who acts for the person now
    substitutes: tuple[Substitute, ...] = ()
    #: the session by which the account was found
    session_id: int | None = None
    last_seen_at: datetime | None = None
    #: of the house rules as they stood then
    rules_stamp: int = 0

    def actor(self, channel: Channel = Channel.DESK) -> Actor:
        """The person as services take it."""
        return Actor(user_id=self.id, name=self.display_name, grants=self.grants, channel=channel, stand_ins=self.stand_ins)


_OWN = (user.c.id, user.c.username, user.c.display_name, user.c.phone, user.c.email, user.c.locale, user.c.must_change_password,
        user.c.version, user.c.deactivated_at, role_grant.c.role, role_grant.c.site_id)
_NO_STAND_IN = (
    literal("own").label("part"), cast(null(), Instant).label("until"), cast(null(), substitution.c.roles.type).label("roles"),
    cast(null(), substitution.c.procedures.type).label("procedures"), literal(0).label("substitution_id"), STAMP.label("rules_stamp"),
)
# one object each: a prepared statement converts every parameter once
_NOW, _WHO = bindparam("now", type_=Instant), bindparam("user_id", type_=user.c.id.type)
#: every account, without anybody who stands in
ACCOUNTS = select(*_OWN).select_from(user.outerjoin(role_grant, role_grant.c.user_id == user.c.id))


def _other(part: str, of: ColumnElement[Any], who: ColumnElement[Any], other: ColumnElement[Any], *, with_roles: bool) -> Select[Any]:
    """Colleagues on the other side of the person's substitutions that hold now, shaped like an account's own rows."""
    columns: list[ColumnElement[Any]] = [
        column if column.name in ("id", "username", "display_name") or (with_roles and column.table is role_grant)
        else cast(null(), column.type).label(column.name) for column in _OWN
    ]
    source = substitution.join(user, (user.c.id == other) & user.c.deactivated_at.is_(None))
    if with_roles:
        source = source.outerjoin(role_grant, role_grant.c.user_id == user.c.id)
    return select(
        *columns, literal(part).label("part"), substitution.c.ends_at.label("until"), substitution.c.roles, substitution.c.procedures,
        substitution.c.id.label("substitution_id"), cast(null(), STAMP.type).label("rules_stamp"), *_no_session(),
    ).select_from(source).where(
        of == who, substitution.c.ended_at.is_(None), substitution.c.starts_at <= _NOW, substitution.c.ends_at > _NOW)


def _no_session() -> tuple[ColumnElement[Any], ...]:
    return cast(null(), user_session.c.id.type).label("session_id"), cast(null(), Instant).label("last_seen_at")


def _with_others(own: Select[Any], who: ColumnElement[Any]) -> CompoundSelect[Any]:
    return union_all(
        own,
        _other("for", substitution.c.substitute_id, who, substitution.c.absent_id, with_roles=True),
        _other("by", substitution.c.absent_id, who, substitution.c.substitute_id, with_roles=False),
    )


_IN_FORCE = (user_session.c.digest == bindparam("digest")) & user_session.c.ended_at.is_(None)
# built once: every request sends one of these
_BY_ID = Prepared(_with_others(
    ACCOUNTS.add_columns(*_NO_STAND_IN, *_no_session()).where(user.c.id == _WHO), _WHO))
_BY_SESSION = Prepared(_with_others(
    select(*_OWN, *_NO_STAND_IN, user_session.c.id.label("session_id"), user_session.c.last_seen_at)
    .select_from(user_session.join(user, user.c.id == user_session.c.user_id).outerjoin(role_grant, role_grant.c.user_id == user.c.id))
    .where(_IN_FORCE),
    select(user_session.c.user_id).where(_IN_FORCE).scalar_subquery(),
))


def by_id(uow: UnitOfWork, user_id: int, now: datetime) -> Account | None:
    """An account with whoever stands in at that time; also a deactivated one."""
    return _one(_BY_ID.all(uow.reading, {"user_id": user_id, "now": now}))


def by_session(uow: UnitOfWork, digest: bytes, now: datetime) -> Account | None:
    """As `by_id`, of whoever began the session; None when it was ended."""
    return _one(_BY_SESSION.all(uow.reading, {"digest": digest, "now": now}))


def read(uow: UnitOfWork, statement: Select[Any], values: dict[str, Any]) -> list[Account]:
    """Accounts by a statement over `ACCOUNTS`."""
    found: dict[int, list[Any]] = {}
    for row in uow.reading.execute(statement, values):
        found.setdefault(row.id, []).append(row)
    return [_account(rows) for rows in found.values()]


def _one(rows: list[Any]) -> Account | None:
    own = [row for row in rows if row.part == "own"]
    if not own:
        return None
    stand_ins = _stand_ins([row for row in rows if row.part == "for"])
    substitutes = tuple(sorted({Substitute(row.display_name, row.until) for row in rows if row.part == "by"}, key=lambda each: each.until))
    return _account(own, stand_ins, substitutes, own[0].session_id, own[0].last_seen_at, own[0].rules_stamp)


def _account(
    rows: list[Any], stand_ins: tuple[StandIn, ...] = (), substitutes: tuple[Substitute, ...] = (), session_id: int | None = None,
    last_seen_at: datetime | None = None, rules_stamp: int = 0,
) -> Account:
    row = rows[0]
    grants = frozenset(RoleGrant(each.role, each.site_id) for each in rows if each.role is not None)
    return Account(row.id, row.username, row.display_name, row.phone, row.email, row.locale, bool(row.must_change_password), row.version,
                   row.deactivated_at, grants, stand_ins, substitutes, session_id, last_seen_at, rules_stamp)


#: what no substitute takes over: who keeps accounts and procedures is appointed, not stood in for
NOT_TAKEN_OVER = frozenset({"administrator", "process_designer"})


def _stand_ins(rows: list[Any]) -> tuple[StandIn, ...]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.substitution_id, []).append(row)
    stand_ins = []
    for parts in found.values():
        row = parts[0]
        only = orjson.loads(row.roles) if row.roles else None
        grants = frozenset(RoleGrant(part.role, part.site_id) for part in parts
                           if part.role is not None and part.role not in NOT_TAKEN_OVER and (only is None or part.role in only))
        procedures = frozenset(orjson.loads(row.procedures)) if row.procedures else frozenset()
        stand_ins.append(StandIn(row.id, row.display_name, grants, procedures, only is None, row.until))
    return tuple(sorted(stand_ins, key=lambda each: (each.user_id, sorted(each.procedures))))
