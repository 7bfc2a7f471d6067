"""Answers the queue of a phone: what became of something that was submitted earlier, in words that can be shown much later.

A refusal carries what was typed beside what stands, field by field, so that nothing a person did without a network is lost or has to
be remembered.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import instances
from engine.errors import FormInvalidError, GuichengError
from engine.forms import Form
from engine.forms.model import Field, FieldKind
from engine.forms.privacy import covered
from engine.i18n import describe_field_error
from engine.model import Actor, JsonObject
from engine.queries import work_items as queries
from engine.queries.work_items import WorkItemRow
from engine.steps import StepResult
from webui.display import moment
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import catalogue, worded

#: how long ago it was done, in seconds by the phone's own clock, which need not be right: only the difference counts
AGO_HEADER = "X-Done-Ago"
#: what is sent sooner than this was done now
_NOW = timedelta(seconds=60)
_LONGEST = timedelta(days=60)


def at_the_time(actor: Actor) -> Actor:
    """The actor, with the time at which it was done where the phone sends it later. What the form itself says goes before."""
    text = flask.request.headers.get(AGO_HEADER, "")
    if actor.claimed_at is not None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return actor
    ago = timedelta(seconds=int(text))
    return dataclasses.replace(actor, claimed_at=runtime_of().clock.now() - ago) if _NOW <= ago <= _LONGEST else actor


def sent(result: StepResult | None, name: str, definition_id: int) -> ResponseReturnValue:
    """It was done."""
    said = gettext("已提交「{name}」。", name=worded(name, definition_id))
    if result is not None and result.incident_id is not None:
        said = gettext("「{name}」已收到，但系統在下一步出錯，主管會處理。您填寫的內容已保存，不必重填。", name=worded(name, definition_id))
    following = []
    for work_item_id in result.new_work_items[:3] if result is not None else ():
        item = queries.find(current(), work_item_id)
        following.append({
            "name": worded(item.name, item.definition_id), "address": flask.url_for("work_item.show", work_item_id=work_item_id),
        })
    return {"said": said, "next": following}


def refused(
    error: GuichengError, item: WorkItemRow, form: Form | None, definition_id: int, variables: JsonObject, *, is_step: bool = True
) -> ResponseReturnValue:
    """It was not done: 409 where somebody or something was faster, 422 where the form has to be mended.

    `item` is the step's own, or where `is_step` is false another one of the case, which has not come to the step.
    """
    data = instances.inspect(runtime_of(), current(), item.instance_id).variables
    stands = data.get(form.key) if form is not None and status(error) == 409 else None
    body: dict[str, Any] = {
        "problem": describe_error(error), "case": item.instance_id, "typed": _pairs(form, variables, definition_id),
        "standing": _pairs(form, covered(form, stands), definition_id) if form is not None and isinstance(stands, dict) else [],
        "by": item.completed_by_name or item.assignee_name or "",
        "at": moment(item.completed_at) if item.completed_at is not None else "",
    }
    if is_step and item.is_live:
        body["address"] = flask.url_for("work_item.show", work_item_id=item.id)
    if isinstance(error, FormInvalidError):
        words = catalogue(definition_id)
        body["errors"] = [describe_field_error(each, current_locale(), words) for each in error.errors]
    return body, status(error)


def _pairs(form: Form | None, values: JsonObject, definition_id: int) -> list[tuple[str, str]]:
    """Label and value of every field that holds something; a value that the form does not understand is shown as it was typed."""
    shown = []
    for field in form.fields if form is not None else ():
        text = _text(field, values.get(field.name), definition_id)
        if text:
            shown.append((worded(field.title, definition_id), text))
    return shown


def _text(field: Field, value: Any, definition_id: int) -> str:
    if value in (None, "", []):
        return ""
    if field.kind is FieldKind.SIGNATURE:
        return str(value.get("signer") or "") if isinstance(value, dict) else ""
    if field.kind in (FieldKind.PHOTOS, FieldKind.FILES) and isinstance(value, list):
        return gettext("{n} 個檔案", n=len(value))
    if field.kind is FieldKind.ROWS and isinstance(value, list):
        rows = ("、".join(filter(None, (_text(each, row.get(each.name), definition_id) for each in field.columns))) for row in value)
        return "\n".join(filter(None, rows))
    if isinstance(value, bool):
        return gettext("是" if value else "否")
    if isinstance(value, dict):
        return str(value.get("label") or value.get("id") or "")
    if field.kind is FieldKind.DATE_TIME:
        # as the field shows it, to the minute
        return str(value).replace("T", " ")[:16]
    labels = {str(choice.value): worded(choice.title, definition_id) for choice in field.choices}
    entries = value if isinstance(value, list) else [value]
    return "、".join(labels.get(str(entry), str(entry)) for entry in entries)
