"""From a workbook that was sent to a plan that is kept, shown and confirmed, and from the plan to the store, in slices that can be resumed.

What is carried out is exactly what was shown: a row whose ground has moved since then is not guessed at, it fails and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, delete, insert, select, update

from engine import permissions
from engine.company import asking
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.imports import kinds as all_of
from engine.imports.cases import Cases
from engine.imports.columns import Problem
from engine.imports.plan import Action, Book, Kind, Origin, PlannedRow, differences, plan_sheets
from engine.imports.workbook import read_workbook
from engine.model import Actor
from engine.persistence.tables import import_row, import_run, import_workbook, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: rows that one transaction carries out
SLICE = 100
#: name of the job that carries a confirmed import out
JOB = "apply_import"
#: as `asking` names them
KIND = "imports"
_DOING = (Action.NEW, Action.CHANGED)


class NothingToImportError(InvalidError):
    """Expected a workbook with rows that change something."""

    code = "nothing_to_import"
    sentence = "這份活頁簿沒有可以匯入的內容。"


class ImportHasErrorsError(ConflictError):
    """Expected a plan without refused rows."""

    code = "import_has_errors"
    sentence = "還有 {count} 列有錯誤。請在 Excel 中更正後重新上傳；在此之前不會匯入任何資料。"


class ImportNotOpenError(ConflictError):
    """Expected a plan that nobody has confirmed or thrown away."""

    code = "import_not_open"
    sentence = "這次匯入已經確認或取消，不能再次處理。"


class ImportedBeforeError(ConflictError):
    """Expected content that no other import has brought in since it was read."""

    code = "imported_before"
    sentence = "內容相同的活頁簿剛剛已經匯入（第 {import_id} 次匯入），這一份不必再匯入。"


class GroundMovedError(ConflictError):
    """Expected the store to stand as it did when the plan was shown."""

    code = "ground_moved"
    sentence = "資料在預覽之後已被更改，這一列沒有匯入。"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    done: int
    total: int
    is_finished: bool


def read(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, name: str, raw: bytes, tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Read a workbook and keep what it would change; returns the import's id. Changes nothing else.

    WorkbookRefusedError for a file that is none; NothingToImportError for one without rows. Rows that cannot be are kept with what is
    wrong with them.
    """
    permissions.require(actor, "import:apply")
    book = read_workbook(raw)
    found = all_of.all_kinds(runtime, uow)
    planned = plan_sheets(Book(runtime, uow, found), found, book.sheets, tell)
    if not planned:
        raise NothingToImportError
    rehearse(runtime, actor, found, planned)
    run = {"name": name.strip()[:200] or "—", "digest": book.digest, "state": "planned", "read_at": runtime.clock.now(),
           "read_by": actor.user_id, **counted(planned)}  # fmt: skip
    import_id: int = uow.writing.execute(insert(import_run).values(**run).returning(import_run.c.id)).scalar_one()
    keep_rows(uow, import_id, planned, found)
    return import_id


def confirm(runtime: Runtime, uow: UnitOfWork, actor: Actor, import_id: int) -> None:
    """Let the plan be carried out, as it was shown. ImportHasErrorsError, ImportNotOpenError, ImportedBeforeError."""
    permissions.require(actor, "import:apply")
    row = _locked(uow, import_id)
    if row.state != "planned":
        raise ImportNotOpenError
    if row.refused_count:
        raise ImportHasErrorsError(count=row.refused_count)
    if not row.new_count + row.changed_count:
        raise NothingToImportError
    same = select(import_run.c.id).where(
        import_run.c.digest == row.digest, import_run.c.id != import_id,
        (import_run.c.state == "applying") | ((import_run.c.finished_at >= row.read_at) & (import_run.c.state == "applied")),
    )
    other = uow.writing.execute(same.limit(1)).scalar()
    if other is not None:
        raise ImportedBeforeError(import_id=other)
    values = {"state": "applying", "confirmed_at": runtime.clock.now(), "confirmed_by": actor.user_id}
    uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(**values))
    runtime.outbox.enqueue(uow.writing, JOB, f"import-{import_id}", {"import_id": import_id})
    uow.after_commit(runtime.outbox.wake)


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, import_id: int) -> None:
    """Go on with an import that stopped, in the name of whoever says so now. ImportNotOpenError for any other."""
    permissions.require(actor, "import:apply")
    if _locked(uow, import_id).state != "stopped":
        raise ImportNotOpenError
    uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(state="applying"))
    asking.take_over(runtime, uow, actor, KIND, import_id, JOB, {"import_id": import_id})


