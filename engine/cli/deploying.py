"""`guicheng deploy`, `rollback`, `check`, `export`: procedures between folders and the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.console import DONE, FAILED, language, progress, report, say, show_findings, spinning, worded
from engine.cli.opening import db_option, open_engine
from engine.errors import DeploymentRefusedError, NotFoundError
from engine.model import SYSTEM
from engine.settings import load_settings

if TYPE_CHECKING:
    from engine.impact import Group
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime

_PATHS = click.Path(exists=True, path_type=Path)


@click.command(help="部署流程：資料夾（一個流程或多個流程資料夾），或單獨的檔案。")
@click.argument("paths", nargs=-1, required=True, type=_PATHS)
@click.option("--note", default="", metavar="TEXT", help="這次部署的說明。")
@click.option("--dry-run", is_flag=True, help="只檢查並列出對進行中案件的影響，不保存。")
@click.option("--move", is_flag=True, help="讓可以改用新版本的案件立即改用。")
@db_option
def deploy(paths: tuple[Path, ...], note: str, dry_run: bool, move: bool, db: str | None) -> int:
    """Each procedure in a transaction of its own; goes on after a refused one and ends with 1."""
    from engine import impact
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.procedures import read_procedures
    from engine.scenarios.checking import deploy_checked

    procedures = read_procedures(paths)
    code = DONE
    with open_engine(load_settings(db=db)) as runtime:
        for procedure in progress(procedures, "部署", lambda entry: entry.name):
            with UnitOfWork(runtime.database) as uow:
                try:
                    deployment = deploy_checked(
                        runtime, uow, SYSTEM, procedure.files, note=note, dry_run=dry_run,
                        procedure=procedure.name if procedure.is_folder else None)
                    if dry_run:
                        _tell_impact(impact.of_package(runtime, uow, SYSTEM, procedure.files, is_patient=True).groups)
                except DeploymentRefusedError as error:
                    code = report(error)
                    continue
                uow.commit()
            show_findings(deployment.findings)
            for info in deployment.definitions:
                say("{key} 第 {version} 版（新）" if info.is_new else "{key} 第 {version} 版（未變更）", key=info.key, version=info.version)
                if move and not dry_run:
                    _move(runtime, info.id, note)
    return code


@click.command(help="把流程回復到以前的版本：以那一版的檔案部署為新版本。")
@click.argument("key")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--note", default="", metavar="TEXT", help="這次部署的說明。")
@click.option("--move", is_flag=True, help="讓可以改用新版本的案件立即改用。")
@db_option
def rollback(key: str, version: int, note: str, move: bool, db: str | None) -> None:
    """In one step; the version's files are deployed anew, byte for byte."""
    from engine import definitions, proposals
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime:
        with UnitOfWork(runtime.database) as uow:
            info = definitions.version(runtime, uow, key, version)
            proposal_id = proposals.restore(runtime, uow, SYSTEM, info.id, note or worded("回復至第 {version} 版", version=version))
            proposals.deploy(runtime, uow, SYSTEM, proposal_id)
            uow.commit()
            latest = definitions.latest(runtime, uow, key)
        say("{key} 第 {version} 版（新）", key=key, version=latest.version)
        if move:
            _move(runtime, latest.id, note)


def _tell_impact(groups: tuple[Group, ...]) -> None:
    """Each group of running cases as a line."""
    from engine.migration import WORDS

    words = {"unaffected": "不受影響", "movable": "可以改用", "blocked": "不能改用"}
    for group in groups:
        why = "；".join(dict.fromkeys(f"{each.name or each.element_id}：{worded(WORDS[each.reason])}" for each in group.blocked))
        steps = "、".join(name or element_id for _, element_id, name in group.steps)
        say("{key} 第 {version} 版，{steps}：{n} 件{verdict}{why}", key=group.key, version=group.number, steps=steps or "—", n=group.count,
            verdict=worded(words[group.verdict]), why=f"（{why}）" if why else "")


def _move(runtime: Runtime, definition_id: int, reason: str) -> None:
    """Move who can be moved, telling how far it is."""
    from engine import impact, migration_runs
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.steps import run_step

    with UnitOfWork(runtime.database) as uow:
        groups = impact.of_version(runtime, uow, SYSTEM, definition_id, is_patient=True)
    chosen = [migration_runs.Chosen(group.instance_ids, {}) for group in groups if group.can_move]
    _tell_impact(tuple(group for group in groups if not group.can_move))
    if not chosen:
        return
    run_id = run_step(runtime, lambda uow: migration_runs.begin(
        runtime, uow, SYSTEM, definition_id, chosen, reason or "guicheng deploy", is_queued=False))
    with spinning("改用新版本") as tell:
        migration_runs.carry_out(runtime, run_id, lambda told: tell(f"{told.done}/{told.total}"))
    with UnitOfWork(runtime.database) as uow:
        told = migration_runs.progress(uow, run_id)
    say("{moved} 件案件已改用，{refused} 件未改用。", moved=told.moved, refused=told.refused)


@click.command(help="把目前版本的流程檔案寫到資料夾，每個流程一個子資料夾。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("keys", nargs=-1)
@click.option("--drafts", is_flag=True, help="改寫出設計中的草稿。")
@db_option
def export(folder: Path, keys: tuple[str, ...], drafts: bool, db: str | None) -> None:
    """The authors' files, byte for byte, under the procedure's name."""
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        found = _drafts(uow, keys) if drafts else _deployed(runtime, uow, keys)
        for name, files in progress(sorted(found.items()), "匯出", lambda entry: entry[0]):
            for path, raw in files.items():
                target = folder / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(raw)
    say("已匯出 {count} 個部署到 {folder}。", count=len(found), folder=folder)


def _deployed(runtime: Runtime, uow: UnitOfWork, keys: tuple[str, ...]) -> dict[str, dict[str, bytes]]:
    """Procedure → its files, as they are deployed now; NotFoundError for a process that is not."""
    from engine import definitions

    current = definitions.list_latest(runtime, uow)
    for key in keys:
        if all(info.key != key for info in current):
            raise NotFoundError(kind="流程", id=key)
    by_deployment = {info.deployment_id: info for info in reversed(current) if not keys or info.key in keys}
    names = definitions.procedure_names(uow)
    return {names[each] or info.key: definitions.files_of(uow, each) for each, info in by_deployment.items()}


def _drafts(uow: UnitOfWork, keys: tuple[str, ...]) -> dict[str, dict[str, bytes]]:
    """Procedure → the files of its open draft; NotFoundError for a procedure without one."""
    from engine.designing import drafts

    found = {draft.procedure: draft.id for draft in drafts.listed(uow, SYSTEM)}
    for key in keys:
        if key not in found:
            raise NotFoundError(kind="草稿", id=key)
    return {name: drafts.files(uow, each) for name, each in found.items() if not keys or name in keys}


@click.command(help="檢查資料夾中的流程：語法、規則、情境測試，並列出尚未涵蓋的手冊條款。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path) -> int:
    """What the tests and a deployment check too; ends with 1 where anything fails."""
    from engine.scenarios.checking import check as check_folder

    with spinning("情境") as tell:
        found = check_folder(folder, progress=tell)
    for line in found.lines(language()):
        click.echo(line)
    return DONE if found.is_ok else FAILED
