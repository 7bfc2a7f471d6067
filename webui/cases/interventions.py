"""What managers did with cases by hand, as a list and as its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import definitions, interventions, list_files
from engine import past_interventions as queries
from engine.interventions import Verb
from engine.past_interventions import InterventionFilters
from engine.queries.paging import MAX_LIMIT
from webui import exports, session
from webui.cases.story import VERBS
from webui.display import zone
from webui.language import gettext
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of

#: source language
STATES = {"running": "辦理中", "stopped": "已停止", "finished": "已完成", "undoing": "撤銷中", "undone": "已撤銷"}
_HEADINGS = ("時間", "誰", "操作", "原因", "案件", "件數", "已辦", "不能辦", "已撤銷", "撤銷人", "狀態")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What was chosen, as the form shows it again. What an address cannot mean is passed over: links grow old."""

    verb: Verb | None
    person_id: int | None
    key: str
    case_id: int | None
    since: date | None
    until: date | None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.address())

    def filters(self) -> InterventionFilters:
        """The same for the query: days begin and end by the clock on the wall."""
        return InterventionFilters(self.verb, self.person_id, self.key or None, self.case_id, _start(self.since),
                                   _start(self.until + timedelta(days=1)) if self.until else None)

    def address(self) -> dict[str, str]:
        """The same as parameters of an address."""
        given = {"verb": self.verb, "person": self.person_id, "key": self.key, "case": self.case_id, "since": self.since,
                 "until": self.until}  # fmt: skip
        return {name: str(value) for name, value in given.items() if value}


def overview() -> ResponseReturnValue:
    """Latest first, as the address narrows it."""
    narrow, actor, uow = _narrowing(), session.actor(), current()
    found = queries.page(uow, actor, narrow.filters(), after=flask.request.args.get("after"))
    verbs = [(verb.value, VERBS[verb]) for verb in interventions.offered(actor)]
    return flask.render_template(
        "cases/interventions.html", page=found, narrow=narrow, verbs=verbs, names=VERBS, states=STATES, people=queries.people(uow, actor),
        procedures=definitions.list_latest(runtime_of(), uow),
    )  # fmt: skip


def download(kind: str) -> ResponseReturnValue:
    """Every order that the address narrows the list to."""
    narrow = _narrowing()
    headings = [gettext(each) for each in _HEADINGS]
    return exports.send_list(
        "interventions", kind, gettext("介入記錄"), lambda target: list_files.write(kind, headings, _rows(narrow), zone(), target))


def _rows(narrow: Narrowing) -> Iterator[list[Any]]:
    after: str | None = None
    while True:
        page = queries.page(current(), session.actor(), narrow.filters(), after=after, limit=MAX_LIMIT)
        for row in page.rows:
            cases = "、".join(case.business_key or f"#{case.id}" for case in row.cases) + ("…" if row.total > len(row.cases) else "")
            yield [row.asked_at, row.asked_by, gettext(VERBS[row.verb]), row.reason, cases, row.total, row.done, row.refused, row.undone,
                   row.undone_by, gettext(STATES[row.state])]  # fmt: skip
        if page.after is None:
            return
        after = page.after


def _narrowing() -> Narrowing:
    args = flask.request.args
    verb = args.get("verb", "")
    return Narrowing(Verb(verb) if verb in list(Verb) else None, id_of(args, "person"), args.get("key", "")[:120], id_of(args, "case"),
                     day_of(args, "since"), day_of(args, "until"))


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), zone()) if day else None