def discard(runtime: Runtime, uow: UnitOfWork, actor: Actor, import_id: int) -> None:
    """Throw a plan away that nobody has confirmed, or a workbook that is being planned; it stays on record."""
    permissions.require(actor, "import:apply")
    if _locked(uow, import_id).state not in ("reading", "planned"):
        raise ImportNotOpenError
    uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(state="discarded", finished_at=runtime.clock.now()))
    uow.writing.execute(delete(import_workbook).where(import_workbook.c.import_id == import_id))


def carry_out(runtime: Runtime, import_id: int, tell: Callable[[Progress], None] = lambda _progress: None) -> None:
    """Carry out what is left of a confirmed import, a transaction a slice. Stopped anywhere and begun again it does no row twice."""
    while True:
        progress = run_step(runtime, lambda uow: carry_out_slice(runtime, uow, import_id))
        tell(progress)
        if progress.is_finished:
            return


def carry_out_slice(runtime: Runtime, uow: UnitOfWork, import_id: int) -> Progress:
    """The next rows of a confirmed import, in order. The caller commits."""
    run = _locked(uow, import_id)
    total = run.new_count + run.changed_count
    if run.state != "applying":
        return Progress(run.applied_count + run.failed_count, total, True)
    try:
        actor = asking.actor_of(uow, KIND, import_id, run.confirmed_by, "import:apply")
    except asking.AskerGoneError as gone:
        uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(state="stopped"))
        asking.note_stop(runtime, uow, KIND, import_id, gone)
        return Progress(run.applied_count + run.failed_count, total, True)
    found = all_of.all_kinds(runtime, uow)
    left = select(import_row).where(import_row.c.import_id == import_id, import_row.c.state == "planned", import_row.c.action.in_(_DOING))
    rows = uow.writing.execute(left.order_by(import_row.c.position).limit(SLICE)).all()
    outcome: Counter[str] = Counter()
    for row in rows:
        values = _carry_out_row(runtime, uow, actor, run, all_of.of(found, row.kind), row)
        outcome[values["state"]] += 1
        mine = (import_row.c.import_id == import_id, import_row.c.position == row.position)
        uow.writing.execute(update(import_row).where(*mine).values(**values))
    applied, failed = run.applied_count + outcome["applied"], run.failed_count + outcome["failed"]
    is_finished = len(rows) < SLICE
    values = {"applied_count": applied, "failed_count": failed}
    if is_finished:
        values |= {"state": "applied", "finished_at": runtime.clock.now()}
    uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(**values))
    return Progress(applied + failed, total, is_finished)


# ---------------------------------------------------------------- inside

def rehearse(runtime: Runtime, actor: Actor, found: list[Kind], planned: list[PlannedRow]) -> None:
    """Try the cases, with what they refer to, in a transaction that is not kept: whether a step opens is known no other way."""
    cases = [row for row in planned if row.action in _DOING and all_of.is_case_id(found, row.kind)]
    if not cases:
        return
    master = {kind.id for kind in all_of.MASTER}
    with UnitOfWork(runtime.database) as trial:
        book = Book(runtime, trial, found)
        for row in planned:
            if row.kind in master and row.action in _DOING:
                savepoint = trial.writing.begin_nested()
                try:
                    _apply(runtime, trial, actor, all_of.required(found, row.kind), row.payload, row.changes, row.action, _NOWHERE)
                except GuichengError as error:
                    savepoint.rollback()
                    row.action = Action.REFUSED
                    row.problems.append(Problem.of(error))
        for row in cases:
            kind = all_of.required(found, row.kind)
            assert isinstance(kind, Cases)
            kind.rehearse(book, trial, actor, row)


