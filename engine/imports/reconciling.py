"""What a workbook said beside what stands in the store now, kind by kind, down to no difference; signed and kept."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import xlsxwriter
from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from engine import permissions
from engine.errors import ConflictError, InvalidError
from engine.i18n import translate
from engine.imports import kinds as all_of
from engine.imports.cases import Cases, Rows
from engine.imports.openings import SIDES, Openings
from engine.imports.plan import Kind
from engine.model import Actor
from engine.persistence.tables import import_row, instance, ledger_entry, reconciliation, register_line, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.imports import find
from engine.queries.ledger import DEPOSIT
from engine.runtime import Runtime

ZERO = Decimal("0.00")
#: who signs: both, on the same figures
SIGNERS = ("cashier", "manager")


class NotAppliedError(ConflictError):
    """Expected an import that was carried out."""

    code = "import_not_applied"
    sentence = "這次匯入還沒有完成，不能對賬簽認。"


class DifferenceUnexplainedError(InvalidError):
    """Expected no difference, or a note that explains it."""

    code = "difference_unexplained"
    sentence = "還有差異。請先更正到零，或寫明差異的原因再簽認。"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the sheet."""

    kind: str
    #: source language
    title: str
    group: str
    said_count: int
    #: None where nothing is summed
    said_sum: Decimal | None
    stands_count: int
    stands_sum: Decimal | None

    @property
    def agrees(self) -> bool:
        """Whether nothing is missing and nothing too much."""
        return self.said_count == self.stands_count and self.said_sum == self.stands_sum


@dataclass(frozen=True, slots=True)
class SignedSheet:
    """A reconciliation as it was signed."""

    id: int
    signed_at: datetime
    signed_by: str
    role: str
    note: str
    figures: tuple[Figure, ...]


def figures(runtime: Runtime, uow: UnitOfWork, actor: Actor, import_id: int) -> tuple[Figure, ...]:
    """The sheet as of now: every row of the workbook, the refused ones too, beside what stands of it."""
    permissions.require(actor, "import:read")
    find(uow, actor, import_id)
    found = all_of.all_kinds(runtime, uow)
    rows = uow.reading.execute(select(import_row).where(import_row.c.import_id == import_id, import_row.c.line > 0)).all()
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    sheet: list[Figure] = []
    for kind in found:
        if kind.id in by_kind:
            sheet += _lines(runtime, uow, kind, import_id, by_kind.pop(kind.id))
    # of a procedure that is no longer deployed
    sheet += [Figure(kind_id, kind_id, "", len(left), None, 0, None) for kind_id, left in by_kind.items()]
    return tuple(sheet)


def sign(runtime: Runtime, uow: UnitOfWork, actor: Actor, import_id: int, role: str, note: str = "") -> int:
    """Sign the sheet as it stands now, in one of the roles that the person holds; it is kept as it was signed."""
    permissions.require(actor, "reconciliation:sign")
    if role not in SIGNERS or role not in actor.roles():
        raise InvalidError(reason="請以經理或出納的身分簽認。")
    if find(uow, actor, import_id).state != "applied":
        raise NotAppliedError
    sheet = figures(runtime, uow, actor, import_id)
    if not all(figure.agrees for figure in sheet) and not note.strip():
        raise DifferenceUnexplainedError
    body = orjson.dumps([_packed(figure) for figure in sheet])
    values = {
        "import_id": import_id, "signed_at": runtime.clock.now(), "signed_by": actor.user_id, "role": role, "figures": body.decode(),
        "digest": hashlib.sha256(body).digest(), "note": note.strip()[:200],
    }
    signed: int = uow.writing.execute(insert(reconciliation).values(**values).returning(reconciliation.c.id)).scalar_one()
    return signed


def signed_sheets(uow: UnitOfWork, import_id: int) -> tuple[SignedSheet, ...]:
    """Who signed what, the newest first."""
    query = (
        select(reconciliation, user.c.display_name).join(user, user.c.id == reconciliation.c.signed_by)
        .where(reconciliation.c.import_id == import_id).order_by(reconciliation.c.id.desc())
    )
    found = []
    for row in uow.reading.execute(query):
        sheet = tuple(_unpacked(each) for each in orjson.loads(row.figures))
        found.append(SignedSheet(row.id, row.signed_at, row.display_name, row.role, row.note, sheet))
    return tuple(found)


