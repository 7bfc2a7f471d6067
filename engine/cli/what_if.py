"""`guicheng what-if`: the weeks ahead played here and now, its figures as lines or as a file. The store is only read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from engine.cli.console import counter, language, say, worded
from engine.cli.opening import db_option, open_engine
from engine.errors import FormInvalidError
from engine.settings import load_settings

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from engine.what_if.telling import Both, Told

#: parts in which progress is told
_PARTS = 1_000


@click.command("what-if", help="用現行流程預演接下來幾週：換個人數或件數，哪些規定會未達。只讀資料庫。")
@db_option
@click.option("--days", type=click.IntRange(1, 3_600), default=90, show_default=True, help="從最近多少天的歷史學。")
@click.option("--weeks", type=click.IntRange(1, 12), default=4, show_default=True, help="預演幾週。")
@click.option("--arrivals", metavar="PROCESS=FACTOR", multiple=True, help="某個流程的件數乘以多少；可重複。其他流程照現在。")
@click.option("--staff", metavar="ROLE=N", multiple=True, help="某個角色改為多少人；可重複。其他角色照現在。")
@click.option("--runs", type=click.IntRange(1, 30), default=5, show_default=True, help="走幾遍。")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="隨機種子；同樣的種子得到同樣的數字。")
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="把全部數字寫入 .xlsx 或 .csv 檔。")
def what_if(
    db: str | None, days: int, weeks: int, arrivals: Sequence[str], staff: Sequence[str], runs: int, seed: int, path: Path | None
) -> None:
    """One line a rule that is missed, one a role; wrong names are said, as on the page."""
    from engine import definitions
    from engine.i18n import describe_field_error
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.what_if import telling
    from engine.what_if.asking import offered
    from engine.what_if.order import Order, check
    from engine.what_if.playing import play

    if path is not None and path.suffix not in (".xlsx", ".csv"):
        raise click.UsageError(worded("檔名要以 .xlsx 或 .csv 結尾。"))
    factors = {key: float(value) for key, value in map(_number, arrivals)}
    wanted = {role: int(value) for role, value in map(_number, staff)}
    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        now = runtime.clock.now()
        since = now - timedelta(days=days)
        offer = offered(runtime, uow, since, now, None)
        coming = {each.key: 1.0 for each in offer.procedures if each.a_day or (each.is_timed and each.is_known)}
        order = Order(since, now, weeks, {**coming, **factors}, wanted, runs, seed)
        try:
            check(order, {info.key for info in definitions.list_latest(runtime, uow)}, set(runtime.organisation.roles))
        except FormInvalidError as error:
            raise click.UsageError(" ".join(describe_field_error(each, language()) for each in error.errors)) from error
        with counter("推演") as tell:
            result = play(runtime, uow, order, None, lambda share: tell(int(share * _PARTS), _PARTS))
        told = telling.tell(runtime, uow, result)
        _say(told)
        if path is not None:
            _write(runtime, told, path)


def _say(told: Told) -> None:
    for rule in told.broken:
        name = f"{worded(rule.name)} ({', '.join(rule.clauses)})" if rule.clauses else worded(rule.name)
        say("未達　{name}：{figures}，共 {measured:.0f} 次", name=name, figures=_both(rule.missed), measured=rule.measured.now.median)
    for role in told.roles:
        say("負荷　{role}：{figures}", role=role.role, figures=_both(role.mean_load, 100, "%"))


def _both(figure: Both, times: float = 1, unit: str = "") -> str:
    sides = [figure.now, *([figure.changed] if figure.changed is not None else [])]
    return " → ".join(f"{side.median * times:.0f}{unit} ({side.low * times:.0f}–{side.high * times:.0f})" for side in sides)


def _write(runtime: Runtime, told: Told, path: Path) -> None:
    from engine.what_if import files

    words = files.Words(worded, lambda text, _definition_id: worded(text), lambda role: role, lambda rule: ", ".join(rule.clauses))
    with path.open("wb") as target:
        files.write(told, path.suffix[1:], words, ZoneInfo(runtime.organisation.calendar.zone), target)


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise click.UsageError(worded("「{given}」應寫成 名稱=數字。", given=text)) from error