_NOWHERE = Origin(0, "—", "—", 0)


def counted(planned: list[PlannedRow]) -> dict[str, int]:
    """How many rows would do what, as `import_run` names them."""
    counts = Counter(row.action for row in planned)
    return {f"{action}_count": counts[action] for action in Action}


def keep_rows(uow: UnitOfWork, import_id: int, planned: list[PlannedRow], found: list[Kind]) -> None:
    """Keep the rows of a plan, in the order in which they are carried out."""
    tables = {kind.id for kind in found if all_of.is_table(kind)}
    # a case is carried out before the rows that lie in it are looked for; what is switched off goes last, when nobody needs it any more
    ordered = sorted(planned, key=lambda row: 2 if row.changes.get("active") == [True, False] else row.kind in tables)
    uow.writing.execute(insert(import_row), [
        {
            "import_id": import_id, "position": position, "sheet": row.sheet[:60], "line": row.line, "kind": row.kind, "key": row.key,
            "label": row.label or "—", "action": row.action, "payload": orjson.dumps(row.payload).decode(),
            "changes": orjson.dumps(row.changes).decode(), "amount": row.amount, "state": "planned",
            "problems": _packed(row.problems),
        }
        for position, row in enumerate(ordered, 1)
    ])


def _carry_out_row(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, run: Row[Any], kind: Kind | None, row: Row[Any],
) -> dict[str, Any]:
    savepoint = uow.writing.begin_nested()
    origin = Origin(run.id, run.name, row.sheet, row.line)
    try:
        if kind is None:
            raise NotFoundError(kind="流程", id=row.kind)
        payload = orjson.loads(row.payload)
        subject = (_case_id(uow, payload) if all_of.is_table(kind) else
                   _apply(runtime, uow, actor, kind, payload, orjson.loads(row.changes), Action(row.action), origin))
        savepoint.commit()
    except GuichengError as error:
        savepoint.rollback()
        problems = [Problem.of_field(each) for each in error.errors] if isinstance(error, FormInvalidError) else [Problem.of(error)]
        return {"state": "failed", "problems": _packed(problems), "applied_at": runtime.clock.now()}
    return {"state": "applied", "subject_id": subject, "applied_at": runtime.clock.now()}


def _packed(problems: list[Problem]) -> str:
    return orjson.dumps([{"column": each.column, "sentence": each.sentence, "data": each.data} for each in problems]).decode()


def _apply(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, payload: dict[str, Any], changes: dict[str, list[Any]], action: Action,
    origin: Origin,
) -> int | None:
    key = kind.key_of(payload)
    before = kind.current(runtime, uow, [key]).get(key)
    expected = differences(before, payload) if action is Action.CHANGED else {}
    if (before is None) != (action is Action.NEW) or expected != changes:
        raise GroundMovedError
    return kind.apply(runtime, uow, actor, payload, before, origin)


def _case_id(uow: UnitOfWork, payload: dict[str, Any]) -> int:
    """The case that a table's row lies in; it was carried out before."""
    found = uow.writing.execute(select(instance.c.id).where(instance.c.business_key == payload["number"]).limit(1)).scalar()
    if found is None:
        raise NotFoundError(kind="案件", id=payload["number"])
    return int(found)


def _locked(uow: UnitOfWork, import_id: int) -> Row[Any]:
    row = uow.writing.execute(select(import_run).where(import_run.c.id == import_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(kind="匯入", id=import_id)
    return row
