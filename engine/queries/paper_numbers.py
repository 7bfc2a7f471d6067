"""Blocks of preprinted numbers as people look at them: what is used, what is void and why, what is still out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from engine import permissions
from engine.errors import NotFoundError
from engine.model import Actor
from engine.persistence.tables import instance, number_block, paper_number, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block with what became of its numbers."""

    id: int
    series: str
    first: str
    last: str
    reserved_at: datetime
    reserved_by: str | None
    book: str
    use_by: date | None
    blank: int
    used: int
    void: int

    @property
    def total(self) -> int:
        """Papers of the block."""
        return self.blank + self.used + self.void


@dataclass(frozen=True, slots=True)
class NumberView:
    """One number."""

    number: str
    #: `blank`, `used`, `void`
    state: str
    instance_id: int | None
    business_key: str | None
    settled_at: datetime | None
    settled_by: str | None
    reason: str


def blocks(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 50) -> Page[BlockView]:
    """All blocks, the newest first."""
    permissions.require(actor, "number-block:read")
    query = _blocks().order_by(number_block.c.id.desc())
    if after:
        (behind,) = decode("number_blocks", after, (int,))
        query = query.where(number_block.c.id < behind)
    found = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = tuple(_view(row) for row in found[: clamp(limit)])
    return Page(shown, encode("number_blocks", (shown[-1].id,)) if len(found) > len(shown) else None)


def find(uow: UnitOfWork, actor: Actor, block_id: int) -> BlockView:
    """One block; NotFoundError without it."""
    permissions.require(actor, "number-block:read")
    row = uow.reading.execute(_blocks().where(number_block.c.id == block_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="預印編號", id=block_id)
    return _view(row)


def numbers(uow: UnitOfWork, block_id: int) -> tuple[NumberView, ...]:
    """The numbers of a block in order; a block is small."""
    query = (
        select(
            paper_number.c.number, paper_number.c.state, paper_number.c.instance_id, instance.c.business_key, paper_number.c.settled_at,
            user.c.display_name.label("settled_by"), paper_number.c.reason,
        )
        .outerjoin(instance, instance.c.id == paper_number.c.instance_id)
        .outerjoin(user, user.c.id == paper_number.c.settled_by)
        .where(paper_number.c.block_id == block_id)
        # a pattern pads its numbers, but those beyond the padding are longer
        .order_by(func.length(paper_number.c.number), paper_number.c.number)
    )
    return tuple(NumberView(**row._mapping) for row in uow.reading.execute(query))


def _blocks() -> Select[Any]:
    def counted(state: str) -> Any:
        count = select(func.count()).where(paper_number.c.block_id == number_block.c.id, paper_number.c.state == state)
        return count.scalar_subquery().label(state)

    def end(*order: Any) -> Any:
        return select(paper_number.c.number).where(paper_number.c.block_id == number_block.c.id).order_by(*order).limit(1).scalar_subquery()

    length, number = func.length(paper_number.c.number), paper_number.c.number
    return select(
        number_block.c.id, number_block.c.series, end(length, number).label("first"), end(length.desc(), number.desc()).label("last"),
        number_block.c.reserved_at, user.c.display_name.label("reserved_by"), number_block.c.book, number_block.c.use_by,
        counted("blank"), counted("used"), counted("void"),
    ).outerjoin(user, user.c.id == number_block.c.reserved_by)


def _view(row: Row[Any]) -> BlockView:
    return BlockView(**row._mapping)
