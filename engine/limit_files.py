"""What is behind a limit's figure as a CSV file, written row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import IO, Any

from engine.limit_gaps import Gap
from engine.queries.limits import ClockRow
from engine.register_files import harmless

HEADINGS = ("編號", "案件標題", "輪次", "結果", "單元", "辦理人", "開始時刻", "開始登錄", "期限", "完成時刻", "完成登錄", "數值")
OUTCOMES = {"met": "達成", "missed": "未達", "apart": "另計", "running": "待定", "excluded": "不計"}


def write_csv(
    rows: Iterable[ClockRow], lacking: Iterable[Gap], target: IO[bytes], say: Callable[[str], str], moment: Callable[[datetime], str]
) -> int:
    """UTF-8 with the mark by which Excel knows it; says how many rows. `say` translates, `moment` writes a time as the reader's clock shows
    it. The target is left open.
    """
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)

    def told(value: Any) -> str:
        return "" if value is None else moment(value) if isinstance(value, datetime) else harmless(str(value))

    count = 0
    try:
        writer = csv.writer(text)
        writer.writerow([say(heading) for heading in HEADINGS])
        for gap in lacking:
            writer.writerow(["", say("沒有案件"), "", say(OUTCOMES["missed"]), told(gap.label), "", told(gap.period), "", told(gap.due_at)])
            count += 1
        for row in rows:
            values = (row.business_key or row.instance_id, row.title, row.round, say(OUTCOMES[row.outcome]), row.unit, row.person,
                      row.started_at, row.entered_at, row.due_at, row.stopped_at, row.stop_entered_at, row.value)  # fmt: skip
            writer.writerow([told(value) for value in values])
            count += 1
        return count
    finally:
        text.detach()
