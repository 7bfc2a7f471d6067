"""`guicheng import-bpmn`: files of another tool made into a procedure's folder on disk, without a store."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.console import DONE, WRONG_USE, complain, language, say
from engine.settings import load_settings


@click.command("import-bpmn", help="把 Camunda 7、Flowable、Signavio、Spiff-Arena 的檔案轉成流程資料夾；未能轉換的逐行列出。")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="要寫入的資料夾；其名稱就是流程代碼。")
@click.option("--keep-drawing", is_flag=True, help="保留原來的排版，不加泳道。")
def import_bpmn(files: tuple[Path, ...], into: Path, keep_drawing: bool) -> int:
    """Ends with 2 for files that cannot be taken, or a folder that has something in it; then nothing is written."""
    from engine.bootstrap import load_organisation
    from engine.designing.drafts import NAME
    from engine.foreign import Outcome, bring_in
    from engine.foreign.intake import ForeignRefusedError
    from engine.i18n import describe, describe_finding

    settings, name = load_settings(), into.resolve().name
    if not NAME.fullmatch(name):
        complain("資料夾名稱「{name}」不能作為流程代碼：請用小寫英文字母、數字和底線，以字母開頭。", name=name)
        return WRONG_USE
    if into.exists() and any(into.iterdir()):
        complain("資料夾「{folder}」不是空的，沒有寫入。", folder=into)
        return WRONG_USE
    try:
        made = bring_in(
            {path.name: path.read_bytes() for path in files}, settings, load_organisation(settings).roles, name, keep_drawing=keep_drawing)
    except ForeignRefusedError as error:
        complain("{file}：{reason}", file=error.data["file"], reason=describe(error, language()))
        return WRONG_USE
    for path, body in made.files.items():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    for note in made.of(Outcome.OPEN):
        complain("{file}:{element}: {told}", file=note.finding.file, element=note.finding.element_id or "-",
                 told=describe_finding(note.finding, language()))
    say("已寫入 {files} 個檔案到「{folder}」：已轉換 {done} 項，待處理 {open} 項。", files=len(made.files), folder=into,
        done=len(made.of(Outcome.TRANSLATED)), open=len(made.of(Outcome.OPEN)))
    return DONE
