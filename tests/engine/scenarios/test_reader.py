"""Scenarios are read strictly, and every complaint names its file and line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.scenarios.reader import ScenarioUnreadableError, read_scenario, read_scenarios
from engine.scenarios.story import UNSAID, Performer, Refusal, RelativeTime, Verb

HEAD = """\
name: {zh-Hant: 一次修好, en: Mended at once}
clauses: [repair 5.1]
at: 2026-03-02T09:00:00+08:00
start:
  process: repair
  as: customer_service
  data: {unit: A-1201, rush: no, fee: "120.50", since: 2026-03-02, rows: [{n: 1, ok: true, none: }]}
"""


def read(steps: str = "", head: str = HEAD) -> object:
    return read_scenario((head + steps).encode(), "scenarios/a.yaml")


def refused(text: str) -> str:
    with pytest.raises(ScenarioUnreadableError) as caught:
        read_scenario(text.encode(), "scenarios/a.yaml")
    assert caught.value.file == "scenarios/a.yaml"
    return f"{caught.value.line}: {caught.value.source_text()}"


def test_a_head_alone_is_a_scenario() -> None:
    """A start without steps is read; data keep what was typed: only true and false are truth, dates stay text."""
    scenario = read_scenario(HEAD.encode(), "scenarios/a.yaml")
    assert scenario.name == "一次修好"
    assert scenario.names["en"] == "Mended at once"
    assert scenario.clauses == ("repair 5.1",)
    assert scenario.begins_at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    start, = scenario.steps
    assert (start.verb, start.subject, start.performer, start.line) == (Verb.START, "repair", Performer("customer_service"), 5)
    assert start.data == {
        "unit": "A-1201", "rush": "no", "fee": "120.50", "since": "2026-03-02", "rows": [{"n": 1, "ok": True, "none": None}],
    }


def test_every_verb_is_read() -> None:
    """One step of each verb, with what it takes."""
    scenario = read_scenario((HEAD + """\
steps:
  - {start: survey, as: manager, site: HY}
  - {complete: check_in, as: {role: repair_worker, person: 張師傅}, data: {at: !now -PT5M, on: !today P1D}, item: 2, in: repair}
  - {claim: check_in, as: repair_worker, item: {unit.label: A-1203}}
  - {unclaim: check_in, as: repair_worker}
  - {assign: check_in, as: dispatcher, to: {role: repair_worker, person: 李師傅}}
  - {delegate: check_in, as: repair_worker, to: repair_worker}
  - {resolve: check_in, as: repair_worker}
  - {return: check_in, as: repair_worker, to: assign_worker, reason: 派錯人}
  - {cancel: 重複登記, as: manager}
  - {suspend: 等料, as: manager}
  - {resume: 料到, as: manager}
  - {retry: price, as: manager}
  - {send: paid, as: cashier, correlation: {slip: "1"}, data: {amount: "3.00"}}
  - {signal: stop, as: manager}
  - {advance: PT20M}
  - {until: 2026-03-03T09:00:00+08:00, note: 次日}
  - {expect: {open: []}}
""").encode(), "scenarios/a.yaml")
    assert [step.verb for step in scenario.steps] == [Verb.START, *Verb]
    by_verb = {step.verb: step for step in scenario.steps}
    complete = by_verb[Verb.COMPLETE]
    assert complete.performer == Performer("repair_worker", "張師傅")
    assert complete.data == {"at": RelativeTime(timedelta(minutes=-5)), "on": RelativeTime(timedelta(days=1), is_date=True)}
    assert (complete.item, complete.process, complete.line) == (2, "repair", 10)
    assert by_verb[Verb.CLAIM].item == {"unit.label": "A-1203"}
    assert by_verb[Verb.ASSIGN].to == Performer("repair_worker", "李師傅")
    assert (by_verb[Verb.RETURN].to_element, by_verb[Verb.RETURN].reason) == ("assign_worker", "派錯人")
    assert by_verb[Verb.ADVANCE].advance == timedelta(minutes=20)
    assert by_verb[Verb.UNTIL].until == datetime(2026, 3, 3, 1, tzinfo=UTC)


def test_expectations_keep_apart_what_is_not_said() -> None:
    """`null` says "nobody"; a key that is absent says nothing."""
    scenario = read_scenario((HEAD + """\
steps:
  - expect:
      open: [assign_worker, {element: check_in, assignee: null, overdue: true, data: {a.b: 1}}]
      overdue: []
      late: false
      limits: {on_site: breached}
      ended: archived
      data: {quote.amount: "1.00"}
      records: [repair_slip, {record: follow_up_record, number: HF-1, shows: [王小明]}]
