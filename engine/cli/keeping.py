"""`guicheng backup`, `restore`, `verify`: keeping what the company has, and seeing that nobody changed it."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.console import DONE, FAILED, complain, counter, say, spinning
from engine.cli.opening import db_option, open_engine
from engine.settings import load_settings


@click.command(help="把整間公司備份成一個檔案（資料庫、等待中的作業和附件），不必停止服務。")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@db_option
def backup(path: Path, db: str | None) -> None:
    """A snapshot, whatever runs meanwhile."""
    from engine.archive import backup as take
    from engine.company import house_settings
    from engine.steps import run_step

    with open_engine(load_settings(db=db)) as runtime, spinning("備份") as tell:
        counted = take(runtime, path, lambda name, _count: tell(name))
        size, now = path.stat().st_size, runtime.clock.now()
        run_step(runtime, lambda uow: house_settings.note_backup(uow, now, path.name, size, counted.rows, counted.files))
    data = {"rows": counted.rows, "files": counted.files, "jobs": counted.jobs}
    say("已備份到 {path}：{rows} 筆資料、{files} 個附件、{jobs} 項等待中的作業。", path=path, **data)


@click.command(help="把備份還原到空的資料庫；SQLite 與 PostgreSQL 的備份可以互換。")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@db_option
def restore(path: Path, db: str | None) -> None:
    """Everything or nothing."""
    from engine.archive import restore as bring_back

    with spinning("還原") as tell:
        counted = bring_back(load_settings(db=db), path, lambda name, _count: tell(name))
    say("已還原 {rows} 筆資料、{files} 個附件、{jobs} 項等待中的作業。", rows=counted.rows, files=counted.files, jobs=counted.jobs)


@click.command(help="逐案核對歷程與附件的摘要，找出事後的改動。")
@db_option
def verify(db: str | None) -> int:
    """One line for each thing that is no longer as it was written; 1 when there is any."""
    from engine.verification import verify as look

    found = 0
    with open_engine(load_settings(db=db)) as runtime, counter("核對案件") as tell:
        for each in look(runtime, tell):
            found += 1
            if each.what == "history":
                complain("案件 {name}：歷程自第 {seq} 項起與摘要不符。", name=each.name, seq=each.seq)
            elif each.what == "erasures":
                complain("刪除清單：自第 {seq} 項起與摘要不符。", seq=each.seq)
            else:
                complain("附件「{name}」：內容遺失，或與摘要不符。", name=each.name)
    say("發現 {count} 處改動。" if found else "全部相符。", count=found)
    return FAILED if found else DONE
