"""Forms and registers of a draft while they are edited: what is wrong, where fields are used, words in the other languages."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.designing import drafts, form_editing, register_editing
from engine.designing.form_editing import FormState
from engine.i18n import describe_finding, translate
from engine.permissions import require
from webui.api import draft_form_schemas as schemas
from webui.api.calls import ID, Call, Calls

calls = Calls("draft_forms", "Forms of a draft while they are edited", scope="design")

_DRAFT = f"/drafts/<{ID}:draft_id>"


@calls.command(f"{_DRAFT}/forms/<string(maxlength=60):key>", takes=schemas.FormText, gives=schemas.FormStateView)
def look_at_form(call: Call, body: dict[str, Any], draft_id: int, key: str) -> dict[str, Any]:
    """What is wrong with a form's text, where its fields are used, and its words; nothing is stored."""
    return _state(form_editing.look(call.runtime, call.uow, call.actor, draft_id, key, body["text"]), call.locale)


@calls.command(f"{_DRAFT}/words", takes=schemas.PutWords, gives=schemas.WordsSaved, method="PUT")
def put_draft_words(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Write English of source texts into the procedure's catalogue."""
    require(call.actor, "procedure:design")
    words = {each["source"]: each["english"] for each in body["words"]}
    saved = form_editing.put_english(call.runtime, call.uow, call.actor, draft_id, words)
    return {"revision": drafts.get(call.uow, call.actor, saved.id).revision}


@calls.command(f"{_DRAFT}/registers/<string(maxlength=60):key>", takes=schemas.RegisterChange, gives=schemas.RegisterTextView)
def write_register(call: Call, body: dict[str, Any], draft_id: int, key: str) -> dict[str, Any]:
    """A register's text with other values, and what is wrong with it; nothing is stored."""
    columns = None if body["columns"] is None else [(each.pop("place"), each) for each in body["columns"]]
    done = register_editing.write(call.runtime, call.uow, call.actor, draft_id, key, body["text"], body["head"], columns)
    return {"text": done.text, "head": done.head, "columns": done.columns,
            "problems": [describe_finding(each, call.locale) for each in done.findings]}


def _state(state: FormState, locale: str) -> dict[str, Any]:
    problem = state.problem
    return {
        "problem": None if problem is None else {
            "path": str(problem.data.get("path", "")), "message": translate(locale, str(problem.data.get("reason", "")))},
        "words": [dataclasses.asdict(word) for word in state.words],
        "usages": {field: [dataclasses.asdict(each) for each in used] for field, used in state.usages.items()},
    }