""").encode(), "scenarios/a.yaml")
    expect = scenario.steps[1].expect
    assert expect is not None
    assert expect.open is not None
    first, second = expect.open
    assert (first.element, first.assignee, first.role) == ("assign_worker", UNSAID, UNSAID)
    assert (second.assignee, second.overdue, second.data) == (None, True, {"a.b": 1})
    assert expect.overdue == ()
    assert expect.late is False
    assert expect.ended == ("archived",)
    assert expect.state is UNSAID
    assert [record.record for record in expect.records] == ["repair_slip", "follow_up_record"]
    assert (expect.line, expect.limits) == (10, {"on_site": "breached"})


def test_a_step_may_have_to_be_refused() -> None:
    """By a code alone, or by a field of the form."""
    scenario = read_scenario((HEAD + """\
steps:
  - {complete: a, as: manager, refused: gate_closed}
  - {complete: a, as: manager, refused: {field: amount, code: required}}
""").encode(), "scenarios/a.yaml")
    assert [step.refused for step in scenario.steps[1:]] == [Refusal("gate_closed"), Refusal("required", "amount")]


@pytest.mark.parametrize(("text", "complaint"), [
    ("", "1: 檔案是空的"),
    ("name: [", "1: 不是正確的 YAML"),
    ("- a\n", "1: 情境應為"),
    (HEAD + "step: []\n", "8: 情境沒有「step」這個鍵"),
    (HEAD + "at: x\n", "8: 情境的鍵「at」重複"),
    (HEAD.replace("at: 2026-03-02T09:00:00+08:00\n", ""), "1: 缺少「at」"),
    (HEAD.replace("+08:00", ""), "3: 「2026-03-02T09:00:00」缺少時區"),
    (HEAD.replace(", en: Mended at once", ""), "1: 名稱需有 zh-Hant 和 en"),
    (HEAD.replace("  as: customer_service\n", ""), "5: 缺少「as」"),
    (HEAD + "steps:\n  - {complete: a, claim: b, as: x}\n", "9: 每一步須有且只有一個動作"),
    (HEAD + "steps:\n  - {as: x}\n", "9: 每一步須有且只有一個動作"),
    (HEAD + "steps:\n  - complete: a\n    as: x\n    too: b\n", "11: 「complete」步驟沒有「to"),
    (HEAD + "steps:\n  - {complete: a}\n", "9: 「complete」缺少「as」"),
    (HEAD + "steps:\n  - {return: a, as: x, to: b}\n", "9: 缺少「reason」"),
    (HEAD + "steps:\n  - {advance: PT}\n", "9: 「PT」不是 ISO 8601 時長"),
    (HEAD + "steps:\n  - {advance: -PT5M}\n", "9: 「-PT5M」為負"),
    (HEAD + "steps:\n  - {advance: P1M}\n", "9: 「P1M」含年或月"),
    (HEAD + "steps:\n  - {advance: PT1M, refused: x}\n", "9: 「advance」不會被拒絕"),
    (HEAD + "steps:\n  - {complete: a, as: x, item: 0}\n", "9: item 應為從 1 起的序號"),
    (HEAD + "steps:\n  - expect:\n      limits: {a: late}\n", "10: 時限「a」的狀態應為"),
    (HEAD + "steps:\n  - expect: {ended: true}\n", "9: ended 應為"),
    (HEAD + "company: {units: [1203]}\n", "8: 單元「1203」應寫作"),
    ("a: &x {b: 1}\nc: *x\n", "2: 不是正確的 YAML"),
    ("a: " + "[" * 30 + "]" * 30, "1: 巢狀超過"),
], ids=range(24))
def test_what_cannot_be_read_is_told_with_its_line(text: str, complaint: str) -> None:
    """File, line, and what would have been right."""
    assert refused(text).startswith(complaint)


def test_bytes_that_are_not_text_are_told() -> None:
    """UTF-8 only, and not without bounds."""
    with pytest.raises(ScenarioUnreadableError, match="不是 UTF-8 文字"):
        read_scenario(b"a: 1\nb: \xff", "scenarios/a.yaml")
    with pytest.raises(ScenarioUnreadableError, match="超過 256 KB"):
        read_scenario(b"#" * 300_000, "scenarios/a.yaml")


def test_a_folder_is_read_in_order_and_to_its_end() -> None:
    """One broken file does not hide the others."""
    scenarios, errors = read_scenarios({
        "scenarios/b.yaml": HEAD.encode(), "scenarios/a.yaml": HEAD.encode(), "scenarios/c.yaml": b"[",
        "scenarios/notes.txt": b"", "repair.bpmn": b"",
    })
    assert [scenario.file for scenario in scenarios] == ["scenarios/a.yaml", "scenarios/b.yaml"]
    assert [error.file for error in errors] == ["scenarios/c.yaml"]
