"""`guicheng import`: a workbook of master data, balances and open cases, shown first and then carried out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.console import DONE, FAILED, WRONG_USE, complain, counter, language, report, say
from engine.cli.opening import db_option, open_engine
from engine.model import SYSTEM
from engine.settings import load_settings

if TYPE_CHECKING:
    from engine.queries.imports import RowView

#: problems that are printed; all of them are on the page
_MOST = 50


@click.command("import", help="匯入 Excel 活頁簿：主檔、期初餘額、編號、在辦案件。有任何一列有錯誤，就什麼都不匯入。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只預覽會改什麼，不保存。")
@db_option
def import_workbook(file: Path, dry_run: bool, db: str | None) -> int:
    """Ends with 1 where rows are refused or could not be carried out, with 2 for a file that is no workbook."""
    from engine.imports import storing
    from engine.imports.storing import ImportedBeforeError
    from engine.imports.workbook import WorkbookRefusedError, read_workbook
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.queries import imports as queries

    raw = file.read_bytes()
    try:
        read_workbook(raw)
    except WorkbookRefusedError as error:
        # another file is wanted, not another try
        report(error)
        return WRONG_USE
    with open_engine(load_settings(db=db)) as runtime:
        with UnitOfWork(runtime.database) as uow, counter("讀取") as tell:
            import_id = storing.read(runtime, uow, SYSTEM, file.name, raw, tell)
            found = queries.find(uow, SYSTEM, import_id)
            refused = queries.rows(uow, import_id, action="refused", limit=_MOST).rows
            if not dry_run:
                uow.commit()
        counts = {name: getattr(found, name) for name in ("new", "changed", "unchanged", "refused")}
        say("新增 {new}，更改 {changed}，不變 {unchanged}，有錯誤 {refused}。", **counts)
        _complain_of(refused)
        if found.refused:
            return FAILED
        if dry_run or not found.total:
            return DONE
        try:
            with UnitOfWork(runtime.database) as uow:
                storing.confirm(runtime, uow, SYSTEM, import_id)
                uow.commit()
        except ImportedBeforeError as error:
            # the same content was confirmed before, and stopped on its way: go on there
            import_id = error.data["import_id"]
        with counter("匯入") as tell:
            storing.carry_out(runtime, import_id, lambda progress: tell(progress.done, progress.total))
        with UnitOfWork(runtime.database) as uow:
            found = queries.find(uow, SYSTEM, import_id)
            failed = queries.rows(uow, import_id, state="failed", limit=_MOST).rows
        _complain_of(failed)
        say("已匯入 {applied} 列，未能匯入 {failed} 列。", applied=found.applied, failed=found.failed)
        return FAILED if found.failed else DONE


def _complain_of(rows: Iterable[RowView]) -> None:
    from engine.errors import FieldError
    from engine.i18n import describe_field_error

    for row in rows:
        for each in row.problems:
            told = describe_field_error(FieldError(each.column, "", each.sentence, each.data), language())
            complain("{sheet} 第 {line} 列：{problem}", sheet=row.sheet, line=row.line, problem=told)
