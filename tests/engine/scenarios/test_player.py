"""Scenarios are played through the real services; what is not as it should be is told with its line, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

import pytest

from engine.scenarios.player import play
from engine.scenarios.reader import read_scenario
from engine.scenarios.report import Outcome, line_of
from engine.scenarios.stage import Stage
from engine.settings import Settings
from tests.engine.scenarios.small import FILES, HEAD, ORGANISATION

REVIEWED = "- {complete: review, as: manager}\n"
WORKED = REVIEWED + "- {complete: carry_out, as: worker, data: {photos: lamp.jpg}}\n"
CHECKED = WORKED + "- {complete: check_each, as: worker, item: 1}\n- {complete: check_each, as: worker}\n"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The small procedure, deployed once."""
    with Stage(Settings(), ORGANISATION) as opened:
        opened.deploy(FILES)
        yield opened


def run(stage: Stage, steps: str, head: str = HEAD) -> Outcome:
    return play(stage, read_scenario((head + indent(steps, "  ")).encode(), "scenarios/a.yaml"))


def passes(stage: Stage, steps: str, head: str = HEAD) -> Outcome:
    outcome = run(stage, steps, head)
    assert outcome.failures == ()
    return outcome


def fails(stage: Stage, steps: str) -> str:
    failure, = run(stage, steps).failures
    return line_of(failure, "zh-Hant").removeprefix("scenarios/a.yaml:").removesuffix(" [scenario]")


def test_a_case_is_played_to_its_end(stage: Stage) -> None:
    """People are their roles, codes and file names become references and files, an outside person signs at the desk."""
    outcome = passes(stage, """\
- expect:
    open: [{element: review, role: manager, assignee: null, state: open, outside: null}]
    title: A-1201 換燈
    business_key: S2026-001
    data:
      application.unit.label: A-1201
      application.tenant.label: 華強電子有限公司
      application.worker.label: 工人
      application.note: null
- complete: review
  as: manager
  data: {note: 可以}
- complete: carry_out
  as: worker
  data: {photos: [lamp.jpg, "2.jpg"], done_at: !now PT1H}
- expect:
    open: [check_each, check_each]
    data: {review.outcome: ok, work.photos.1.name: "2.jpg", work.done_at: "2026-03-02T10:00:00+08:00"}
- {complete: check_each, as: worker, item: 2, data: {result: 好}}
- {complete: check_each, as: worker}
- expect: {open: [{element: sign_off, role: clerk, outside: tenant}], ended: false}
- complete: sign_off
  as: tenant
  data: {signature: 王小明}
  expect: {ended: done, state: completed, open: [], late: false, limits: {reviewed: met}}
- expect: {history: [work_item.claimed, work_item.completed, instance.completed], data: {sign_off.signature.signer: 王小明}}
""")
    assert {"small/begin", "small/review", "small/carry_out", "small/check_each", "small/sign_off", "small/done"} <= outcome.passed
    assert outcome.limits == {"small.reviewed"}


def test_what_falls_due_on_the_way_happens_at_its_time(stage: Stage) -> None:
    """Escalation after an hour, the limit after two, a timer after two days: in one move or in several."""
    passes(stage, """\
- {advance: PT59M, expect: {overdue: [], late: false, limits: {reviewed: running}}}
- {advance: PT1M, expect: {overdue: [review], includes: [{element: review, escalated: director, overdue: true}], late: true}}
- {until: 2026-03-02T11:00:00+08:00, expect: {limits: {reviewed: breached}, history: [limit.breached]}}
""" + REVIEWED + """\
- {advance: P2D, expect: {open: [carry_out, look_after]}}
""")


