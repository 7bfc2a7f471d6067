"""The rules as an administrator sets them: for a kind of data, in all procedures or in one, how long it is kept. All are off at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from engine import definitions
from engine.company import changes
from engine.company.changes import EntryChangedError
from engine.errors import FieldError, FormInvalidError, InvalidError, NotFoundError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import retention_rule
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention.kinds import MOST_DAYS, OF_CASES, OF_TENANCIES, SUBJECTS, TENANCY_PROCEDURES, Kind, default_days
from engine.runtime import Runtime

PERMISSION = "retention:administer"
#: kind of entry in the record of changes
ENTRY = "retention"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a kind of data is kept in a procedure's cases, or in all that have no rule of their own."""

    kind: Kind
    #: process key; empty for every one
    procedure: str
    days: int
    is_on: bool
    #: whether the period begins only when those whom the case concerns have moved out
    from_tenancy: bool
    #: 0 for one that nobody has touched: as it comes
    version: int = 0

    @property
    def entry(self) -> str:
        """How the record of changes names it."""
        return f"{self.kind}:{self.procedure}" if self.procedure else self.kind.value

    def cutoff(self, now: datetime) -> datetime:
        """What had ended by then goes."""
        return now - timedelta(days=self.days)


def default(kind: Kind, procedure: str = "") -> Rule:
    """A rule as it comes: off."""
    return Rule(kind, procedure, default_days(kind, procedure), False, procedure in TENANCY_PROCEDURES and kind in OF_TENANCIES)


def of_all(uow: UnitOfWork, deployed: Mapping[str, str]) -> list[Rule]:
    """Every rule there is or should be thought of: each kind's own, and those of procedures, in the order of the kinds.

    `deployed`: process key → name of the procedures that the company has.
    """
    stored = {(row.kind, row.procedure): row for row in uow.reading.execute(select(retention_rule))}
    found = []
    for kind, subject in SUBJECTS.items():
        apart = {key for key in (*subject.apart, *(TENANCY_PROCEDURES if kind in OF_TENANCIES else ())) if key in deployed}
        own = {procedure for stored_kind, procedure in stored if stored_kind == kind.value and procedure}
        for procedure in ("", *sorted(apart | own)):
            row = stored.get((kind.value, procedure))
            found.append(default(kind, procedure) if row is None else Rule(
                kind, procedure, row.days, row.is_on, row.from_tenancy, row.version))
    return found


def get(uow: UnitOfWork, kind: Kind, procedure: str) -> Rule:
    """One rule, as it is or as it comes."""
    row = uow.reading.execute(select(retention_rule).where(
        retention_rule.c.kind == kind.value, retention_rule.c.procedure == procedure)).one_or_none()
    return default(kind, procedure) if row is None else Rule(kind, procedure, row.days, row.is_on, row.from_tenancy, row.version)


def set_rule(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, procedure: str, *, days: int | None, is_on: bool, from_tenancy: bool,
    version: int,
) -> Rule:
    """Set a rule, made from the version that was looked at. FormInvalidError, EntryChangedError, NotFoundError, ForbiddenError."""
    require(actor, PERMISSION)
    before = checked(runtime, uow, kind, procedure)
    subject = SUBJECTS[kind]
    if days is None or not subject.least <= days <= MOST_DAYS:
        sentence = "請填寫 {least} 到 {most} 之間的天數。"
        raise FormInvalidError([FieldError("days", "range", sentence, {"least": subject.least, "most": MOST_DAYS})])
    if from_tenancy and kind not in OF_TENANCIES:
        raise InvalidError(reason="這類資料不能從租約結束起算。")
    if before.version != version:
        raise EntryChangedError(kind="保存規則", id=before.entry)
    after = Rule(kind, procedure, days, is_on, from_tenancy, version + 1)
    values = {"days": days, "is_on": is_on, "from_tenancy": from_tenancy, "version": after.version}
    mine = (retention_rule.c.kind == kind.value, retention_rule.c.procedure == procedure)
    if before.version:
        moved = uow.writing.execute(update(retention_rule).where(*mine, retention_rule.c.version == version).values(**values))
        if moved.rowcount != 1:
            raise EntryChangedError(kind="保存規則", id=before.entry)
    else:
        uow.writing.execute(insert(retention_rule).values(kind=kind.value, procedure=procedure, **values))
    pairs = {"days": (before.days, days), "is_on": (before.is_on, is_on), "from_tenancy": (before.from_tenancy, from_tenancy)}
    told = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    changes.record(uow, actor, ENTRY, before.entry, "changed", runtime.clock.now(), changes=told)
    return after


def drop(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, procedure: str) -> None:
    """Let a procedure go by the kind's own rule again. InvalidError for that rule itself, which can only be switched off."""
    require(actor, PERMISSION)
    if not procedure:
        raise InvalidError(reason="這是所有流程的規則，可以停用，但不能移除。")
    gone = uow.writing.execute(delete(retention_rule).where(
        retention_rule.c.kind == kind.value, retention_rule.c.procedure == procedure))
    if gone.rowcount:
        changes.record(uow, actor, ENTRY, f"{kind}:{procedure}", "removed", runtime.clock.now())


def deployed(runtime: Runtime, uow: UnitOfWork) -> dict[str, str]:
    """Process key → name, of what is deployed."""
    return {info.key: info.name for info in definitions.list_latest(runtime, uow)}


def checked(runtime: Runtime, uow: UnitOfWork, kind: Kind, procedure: str) -> Rule:
    """The rule as it is, or as it comes; NotFoundError for a procedure that there is not, or for data that lie in no case."""
    if procedure and (kind not in OF_CASES or procedure not in deployed(runtime, uow)):
        raise NotFoundError(kind="流程", id=procedure)
    return get(uow, kind, procedure)
