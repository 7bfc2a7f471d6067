"""Notifications as sentences in the reader's language, and where each leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask

from engine.notifications import WORDINGS, Kind
from engine.queries.notifications import NotificationRow
from webui import session
from webui.display import role_name
from webui.language import gettext
from webui.wording import worded


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands before a line."""

    icon: str


SIGNS = {
    Kind.OPENED: Sign(icon="inbox"),
    Kind.ASSIGNED: Sign(icon="user-check"),
    Kind.DELEGATED: Sign(icon="user-check"),
    Kind.RESOLVED: Sign(icon="user-check"),
    Kind.RETURNED: Sign(icon="arrow-back-up"),
    Kind.WITHDRAWN: Sign(icon="circle-minus"),
    Kind.DUE_SOON: Sign(icon="clock"),
    Kind.OVERDUE: Sign(icon="alert-triangle"),
    Kind.ESCALATED: Sign(icon="alert-triangle"),
    Kind.NUDGED: Sign(icon="bell-ringing"),
    Kind.COPIED: Sign(icon="copy"),
    Kind.MENTIONED: Sign(icon="at"),
    Kind.LIMIT_SOON: Sign(icon="clock"),
    Kind.LIMIT_MISSED: Sign(icon="alert-triangle"),
    Kind.INCIDENT: Sign(icon="alert-circle"),
    Kind.MESSAGE: Sign(icon="message"),
    Kind.START_FAILED: Sign(icon="alert-circle"),
    Kind.MONTH_PACK: Sign(icon="report"),
}
#: data of a row that are wording of a diagram
_WORDING = ("limit",)
#: kinds that are over once somebody has the item
_FOR_THE_TAKING = (Kind.OPENED, Kind.RETURNED)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the list."""

    row: NotificationRow
    text: str
    icon: str
    kind_name: str
    #: what has become of it meanwhile, where it is of no more use
    since: str


def tell(row: NotificationRow) -> Told:
    """The line."""
    wording = WORDINGS[row.kind]
    data: dict[str, Any] = dict(row.data)
    if row.definition_id is not None:
        data.update({name: worded(str(data[name]), row.definition_id) for name in _WORDING if name in data})
    step = worded(row.step, row.definition_id) if row.definition_id is not None else row.step
    fields = {**data, "step": step, "case": row.case, "by": row.by or gettext("系統"), "role": role_name(row.role)}
    # what is about no case has nothing before its colon
    return Told(row, gettext(wording.sentence, **fields).lstrip("：: "), SIGNS[row.kind].icon, gettext(wording.name), _since(row))


def address(row: NotificationRow) -> str:
    """The page that it is about: the item while it can be done, else the case, else the list."""
    if row.work_item_id is not None and row.is_live:
        return flask.url_for("work_item.show", work_item_id=row.work_item_id)
    if row.instance_id is not None:
        return flask.url_for("cases.show", instance_id=row.instance_id)
    if row.kind is Kind.MONTH_PACK:
        return flask.url_for("month_pack.show", month=str(row.data.get("month", "")))
    return flask.url_for("notifications.overview")


def _since(row: NotificationRow) -> str:
    if row.is_live is False:
        return gettext("已辦結或撤回")
    if row.kind in _FOR_THE_TAKING and row.holder_id is not None and row.holder_id != session.actor().user_id:
        return gettext("已由{name}簽收", name=row.holder or "—")
    return ""
