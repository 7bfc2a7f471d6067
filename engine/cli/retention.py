"""`guicheng retention`: what the rules of keeping would erase now, or carrying out those that are on."""

from __future__ import annotations

import click

from engine.cli.console import DONE, FAILED, say, worded
from engine.cli.opening import db_option, open_engine
from engine.settings import load_settings


@click.command(help="列出保存規則現在會刪除什麼（--dry-run），或執行已啟用的規則（--run）。")
@click.option("--dry-run", "what", flag_value="dry-run", help="只列出，不刪除。")
@click.option("--run", "what", flag_value="run", help="現在執行已啟用的規則。")
@db_option
def retention(what: str | None, db: str | None) -> int:
    """One line a rule; 1 when a case could not be done."""
    from engine.model import SYSTEM
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.retention import reading, runs
    from engine.retention.kinds import SUBJECTS

    if what is None:
        raise click.UsageError(worded("請指定 --dry-run 或 --run。"))
    failed = 0
    with open_engine(load_settings(db=db)) as runtime:
        with UnitOfWork(runtime.database) as uow:
            rows = reading.overview(runtime, uow, SYSTEM)
        for row in rows:
            data = {"name": worded(SUBJECTS[row.rule.kind].name), "procedure": row.rule.procedure or "*", "days": row.rule.days}
            if what == "dry-run":
                state = worded("已啟用") if row.rule.is_on else worded("未啟用")
                say("{name}（{procedure}，{days} 天，{state}）：{count}", **data, state=state, count=row.due)
                continue
            for run in runs.at_once(runtime, row.rule):
                failed += run.failed_count
                say("{name}（{procedure}）：{cases} 件、{values} 項資料、{files} 個檔案", **data, cases=run.done_count,
                    values=run.value_count, files=run.file_count)
    return FAILED if failed else DONE
