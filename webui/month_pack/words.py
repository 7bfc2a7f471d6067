"""A month's pack in the reader's words: one set of tables for the page, the PDF and the Excel file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine import definitions
from engine.limit_figures import known_limits
from engine.limit_rules import Kind
from engine.month_pack import Pack
from engine.month_pack_files import Cell, Part, Table
from engine.queries.months import next_month
from webui.display import moment
from webui.language import gettext
from webui.limits.named import demand_words, per_cent
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

Say = Callable[[str], str]


def parts(pack: Pack) -> tuple[Part, ...]:
    """Its sections."""
    homes = {info.key: info.id for info in definitions.list_latest(runtime_of(), current())}
    limits = {limit_id: known.limit for limit_id, known in known_limits(runtime_of(), current()).items()}
    found = []
    for section in pack.body["sections"]:
        # a procedure that is deployed no longer has no words of its own
        home = homes.get(section["process"])

        def say(text: str, of: int | None = home) -> str:
            return gettext(text) if of is None else worded(text, of)

        tables = [_TABLES[block["kind"]](block, say, limits, homes) for block in section["blocks"] if block["rows"]]
        found.append(Part(say(section["title"]), tuple(tables)))
    return tuple(found)


def note(pack: Pack) -> str:
    """Whether its figures are final, and how it is told from another."""
    if pack.kept_at is None:
        return gettext("本月未結，數字還會變動。")
    return gettext("已結，{at} 保存，校驗碼 {digest}", at=moment(pack.kept_at), digest=pack.digest[:12])


def last_day(pack: Pack) -> str:
    """Of its month, for addresses."""
    return (next_month(pack.month) - timedelta(days=1)).isoformat()


def _cases(block: Mapping[str, Any], say: Say, _limits: Any, _homes: Any) -> Table:
    rows = tuple((Cell(gettext(row["title"])), _count(row["now"]), _count(row["before"])) for row in block["rows"])
    return Table(gettext(block["title"]), ("", gettext("當月"), gettext("上月")), rows)


def _counts(block: Mapping[str, Any], say: Say, _limits: Any, _homes: Any) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for row in block["rows"]:
        share = Cell("—") if row["share"] is None else Cell(f"{row['share'] * 100:.1f}%", row["share"], is_share=True)
        aim = row.get("least") or row.get("most")
        words = "" if not aim else gettext("不低於 {least}" if row.get("least") else "不高於 {most}", least=per_cent(Decimal(aim)),
                                           most=per_cent(Decimal(aim)))  # fmt: skip
        rows.append((Cell(say(row["title"])), _count(row["now"]), share, _count(row["before"]), Cell(words), _reached(row.get("reached"))))
    headings: tuple[str, ...] = ("", gettext("當月"), gettext("占比"), gettext("上月"), gettext("要求"), gettext("達標"))
    if not any(row.get("least") or row.get("most") for row in block["rows"]):
        rows = [row[:4] for row in rows]
        headings = headings[:4]
    return Table(say(block["title"]), headings, tuple(rows))


def _sums(block: Mapping[str, Any], say: Say, _limits: Any, _homes: Any) -> Table:
    rows = tuple((Cell(say(row["title"])), _amount(row, "now"), _amount(row, "before")) for row in block["rows"])
    return Table(gettext(block["title"]), ("", gettext("當月"), gettext("上月")), rows)


def _of_limits(block: Mapping[str, Any], _say: Say, limits: Mapping[str, Any], homes: Mapping[str, int]) -> Table:
    rows = []
    for row in block["rows"]:
        kind, home, limit = Kind(row["kind"]), homes.get(row["process"]), limits.get(row["id"])
        name = row["title"] if home is None else worded(row["title"], home)
        target = row["target"] if limit is None or limit.kind is not kind else demand_words(limit, row["target"])
        rows.append((
            Cell(name), Cell(target), _value(row["now"], kind), _reached(row["reached"]), _value(row["before"], kind), _count(row["met"]),
            _count(row["missed"]), _count(row["apart"]), _count(row["running"]),
        ))  # fmt: skip
    headings = ("", "要求", "當月", "達標", "上月", "達成", "未達", "另計", "待定")
    ids = tuple(row["id"] if row["id"] in limits else "" for row in block["rows"])
    return Table(gettext(block["title"]), tuple(gettext(each) if each else "" for each in headings), tuple(rows), ids)


def _count(value: int) -> Cell:
    return Cell(str(value), value)


def _amount(row: Mapping[str, Any], name: str) -> Cell:
    return Cell(f"{Decimal(row[name]):,.2f}", float(row[name])) if row["is_amount"] else _count(row[name])


def _value(value: float | None, kind: Kind) -> Cell:
    if value is None:
        return Cell("—")
    if kind is Kind.NEVER:
        return Cell(gettext("{n} 件", n=int(value)), value)
    return Cell(f"{value:.2f}", value) if kind is Kind.AVERAGE else Cell(f"{value * 100:.1f}%", value, is_share=True)


def _reached(is_reached: bool | None) -> Cell:
    if is_reached is None:
        return Cell("—")
    return Cell(gettext("達標"), look="good") if is_reached else Cell(gettext("未達標"), look="late")


_TABLES = {"cases": _cases, "counts": _counts, "sums": _sums, "limits": _of_limits}
