"""Listing jobs; queueing one again or taking one out after a question."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.delivery import deliveries
from engine.jobs import supervision
from engine.jobs.dbos_runner import MOST_ATTEMPTS
from engine.jobs.supervision import JobState
from engine.queries import gauges
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.language import gettext
from webui.unit_of_work import current, runtime_of

#: seconds in a queue after which nobody seems to serve it: the only process on a store gives no sign of life
_SLOW = 60
#: source language
STATES = {
    JobState.FAILED: "已放棄重試", JobState.WAITING: "等待執行", JobState.RUNNING: "執行中", JobState.CANCELLED: "已取消",
    JobState.DONE: "已完成",
}
_NAMES = {
    "fire_due": "到期處理", "deliver_event": "轉送訊息", "send_link": "寄出一次性連結", "hand_over": "交付通知",
    "apply_import": "匯入資料", "plan_import": "檢查匯入檔", "reschedule": "重算期限", "migrate_cases": "案件改版",
    "undo_migration": "撤銷改版", "intervene": "批次介入", "undo_intervention": "撤銷批次介入",
    "erase_by_rule": "按規則刪除個人資料", "play_what_if": "推演", "read_standings": "清點案件",
}
_QUESTIONS = {
    "retry": Dialog(heading="重新執行這項作業？", text="作業重新排入，從頭計算嘗試次數；已做過的部分不會重複。", submit="重新執行"),
    "cancel": Dialog(heading="取消這項作業？", text="它要做的事不會執行；之後仍可在「已取消」裡重新執行。", submit="取消作業", danger=True),
}


def overview() -> ResponseReturnValue:
    """Latest first, of one state or all that are not done, under the figures."""
    args, actor = flask.request.args, session.actor()
    state = JobState(args["state"]) if args.get("state") in list(JobState) else None
    found = supervision.page(current(), actor, state, after=args.get("after"))
    return flask.render_template(
        "jobs/overview.html", page=found, state=state, states=STATES, names=_NAMES, most=MOST_ATTEMPTS, slow=_SLOW,
        health=supervision.health(current(), actor), now=gauges.read(current(), runtime_of().clock.now()),
        dead=deliveries.dead(current(), actor),
    )


def ask(verb: str) -> ResponseReturnValue:
    """Ask first."""
    job = supervision.get(current(), session.actor(), flask.request.args.get("id", ""))
    return render(_QUESTIONS[verb], flask.url_for("jobs.act", verb=verb, id=job.id), flask.url_for("jobs.overview"))


def act(verb: str) -> ResponseReturnValue:
    """Do it; it is on record."""
    job_id, step = flask.request.args.get("id", ""), supervision.retry if verb == "retry" else supervision.cancel
    unit_of_work.step(lambda uow: step(runtime_of(), uow, session.actor(), job_id))
    flask.flash(gettext("已重新排入。") if verb == "retry" else gettext("已取消作業。"))
    return flask.redirect(flask.url_for("jobs.overview"), 303)