def test_every_verb_of_an_item(stage: Stage) -> None:
    """Claim, unclaim, assign, delegate, resolve, return: with a second person in a role."""
    passes(stage, """\
- {claim: review, as: manager, expect: {open: [{element: review, state: claimed, assignee: manager}]}}
- {claim: review, as: {role: manager, person: 周經理}, refused: work_item_already_claimed}
- {complete: review, as: {role: manager, person: 周經理}, refused: work_item_not_yours}
- {unclaim: review, as: manager, expect: {open: [{element: review, state: open, assignee: null}]}}
- assign: review
  as: manager
  to: {role: manager, person: 周經理}
  expect: {open: [{element: review, assignee: 周經理}]}
- delegate: review
  as: {role: manager, person: 周經理}
  to: worker
  expect: {open: [{element: review, state: delegated, assignee: worker, owner: 周經理}]}
- {resolve: review, as: worker, data: {answer: 可行}, expect: {open: [{element: review, assignee: 周經理, owner: null}]}}
- {complete: review, as: {role: manager, person: 周經理}}
- {return: carry_out, as: worker, to: review, reason: 圖紙不清, expect: {open: [review]}}
- {complete: review, as: clerk, refused: not_a_candidate}
""")


def test_every_verb_of_a_case(stage: Stage) -> None:
    """Suspend, resume, cancel; a message; a second case beside the first."""
    passes(stage, REVIEWED + """\
- {suspend: 等料, as: manager, expect: {state: suspended}}
- {complete: carry_out, as: worker, refused: instance_not_active}
- {resume: 料到, as: manager, expect: {state: active}}
- {send: stop, as: manager, expect: {ended: stopped_early}}
- {start: small, as: clerk, data: {items: 修門}, expect: {in: small, business_key: S2026-002}}
- {cancel: 重複, as: manager, in: small, expect: {in: small, state: cancelled, open: []}}
- {signal: nobody_listens, as: manager}
""")


def test_a_gate_and_a_form_refuse(stage: Stage) -> None:
    """A refusal can be expected by its code or its field, and leaves everything as it was."""
    passes(stage, """\
- {complete: review, as: manager, data: {outcome: maybe}, refused: {field: outcome}}
- {complete: review, as: manager, data: {verdict: ok}, refused: {field: verdict, code: unknown_field}}
""" + REVIEWED + """\
- {complete: carry_out, as: worker, refused: gate_closed, expect: {open: [carry_out]}}
""")


def test_an_item_can_be_chosen_by_its_data(stage: Stage) -> None:
    """Two cases, one element: the unit tells which."""
    passes(stage, """\
- {start: small, as: clerk, data: {items: 修門, unit: A-1202}}
- {complete: review, as: manager, item: {application.unit.label: A-1202}}
- expect: {open: [review, {element: carry_out, data: {application.items: 修門}}]}
""")


def test_a_scenario_may_add_to_the_company(stage: Stage) -> None:
    """Units, tenants and people of its own; the next scenario knows nothing of them."""
    head = HEAD.replace("steps:", """\
company:
  units: [B-0301]
  tenants: [{code: T-009, name: 宏達貿易, unit: B-0301}]
  people: [{name: 張師傅, roles: [worker]}]
steps:""").replace("A-1201, tenant: T-001, worker: worker", "B-0301, tenant: T-009, worker: 張師傅")
    passes(stage, "- expect: {data: {application.unit.label: B-0301, application.worker.label: 張師傅}}\n", head)
    refused = run(stage, "- expect: {}\n", head.replace("units: [B-0301]", "units: []"))
    assert "示範公司無法建立" in line_of(refused.failures[0], "zh-Hant")


