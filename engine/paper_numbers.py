"""Numbers that were printed on blank papers: reserved in blocks, each used once or declared void, so that every gap is explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from engine import definitions, numbering, permissions
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import instance, number_block, paper_number, record
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: papers of one block
MOST = 200


class BlockSizeError(InvalidError):
    """Expected a number of papers that somebody would print."""

    code = "block_size"
    sentence = "一次可以預印 1 至 {most} 張。"


class PaperNumberUnknownError(InvalidError):
    """Expected a number that was reserved for a paper of the procedure."""

    code = "paper_number_unknown"
    sentence = "「{number}」不是這個流程預印單據的編號，請核對紙上的編號；沒有預印編號的單據，編號留空即可。"


class PaperNumberUsedError(ConflictError):
    """Expected a number that was not used yet."""

    code = "paper_number_used"
    sentence = "編號「{number}」已經用於案件 {case}，不能再用。"


class PaperNumberVoidError(ConflictError):
    """Expected a number that was not declared void."""

    code = "paper_number_void"
    sentence = "編號「{number}」已經作廢（{reason}），不能再用。"


class NothingLeftError(ConflictError):
    """Expected numbers that are still blank."""

    code = "paper_numbers_settled"
    sentence = "選擇的編號都已使用或作廢，請重新整理後再看。"


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers of one series that were reserved together."""

    id: int
    series: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reserved:
    """One number on a paper that is still blank."""

    series: str
    number: str


def reserve(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, record_key: str, count: int, *, book: str = "", use_by: date | None = None
) -> Block:
    """Take the next `count` numbers of a record's series for papers. They are nobody else's from now on.

    `book`: what the papers are for; `use_by`: the day by which each is to be used or declared void. NotFoundError for a record that no
    procedure has, InvalidError for a count or a day that makes no sense.
    """
    permissions.require(actor, "number-block:reserve")
    if not 1 <= count <= MOST:
        raise BlockSizeError(most=MOST)
    now = runtime.clock.now()
    if use_by is not None and use_by < now.astimezone(ZoneInfo(runtime.organisation.calendar.zone)).date():
        raise InvalidError(reason="使用期限不能早於今天。")
    known = (definitions.content(runtime, uow, info.id) for info in definitions.list_latest(runtime, uow))
    if not any(record_key in each.records for each in known):
        raise NotFoundError(kind="單據", id=record_key)
    # drawn first: the block's own row tells the range
    period, first, numbers = numbering.reserve(uow, runtime.organisation, record_key, now, count)
    values = {
        "series": record_key, "period": period, "first": first, "last": first + count - 1, "reserved_at": now, "reserved_by": actor.user_id,
        "book": book.strip()[:100], "use_by": use_by,
    }
    block_id: int = uow.writing.execute(insert(number_block).values(**values).returning(number_block.c.id)).scalar_one()
    uow.writing.execute(
        insert(paper_number), [{"block_id": block_id, "series": record_key, "number": each, "state": "blank"} for each in numbers]
    )
    return Block(block_id, record_key, tuple(numbers))


def find(uow: UnitOfWork, series: Collection[str], number: str, done_at: datetime) -> Reserved:
    """The blank paper with that number, of one of the series, that somebody filled in at `done_at`.

    PaperNumberUnknownError, PaperNumberUsedError, PaperNumberVoidError; InvalidError where it was printed only afterwards.
    """
    number = number.strip()
    query = (
        select(paper_number, number_block.c.reserved_at, instance.c.business_key)
        .join(number_block, number_block.c.id == paper_number.c.block_id)
        .outerjoin(instance, instance.c.id == paper_number.c.instance_id)
        .where(paper_number.c.number == number, paper_number.c.series.in_(series))
    )
    row = uow.reading.execute(query.limit(1)).one_or_none()
    if row is None:
        raise PaperNumberUnknownError(number=number[:40])
    if row.state == "used":
        raise PaperNumberUsedError(number=number, case=row.business_key or row.instance_id)
    if row.state == "void":
        raise PaperNumberVoidError(number=number, reason=row.reason)
    # people write down minutes
    if done_at < row.reserved_at.replace(second=0, microsecond=0):
        raise InvalidError(reason="實際發生時間早於這張單據預印的時間，請核對時間和編號。")
    return Reserved(row.series, number)


def use(runtime: Runtime, uow: UnitOfWork, actor: Actor, reserved: Reserved, instance_id: int) -> None:
    """Let the number be the case's. PaperNumberUsedError where somebody else entered the same paper at the same moment."""
    taken = uow.writing.execute(
        update(paper_number)
        .where(paper_number.c.series == reserved.series, paper_number.c.number == reserved.number, paper_number.c.state == "blank")
        .values(state="used", instance_id=instance_id, settled_at=runtime.clock.now(), settled_by=actor.user_id)
    )
    if taken.rowcount != 1:
        raise PaperNumberUsedError(number=reserved.number, case="—")


def unissued(uow: UnitOfWork, instance_id: int, record_key: str) -> str | None:
    """The number on the case's paper of a kind that no record carries yet; None without one."""
    carried = select(record.c.id).where(record.c.record_key == paper_number.c.series, record.c.number == paper_number.c.number)
    query = select(paper_number.c.number).where(
        paper_number.c.instance_id == instance_id, paper_number.c.series == record_key, ~carried.exists()
    )
    number: str | None = uow.writing.execute(query.order_by(paper_number.c.settled_at, paper_number.c.number).limit(1)).scalar()
    return number


def void(runtime: Runtime, uow: UnitOfWork, actor: Actor, block_id: int, reason: str, numbers: Sequence[str] | None = None) -> int:
    """Declare papers of a block void: those named, or all that are still blank. Says how many. NothingLeftError where none was."""
    permissions.require(actor, "number-block:reserve")
    reason = reason.strip()
    if not reason:
        raise InvalidError(reason="請填寫原因。")
    if uow.reading.execute(select(number_block.c.id).where(number_block.c.id == block_id)).first() is None:
        raise NotFoundError(kind="預印編號", id=block_id)
    statement = update(paper_number).where(paper_number.c.block_id == block_id, paper_number.c.state == "blank")
    if numbers is not None:
        statement = statement.where(paper_number.c.number.in_(numbers))
    values = {"state": "void", "reason": reason[:200], "settled_at": runtime.clock.now(), "settled_by": actor.user_id}
    done: int = uow.writing.execute(statement.values(**values)).rowcount
    if not done:
        raise NothingLeftError
    return done