def workbook(sheet: Iterable[Figure], signed: Iterable[SignedSheet], locale: str) -> bytes:
    """The sheet as an Excel file, with who signed it."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "remove_timezone": True}) as book:
        page = book.add_worksheet(translate(locale, "對賬表"))
        head, money = book.add_format({"bold": True, "bg_color": "#E7EEF7"}), book.add_format({"num_format": "#,##0.00"})
        titles = ("種類", "明細", "活頁簿筆數", "活頁簿合計", "系統筆數", "系統合計", "差異筆數", "差異金額")
        for position, title in enumerate(titles):
            page.write_string(0, position, translate(locale, title), head)
        page.set_column(0, 1, 24)
        page.set_column(2, 7, 14)
        lines = list(sheet)
        for line, figure in enumerate(lines, 1):
            sums = (figure.said_sum, figure.stands_sum)
            page.write_string(line, 0, translate(locale, figure.title))
            page.write_string(line, 1, translate(locale, figure.group) if figure.group else "")
            for position, value in ((2, figure.said_count), (4, figure.stands_count), (6, figure.stands_count - figure.said_count)):
                page.write_number(line, position, value)
            if sums[0] is not None and sums[1] is not None:
                for position, amount in ((3, sums[0]), (5, sums[1]), (7, sums[1] - sums[0])):
                    page.write_number(line, position, float(amount), money)
        for line, each in enumerate(signed, len(lines) + 2):
            page.write_string(line, 0, each.signed_by)
            page.write_string(line, 1, each.signed_at.isoformat(sep=" ", timespec="minutes"))
            page.write_string(line, 2, each.note)
    return target.getvalue()


def _lines(runtime: Runtime, uow: UnitOfWork, kind: Kind, import_id: int, rows: list[Any]) -> list[Figure]:
    payloads = [orjson.loads(row.payload) for row in rows]
    said: dict[str, list[Any]] = defaultdict(list)
    for row, payload in zip(rows, payloads, strict=True):
        said[kind.group(payload)].append((row, payload))
    if isinstance(kind, Openings):
        stands = _opened(uow, kind, import_id)
        return [
            Figure(kind.id, kind.title, group, len(held), _sum(held), *stands.get(group, (0, ZERO))) for group, held in sorted(said.items())
        ]
    current = kind.current(runtime, uow, None)
    lines = []
    for group, held in sorted(said.items()):
        if isinstance(kind, Rows):
            count = _rows_standing(uow, kind, held)
        elif isinstance(kind, Cases):
            count = _cases_standing(uow, kind, [payload["number"] for _, payload in held if payload.get("number")])
        else:
            count = sum(1 for _, payload in held if _stands(current.get(kind.key_of(payload)), payload))
        lines.append(Figure(kind.id, kind.title, group, len(held), None, count, None))
    return lines


def _stands(current: Any, payload: dict[str, Any]) -> bool:
    if current is None:
        return payload.get("held") is False
    return all(current.get(name) == value for name, value in payload.items())


def _sum(held: list[Any]) -> Decimal:
    return sum((Decimal(str(payload["amount"])) for _, payload in held if payload.get("amount")), ZERO)


def _opened(uow: UnitOfWork, kind: Kind, import_id: int) -> dict[str, tuple[int, Decimal]]:
    """What the ledger holds of the workbook's opening balances, whichever import brought them in, that nobody has taken back."""
    mine, applied, counter = aliased(import_row), aliased(import_row), aliased(ledger_entry)
    query = (
        select(ledger_entry.c.side, ledger_entry.c.amount)
        .join(applied, applied.c.subject_id == ledger_entry.c.id)
        .join(mine, (mine.c.kind == applied.c.kind) & (mine.c.key == applied.c.key))
        .outerjoin(counter, counter.c.reverses_id == ledger_entry.c.id)
        .where(mine.c.import_id == import_id, mine.c.kind == kind.id, applied.c.state == "applied", counter.c.id.is_(None))
    )
    found: dict[str, tuple[int, Decimal]] = {}
    names = {side: title for side, title, _ in SIDES}
    for row in uow.reading.execute(query):
        group = names["deposit" if row.side == DEPOSIT else "arrears" if row.amount > 0 else "prepaid"]
        count, total = found.get(group, (0, ZERO))
        found[group] = (count + 1, total + abs(row.amount))
    return found


def _cases_standing(uow: UnitOfWork, kind: Cases, numbers: list[str]) -> int:
    query = select(instance.c.business_key).where(
        instance.c.definition_key == kind.content.own.key, instance.c.business_key.in_(numbers), instance.c.state != "cancelled"
    )
    return len(set(uow.reading.execute(query).scalars()))


def _rows_standing(uow: UnitOfWork, kind: Rows, held: list[Any]) -> int:
    """Rows in the register; of a table that no register reads, the rows of the cases that stand."""
    numbers = {payload["number"] for _, payload in held if payload.get("number")}
    cases = select(instance.c.id).where(instance.c.business_key.in_(numbers), instance.c.state != "cancelled")
    if kind.field.indexed:
        query = select(register_line.c.instance_id, register_line.c.position).where(
            register_line.c.source == kind.source, register_line.c.field == "", register_line.c.instance_id.in_(cases)
        )
        return len(uow.reading.execute(query).all())
    query = select(instance.c.business_key).where(instance.c.id.in_(cases))
    standing = set(uow.reading.execute(query).scalars())
    return sum(1 for _, payload in held if payload.get("number") in standing)


def _packed(figure: Figure) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(figure).items()}


def _unpacked(packed: dict[str, Any]) -> Figure:
    sums = {name: None if packed[name] is None else Decimal(packed[name]) for name in ("said_sum", "stands_sum")}
    return Figure(**{**packed, **sums})
