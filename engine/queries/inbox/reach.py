"""Which live work items a person reaches: those their roles may take, what was escalated to them, what colleagues who are away have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, or_
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.inbox.rows import Filters, Holder
from engine.queries.reach import pair_values, pairs_of, sited


@dataclass(frozen=True, slots=True)
class AwayShape:
    """What decides the text of the branches for colleagues who are away; empty for almost everybody."""

    #: of each stand-in for some procedures only: for each (role, site) whether it names a site
    limited: tuple[tuple[bool, ...], ...] = ()
    #: of each stand-in: whether procedures and roles narrow what the colleague has
    held: tuple[tuple[bool, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Away:
    """The colleagues for whom a person stands in, as the statements take them."""

    #: (procedures, (role, site) pairs)
    limited: tuple[tuple[tuple[str, ...], list[tuple[str, int | None]]], ...] = ()
    #: (colleague, procedures, roles; empty for all)
    held: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, uow: UnitOfWork, actor: Actor, filters: Filters | None) -> Away:
        """Of a person, narrowed by the filters. What was taken over for every procedure reads as the person's own roles."""
        if not actor.stand_ins:
            return NOBODY_AWAY
        role = filters.role if filters is not None else None
        some = tuple((tuple(sorted(each.procedures)), pairs_of(uow, each.grants, role)) for each in actor.stand_ins if each.procedures)
        if filters is not None and filters.holder is Holder.UNCLAIMED:
            return cls(some)
        return cls(some, tuple(
            (each.user_id, tuple(sorted(each.procedures)),
             (role,) if role is not None else () if each.is_whole else tuple(sorted({grant.role for grant in each.grants})))
            for each in actor.stand_ins))

    def shape(self) -> AwayShape:
        """What the statement is built by."""
        held = tuple((bool(keys), bool(roles)) for _, keys, roles in self.held)
        return AwayShape(tuple(sited(pairs) for _, pairs in self.limited), held)

    def values(self) -> dict[str, Any]:
        """What it is sent with."""
        values: dict[str, Any] = {}
        for number, (keys, pairs) in enumerate(self.limited):
            values[f"away_{number}_keys"] = list(keys)
            values.update({f"away_{number}_{name}": value for name, value in pair_values(pairs).items()})
        for number, (user_id, keys, roles) in enumerate(self.held):
            values[f"held_{number}"] = user_id
            values.update({f"held_{number}_keys": list(keys)} if keys else {})
            values.update({f"held_{number}_roles": list(roles)} if roles else {})
        return values


NOBODY_AWAY = Away()


def away_branches(shape: AwayShape) -> list[list[ColumnElement[bool]]]:
    """What colleagues have who are away, and what nobody has of theirs where only some procedures were taken over."""
    branches = [[*where, work_item.c.definition_key.in_(bindparam(f"away_{number}_keys", expanding=True))]
                for number, pairs in enumerate(shape.limited) for where in reachable_branches(pairs, f"away_{number}_")]
    for number, (has_keys, has_roles) in enumerate(shape.held):
        held = [work_item.c.is_live, work_item.c.assignee_id == bindparam(f"held_{number}", type_=BigInteger)]
        if has_keys:
            held.append(work_item.c.definition_key.in_(bindparam(f"held_{number}_keys", expanding=True)))
        if has_roles:
            held.append(work_item.c.role.in_(bindparam(f"held_{number}_roles", expanding=True)))
        branches.append(held)
    return branches


def reachable_branches(pairs: tuple[bool, ...], prefix: str = "") -> list[list[ColumnElement[bool]]]:
    """For each (role, site) the conditions that its index answers: what nobody has, and what was escalated to it."""
    branches: list[list[ColumnElement[bool]]] = []
    for number, has_site in enumerate(pairs):
        # `= ?` and `IS NULL` are told apart here: PostgreSQL finds no index for IS NOT DISTINCT FROM
        site_id = bindparam(f"{prefix}site_{number}", type_=BigInteger)
        at_site = work_item.c.site_id == site_id if has_site else work_item.c.site_id.is_(None)
        role = bindparam(f"{prefix}role_{number}", type_=String)
        branches.append([work_item.c.is_live, work_item.c.assignee_id.is_(None), work_item.c.role == role, at_site])
        branches.append([
            work_item.c.is_live, work_item.c.escalated_role.is_not(None), work_item.c.escalated_role == role, at_site,
            or_(work_item.c.assignee_id.is_(None), work_item.c.assignee_id != bindparam("me", type_=BigInteger)),
        ])
    return branches
