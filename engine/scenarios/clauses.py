"""The manual's clauses of a procedure: reads clauses.toml, and holds clauses, elements, limits and scenarios against each other."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.diagram import Diagram
from engine.errors import Finding
from engine.limit_rules import Limit
from engine.scenarios.report import Outcome

#: the file inside a deployment
FILE = "clauses.toml"
_RULE = "clauses"
_KEYS = frozenset({"number", "zh-Hant", "en", "executable", "reason"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the manual, in our own words."""

    #: procedure and number, e.g. `repair 4.2.1`
    number: str
    #: locale → text
    texts: Mapping[str, str]
    #: False for one that asks for nothing that can be done: a purpose, a chart
    is_executable: bool = True
    #: locale → why not
    reason: Mapping[str, str] | None = None


def read_clauses(raw: bytes) -> tuple[list[Clause], list[Finding]]:
    """The clauses, and what is wrong with the file."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [_finding("clauses.toml 不是有效的 TOML 檔：{reason}", reason=str(error))]
    findings = [_finding("clauses.toml 有未知的設定「{key}」。", key=key) for key in sorted(document.keys() - {"clause"})]
    entries = document.get("clause", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [*findings, _finding("「clause」應寫成 [[clause]]。")]
    clauses: dict[str, Clause] = {}
    for place, entry in enumerate(entries, 1):
        number = str(entry.get("number", "")).strip()
        findings += _wrong(entry, number or f"#{place}")
        if number in clauses:
            findings.append(_finding("條款「{number}」重複。", number=number))
        if number:
            clauses[number] = _clause(entry, number)
    return list(clauses.values()), findings


def _clause(entry: Mapping[str, Any], number: str) -> Clause:
    reason = entry.get("reason")
    texts = {locale: str(entry.get(locale, "")) for locale in ("zh-Hant", "en")}
    return Clause(number, texts, entry.get("executable", True) is not False, reason if isinstance(reason, dict) else None)


def _wrong(entry: Mapping[str, Any], number: str) -> Iterator[Finding]:
    for key in sorted(entry.keys() - _KEYS):
        yield _finding("條款「{number}」有未知的設定「{key}」。", number=number, key=key)
    if not entry.get("number"):
        yield _finding("條款「{number}」缺少編號（number）。", number=number)
    for locale in ("zh-Hant", "en"):
        if not isinstance(entry.get(locale), str) or not entry[locale].strip():
            yield _finding("條款「{number}」缺少 {locale} 的文字。", number=number, locale=locale)
    if entry.get("executable") is False:
        reason = entry.get("reason")
        if not isinstance(reason, dict) or not all(isinstance(reason.get(locale), str) for locale in ("zh-Hant", "en")):
            yield _finding("條款「{number}」不執行，須以 zh-Hant 和 en 說明原因（reason）。", number=number)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Something that carries a clause out: `process/element`, a limit, or a process as a whole."""

    name: str
    clauses: tuple[str, ...]


def carriers(diagrams: Iterable[Diagram], limits: Iterable[Limit]) -> list[Carrier]:
    """Everything that names clauses."""
    found: list[Carrier] = []
    for diagram in diagrams:
        own = tuple(part.strip() for part in diagram.properties.get("clause", "").replace("，", ",").split(",") if part.strip())
        found.append(Carrier(diagram.process_id, own))
        found += [Carrier(f"{diagram.process_id}/{element.id}", element.clauses) for element in diagram.elements.values()]
    found += [Carrier(limit.full_id, limit.clauses) for limit in limits]
    return [carrier for carrier in found if carrier.clauses]


def by_clause(carried: Iterable[Carrier]) -> dict[str, list[str]]:
    """Clause → the names of what carries it out."""
    found: dict[str, list[str]] = {}
    for carrier in carried:
        for number in carrier.clauses:
            found.setdefault(number, []).append(carrier.name)
    return found


def unknown_carried(carried: Iterable[Carrier], known: Collection[str]) -> Iterator[Finding]:
    """Clauses that elements and limits name and that there are none of. `known`: the numbers at hand; a chapter of which nothing is at
    hand is taken on trust."""
    for carrier in carried:
        for number in carrier.clauses:
            if _is_unknown(number, known):
                element = carrier.name.partition("/")[2] or None
                yield _finding("「{carrier}」所引的條款「{number}」不存在。", element, carrier=carrier.name, number=number)


def cited(outcomes: Iterable[Outcome], carriers_of: Mapping[str, Collection[str]], known: Collection[str]) -> Iterator[Finding]:
    """Clauses that scenarios cite wrongly: there are none, or the scenario went past whatever carries them out."""
    for outcome in outcomes:
        for number in outcome.scenario.clauses:
            if _is_unknown(number, known):
                yield _in_scenario(outcome, "error", "情境所引的條款「{number}」不存在。", number)
            elif outcome.is_passed and not _shows(outcome, carriers_of.get(number, ())):
                yield _in_scenario(outcome, "warning", "情境引了條款「{number}」，卻沒有經過執行它的步驟或時限。", number)


def uncovered(clauses: Iterable[Clause], carriers_of: Mapping[str, Collection[str]], outcomes: Iterable[Outcome]) -> Iterator[Finding]:
    """Executable clauses that nothing carries out, or that no passing scenario cites."""
    shown = {number for outcome in outcomes if outcome.is_passed for number in outcome.scenario.clauses}
    clauses = list(clauses)
    yield from without_carrier(clauses, carriers_of)
    for clause in clauses:
        if clause.is_executable and clause.number not in shown:
            yield _finding("條款「{number}」沒有通過的情境涵蓋：{text}", number=clause.number, text=clause.texts["zh-Hant"])


def without_carrier(clauses: Iterable[Clause], carriers_of: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Executable clauses that nothing carries out."""
    for clause in clauses:
        if clause.is_executable and clause.number not in carriers_of:
            yield _finding("條款「{number}」沒有步驟或時限執行：{text}", number=clause.number, text=clause.texts["zh-Hant"])


def _is_unknown(number: str, known: Collection[str]) -> bool:
    return number not in known and number.partition(" ")[0] in {each.partition(" ")[0] for each in known}


def _shows(outcome: Outcome, names: Iterable[str]) -> bool:
    processes = {mark.partition("/")[0] for mark in outcome.passed}
    return any(name in outcome.passed or name in outcome.limits or name in processes for name in names)


def _in_scenario(outcome: Outcome, severity: str, sentence: str, number: str) -> Finding:
    return Finding(_RULE, severity, None, sentence, {"number": number}, outcome.scenario.file)


def _finding(sentence: str, element_id: str | None = None, **data: object) -> Finding:
    return Finding(_RULE, "error", element_id, sentence, data, FILE)