@pytest.mark.parametrize(("steps", "told"), [
    ("- {complete: carry_out, as: worker}\n", "6: 沒有「carry_out」的待辦；目前的待辦：review。"),
    ("- {complete: review, as: worker}\n",
     "6: 「complete review」被拒絕：「review」不屬於您在此園區的角色，請由承辦的同事辦理。 (not_a_candidate)"),
    ("- {complete: review, as: stranger}\n", "6: 公司裡沒有「stranger」這個角色。"),
    ("- {complete: review, as: tenant}\n", "6: 「review」不由「tenant」辦理。"),
    ("- {suspend: x, as: tenant}\n", "6: 「tenant」沒有帳號，不能做這一步；請寫由誰代為辦理。"),
    ("- {complete: review, as: manager, data: {outcome: x}}\n", "6: 「complete review」被拒絕：outcome: "),
    ("- {complete: review, as: manager, refused: gate_closed}\n", "6: 「complete review」應被拒絕（gate_closed），卻成功了。"),
    ("- {complete: review, as: worker, refused: gate_closed}\n", "6: 應被拒絕於「gate_closed」，卻是："),
    ("- {until: 2026-03-01T09:00:00+08:00}\n", "6: 時鐘已過了這一刻，不能倒退；現在是 2026-03-02T09:00:00+08:00。"),
    ("- {retry: review, as: manager}\n", "6: 「review」沒有待處理的異常。"),
    ("- {send: nothing, as: manager}\n", "6: 「send nothing」被拒絕：沒有流程在等待訊息「nothing」。"),
    ("- {start: nothing, as: manager}\n", "6: 「start nothing」被拒絕：找不到流程「nothing」。"),
    (WORKED + "- {complete: check_each, as: worker}\n", "8: 「check_each」有 2 項待辦，請以 item 或 in 指明是哪一項。"),
    (WORKED + "- {complete: check_each, as: worker, item: 3}\n", "8: 「check_each」只有 2 項待辦，沒有第 3 項。"),
    ("- expect:\n    open: []\n", "7: 待辦應為：—；實為：review。"),
    ("- expect: {open: [review, review]}\n", "6: 應有「review」的待辦；目前的待辦：review。"),
    ("- expect: {includes: [{element: review, role: clerk}]}\n", "6: 「review」的 role 應為 clerk，實為 manager。"),
    ("- expect: {includes: [{element: review, data: {application.items: x}}]}\n", "6: 「review」的 application.items 應為 x，實為 換燈。"),
    ("- expect: {absent: [review]}\n", "6: 不應有「review」的待辦。"),
    ("- {advance: PT2H, expect: {overdue: []}}\n", "6: 逾期的待辦應為：—；實為：review。"),
    ("- expect: {late: true}\n", "6: late 應為 True，實為 False。"),
    ("- expect: {ended: done}\n", "6: 案件應結束於 done，實為 active。"),
    ("- expect: {state: completed}\n", "6: state 應為 completed，實為 active。"),
    ("- expect: {limits: {reviewed: met}}\n", "6: 時限「reviewed」應為 met，實為 running。"),
    ("- expect: {limits: {nothing: running}}\n", "6: 時限「nothing」應為 running，實為 none。"),
    ("- expect: {data: {application.items: x}}\n", "6: 資料「application.items」應為 x，實為 換燈。"),
    ("- expect: {data: {application.items: null}}\n", "6: 資料「application.items」應為 —，實為 換燈。"),
    ("- expect: {records: [slip]}\n", "6: 應已開立單據「slip」；已開立：—。"),
    ("- expect: {history: [case.closed]}\n", "6: 歷程中應有「case.closed」，實有："),
    ("- expect: {incident: x}\n", "6: 異常應為 x，實為 —。"),
    ("- expect: {sent: [letter]}\n", "6: 應發出「letter」，實際發出：—。"),
    ("- expect: {in: nothing, state: active}\n", "6: 沒有「nothing」的案件。"),
    ("- {complete: review, as: manager, data: {outcome: back}}\n- {complete: correct, as: clerk, data: {a: 1}}\n",
     "7: 「correct」沒有表單，不能填資料。"),
], ids=range(33))
def test_what_is_not_as_it_should_be_is_told(stage: Stage, steps: str, told: str) -> None:
    """The line, what was expected and what there was; the scenario ends there."""
    assert fails(stage, steps).startswith(told)


def test_an_incident_that_nobody_expects_ends_the_scenario() -> None:
    """A step of the diagram that fails is told with its element; it can also be expected."""
    broken = {**FILES, "small.bpmn": FILES["small.bpmn"].replace(b'review["outcome"] == "ok"', b'review["outcome"] + 1 == 2')}
    with Stage(Settings(), ORGANISATION) as stage:
        stage.deploy(broken)
        assert fails(stage, REVIEWED).startswith("6: 「is_approved」出了異常：")
        passes(stage, REVIEWED + "- expect: {incident: expression_failed, state: incident}\n")


def test_scenes_know_nothing_of_each_other(stage: Stage) -> None:
    """Numbers start again, and no case is left from the scenario before."""
    for _ in range(2):
        passes(stage, "- expect: {business_key: S2026-001, open: [review]}\n")
