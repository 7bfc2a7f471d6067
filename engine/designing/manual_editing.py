"""Changes a draft's clauses and limits by their fields: what names something that isn't there is refused beside its field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine import limit_reading, limit_rules
from engine.designing import drafts, manual, saving
from engine.designing.drafts import Draft
from engine.designing.manual import ClauseState, Manual
from engine.designing.saving import Edit
from engine.designing.toml_text import Entries
from engine.errors import ConflictError, FieldError, Finding, FormInvalidError, NotFoundError
from engine.limit_rules import LimitsInvalidError
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.consistency import Contents

#: keys of a limit, in the order in which a new one is written
LIMIT_KEYS = (
    "id", "name", "kind", "clause", "from", "to", "needs", "needs_when", "void", "act", "target", "by_day", "calendar", "scope", "when",
    "met", "apart", "exclude", "value", "cancel", "pause", "resume", "warn", "escalate_to", "every", "each", "category", "effective_from",
)  # fmt: skip
#: they may change without changing what is measured
_BESIDE = frozenset({"name", "clause", "warn", "escalate_to"})
_NUMBER = re.compile(r"[a-z][a-z0-9_]* \S{1,40}")
#: keys that sentences quote without naming them apart
_QUOTED = ("by_day", "effective_from", "category", "target", "pause", "every", "from")
_LONGEST = 2_000


class ClauseCarriedError(ConflictError):
    """Expected a clause that nothing names."""

    code = "clause_carried"
    sentence = "條款「{number}」還有 {count} 處引用，請先更改：{where}"


@dataclass(frozen=True, slots=True)
class ClauseText:
    """A clause as somebody filled it in."""

    number: str
    zh_hant: str
    en: str
    is_executable: bool = True
    #: why it isn't carried out
    reason_zh_hant: str = ""
    reason_en: str = ""

    def values(self) -> dict[str, Any]:
        """By key of the file, in its order."""
        reason = {"zh-Hant": self.reason_zh_hant, "en": self.reason_en}
        return {"number": self.number, "zh-Hant": self.zh_hant, "en": self.en, "executable": None if self.is_executable else False,
                "reason": None if self.is_executable else reason}


def put_clause(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, number: str | None, wanted: ClauseText, revision: int
) -> Draft:
    """Change the clause of that number, or with None add one. `revision`: of clauses.toml as its author saw it.

    FormInvalidError by field; ClauseCarriedError for a new number while something names the old one.
    """
    drafts.open_for_writing(uow, actor, draft_id)
    entries, held = _entries(uow, draft_id, "clause", CLAUSES), manual.look(runtime, uow, actor, draft_id)
    there = [str(entry.get("number", "")).strip() for entry in entries.values]
    if errors := list(_wrong_clause(wanted, {each for each in there if each != number})):
        raise FormInvalidError(errors)
    if number is None:
        entries.add({key: value for key, value in wanted.values().items() if value is not None})
    else:
        if wanted.number != number:
            _require_free(held, number)
        entries.change(_position(there, number), wanted.values())
    return saving.save(runtime, uow, actor, draft_id, [Edit(CLAUSES, entries.written(), revision)])


def remove_clause(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, number: str, revision: int) -> Draft:
    """Take a clause out. ClauseCarriedError while a step, a limit or a scenario names it."""
    drafts.open_for_writing(uow, actor, draft_id)
    entries = _entries(uow, draft_id, "clause", CLAUSES)
    at = _position([str(entry.get("number", "")).strip() for entry in entries.values], number)
    _require_free(manual.look(runtime, uow, actor, draft_id), number)
    entries.remove(at)
    return saving.save(runtime, uow, actor, draft_id, [Edit(CLAUSES, entries.written(), revision)])


def put_limit(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: tuple[str, date | None] | None, values: Mapping[str, Any],
    revision: int,
) -> Draft:
    """Change the limit of that id and day, or with None add one. `values` by key of the file; None and empty leave a key out.

    A limit that counts already is never changed in what it measures: with another day from which it counts it is written beside the old
    one, which closed months keep. FormInvalidError by field.
    """
    draft = drafts.open_for_writing(uow, actor, draft_id)
    entries = _entries(uow, draft_id, "limit", limit_rules.FILE)
    wanted = {name: values.get(name) or None for name in LIMIT_KEYS}
    if key is None:
        entries.add({name: value for name, value in wanted.items() if value is not None})
    else:
        at = _position([(entry.get("id"), entry.get("effective_from")) for entry in entries.values], key)
        before = entries.values[at]
        changed = {name: value for name, value in wanted.items() if not _is_same(before.get(name), value)}
        if key in manual.deployed_limits(uow, draft.base_deployment_id) and changed.keys() - _BESIDE:
            _require_day(runtime, before, wanted, changed)
            entries.copy(at, changed)
        else:
            entries.change(at, changed)
    written = entries.written()
    files = {**drafts.files(uow, draft_id), limit_rules.FILE: written}
    if errors := list(_wrong_limit(runtime, uow, actor, draft_id, files, wanted)):
        raise FormInvalidError(errors)
    return saving.save(runtime, uow, actor, draft_id, [Edit(limit_rules.FILE, written, revision)])


def remove_limit(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: tuple[str, date | None], revision: int) -> Draft:
    """Take a limit out of the file; what it measured stays."""
    drafts.open_for_writing(uow, actor, draft_id)
    entries = _entries(uow, draft_id, "limit", limit_rules.FILE)
    entries.remove(_position([(entry.get("id"), entry.get("effective_from")) for entry in entries.values], key))
    return saving.save(runtime, uow, actor, draft_id, [Edit(limit_rules.FILE, entries.written(), revision)])


def _entries(uow: UnitOfWork, draft_id: int, table: str, path: str) -> Entries:
    return Entries(drafts.files(uow, draft_id).get(path, b""), table, path)


def _position(there: Sequence[Any], wanted: Any) -> int:
    if wanted not in there:
        raise NotFoundError(kind="條款", id=wanted if isinstance(wanted, str) else wanted[0])
    return there.index(wanted)


def _is_same(before: Any, value: Any) -> bool:
    # one happening may be written as a text or as a list of one
    return bool(before == value or ([before] if isinstance(before, str) else before) == value)


def _wrong_clause(wanted: ClauseText, taken: Collection[str]) -> Iterator[FieldError]:
    if not _NUMBER.fullmatch(wanted.number):
        yield FieldError("number", "pattern", "請寫成「流程 編號」，例如 repair 4.2.1。", {})
    elif wanted.number in taken:
        yield FieldError("number", "taken", "已有條款「{number}」。", {"number": wanted.number})
    needed = {"zh_hant": wanted.zh_hant, "en": wanted.en}
    if not wanted.is_executable:
        needed |= {"reason_zh_hant": wanted.reason_zh_hant, "reason_en": wanted.reason_en}
    for name, text in needed.items():
        if not text.strip() or len(text) > _LONGEST:
            yield FieldError(name, "required", "請填寫，最多 {most} 個字。", {"most": _LONGEST})


def _require_free(held: Manual, number: str) -> None:
    state: ClauseState | None = next((each for each in held.clauses if each.clause.number == number), None)
    if state is None:
        return
    where = [*(place.name or place.element_id or place.process for place in state.places if place.file is not None),
             *(each.id for each in held.limits if number in _listed(each.values.get("clause"))), *state.scenarios]
    if where:
        raise ClauseCarriedError(number=number, count=len(where), where="、".join(where[:8]))


def _listed(text: Any) -> list[str]:
    return [part.strip() for part in str(text or "").split(",") if part.strip()]


def _require_day(runtime: Runtime, before: Mapping[str, Any], wanted: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    day, today = wanted["effective_from"], runtime.today()
    if changed.get("id"):
        raise FormInvalidError([FieldError("id", "fixed", "這項時限已經在計算，代碼不能改；要量別的東西，請新增一項。", {})])
    if "effective_from" not in changed or day is None:
        raise FormInvalidError([FieldError("effective_from", "required", "這項時限已經在計算：請填新的要求從哪一天起算，之前的照舊。", {})])
    first = day.date() if isinstance(day, datetime) else day
    old = before.get("effective_from")
    last = old.date() if isinstance(old, datetime) else old
    if first < today or (last is not None and first <= last):
        sentence = "請填 {day} 或之後的日期：已過去的日子照當時的要求計算。"
        raise FormInvalidError([FieldError("effective_from", "past", sentence, {"day": max(today, last or today).isoformat()})])


def _wrong_limit(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, files: Mapping[str, bytes], wanted: Mapping[str, Any]
) -> Iterator[FieldError]:
    held = Contents.read({name: raw for name, raw in files.items() if name != limit_rules.FILE})
    known = {clause.number for clause in manual.look(runtime, uow, actor, draft_id).known}
    for number in _listed(wanted["clause"]):
        if number not in known:
            yield FieldError("clause", "unknown", "沒有條款「{number}」。", {"number": number})
    elements = {key: set(diagram.elements) for key, diagram in held.diagrams.items()}
    elements |= {diagram.process_id: set(diagram.elements) for diagram, _, _ in manual.others(runtime, uow, held.diagrams)}
    home = limit_rules.home_of({key: diagram.called for key, diagram in held.diagrams.items()}) if held.diagrams else ""
    try:
        limits = limit_reading.read_limits(files[limit_rules.FILE], home)
    except LimitsInvalidError as error:
        for finding in error.findings:
            if finding.data.get("id") in (wanted["id"], None):
                yield _beside(finding)
        return
    mine = [limit for limit in limits if limit.id == wanted["id"]]
    for finding in limit_rules.check_references(mine, elements, runtime.organisation.roles):
        yield _beside(finding, wanted)


def _beside(finding: Finding, wanted: Mapping[str, Any] | None = None) -> FieldError:
    """Beside the field that the sentence is about: by its key, by the value that it complains of, or by the key that it quotes."""
    named = finding.data.get("key")
    if named not in LIMIT_KEYS and wanted is not None:
        culprits = {str(value) for name, value in finding.data.items() if name in ("element", "process", "role", "each")}
        named = next((name for name in LIMIT_KEYS if name != "id" and any(
            culprit in text for culprit in culprits for text in _texts(wanted[name]))), None)
    if named not in LIMIT_KEYS:
        named = next((name for name in _QUOTED if name in finding.sentence), "id")
    return FieldError(str(named), finding.rule, finding.sentence, finding.data)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
