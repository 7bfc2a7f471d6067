"""The manual beside a draft: its clauses with what carries them out, its limits; both changed by their fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.designing import manual, manual_editing
from engine.designing.manual import ClauseState, LimitState
from engine.designing.manual_editing import LIMIT_KEYS, ClauseText
from engine.errors import FieldError, FormInvalidError
from engine.i18n import SOURCE_LOCALE, translate
from engine.limit_rules import FILE as LIMITS
from engine.permissions import require
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.clauses import Clause
from webui.api import draft_manual_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.designing import draft_view
from webui.api.problems import finding_view

calls = Calls("draft_manual", "The written manual beside a draft", scope="design")

_DRAFT = f"/drafts/<{ID}:draft_id>"


@calls.command(f"{_DRAFT}/manual", takes=schemas.Unsaved, gives=schemas.ManualView, limit="deploy_bytes")
def look_at_manual(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Each clause with what carries it out and which scenarios show it, and each limit, as the draft would be with what isn't saved yet."""
    unsaved = {path: text.encode() for path, text in body["files"].items()}
    found = manual.look(call.runtime, call.uow, call.actor, draft_id, unsaved)
    return {
        "clauses": [_clause(each, call.locale) for each in found.clauses], "limits": [_limit(each) for each in found.limits],
        "known": [{"number": each.number, "text": _worded(each, call.locale)} for each in found.known],
        "steps": [dataclasses.asdict(place) for place in found.steps], "home": found.home,
        "findings": [finding_view(each, call.locale) for each in found.findings],
        "clauses_revision": found.revisions.get(CLAUSES, 0), "limits_revision": found.revisions.get(LIMITS, 0),
    }


@calls.command(f"{_DRAFT}/manual/clauses", takes=schemas.PutClause, gives=schemas.ProcedureDraft, method="PUT")
def put_draft_clause(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Change a clause, or add one; what a step names isn't renumbered."""
    require(call.actor, "procedure:design")
    wanted = ClauseText(**body["clause"])
    return draft_view(manual_editing.put_clause(call.runtime, call.uow, call.actor, draft_id, body["number"], wanted, body["revision"]))


@calls.command(f"{_DRAFT}/manual/clauses", query=schemas.ClauseQuery, gives=schemas.ProcedureDraft, method="DELETE")
def remove_draft_clause(call: Call, query: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Take a clause out that nothing names."""
    require(call.actor, "procedure:design")
    return draft_view(
        manual_editing.remove_clause(call.runtime, call.uow, call.actor, draft_id, query["number"], query["revision"]))


@calls.command(f"{_DRAFT}/manual/limits", takes=schemas.PutLimit, gives=schemas.ProcedureDraft, method="PUT")
def put_draft_limit(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Change a limit, or add one. One that counts already changes only from a day on, beside its old entry."""
    require(call.actor, "procedure:design")
    key = None if body["id"] is None else (body["id"], _moment(body["effective_from"], "effective_from"))
    return draft_view(
        manual_editing.put_limit(call.runtime, call.uow, call.actor, draft_id, key, _values(body["values"]), body["revision"]))


@calls.command(f"{_DRAFT}/manual/limits", query=schemas.LimitEntryQuery, gives=schemas.ProcedureDraft, method="DELETE")
def remove_draft_limit(call: Call, query: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Take a limit out; what it measured stays."""
    require(call.actor, "procedure:design")
    key = (query["id"], _moment(query.get("effective_from"), "effective_from"))
    return draft_view(manual_editing.remove_limit(call.runtime, call.uow, call.actor, draft_id, key, query["revision"]))


def _clause(state: ClauseState, locale: str) -> dict[str, Any]:
    clause, reason = state.clause, state.clause.reason or {}
    return {
        "number": clause.number, "text": _worded(clause, locale), "zh_hant": clause.texts.get(SOURCE_LOCALE, ""),
        "en": clause.texts.get("en", ""), "is_executable": clause.is_executable, "reason_zh_hant": reason.get(SOURCE_LOCALE, ""),
        "reason_en": reason.get("en", ""), "places": [dataclasses.asdict(place) for place in state.places], "limits": state.limits,
        "scenarios": state.scenarios, "lacks_carrier": state.lacks_carrier, "lacks_scenario": state.lacks_scenario,
    }


def _worded(clause: Clause, locale: str) -> str:
    return clause.texts.get(locale) or translate(locale, clause.texts.get(SOURCE_LOCALE, ""))


def _limit(state: LimitState) -> dict[str, Any]:
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in state.values.items() if name in LIMIT_KEYS}
    return {"id": state.id, "effective_from": state.effective_from.isoformat() if state.effective_from else None, "values": values,
            "is_deployed": state.is_deployed}


def _values(sent: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in sent.items() if value not in (None, "", [])}
    for name in ("from", "to", "needs", "act", "void", "cancel", "pause", "resume"):
        if isinstance(values.get(name), list) and len(values[name]) == 1:
            values[name] = values[name][0]
    return {**values, "effective_from": _moment(sent.get("effective_from"), "effective_from")}


def _moment(text: str | None, field: str) -> date | None:
    """As TOML has it. FormInvalidError for what is no day."""
    try:
        return None if not text else datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError as error:
        raise FormInvalidError([FieldError(field, "date", "請填日期，例如 2026-01-31。", {})]) from error
