"""Checks a draft as it is drawn: the same reader and the same rules as a deployment, and what the procedure's files say of each other.

Nothing is stored, and no scenario is played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine import definitions
from engine.designing import contents, drafts
from engine.errors import Finding
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.clauses import by_clause, carriers, read_clauses, unknown_carried, without_carrier
from engine.scenarios.consistency import Contents, unknown_fields, unused_files

#: rule → the property (or, for the editor, the field) that its finding is about, where the finding doesn't name one
_FIELDS = {
    "unknown-form": "form", "unknown-record": "record", "unknown-role": "role", "lane-without-role": "role",
    "user-task-without-role": "candidate_roles",
    "unknown-called-process": "called", "unknown-operator": "operator", "service-without-operator": "operator",
    "decision-missing": "decision",
    "decision-without-default": "condition", "flow-without-condition": "condition", "condition-on-only-flow": "condition",
    "script-missing": "script", "bad-script": "script", "bad-signature-rule": "signature_rule", "unknown-signature-field": "signature",
    "generated-id": "id", "clauses": "clause", "bad-due": "due",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DraftFinding:
    """One thing that was found, and where the editor leads for it."""

    finding: Finding
    #: property of the element; None where it isn't about one
    field: str | None


def check(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, unsaved: Mapping[str, bytes] | None = None) -> list[DraftFinding]:
    """What is wrong with what the draft holds, `unsaved` files laid over it; errors first."""
    drafts.get(uow, actor, draft_id)
    files = {**drafts.files(uow, draft_id), **(unsaved or {})}
    contents.require_room(runtime, files)
    found = sorted(_findings(runtime, uow, files), key=lambda each: each.severity != "error")
    return [DraftFinding(each, _field_of(each)) for each in found]


def _findings(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> Sequence[Finding]:
    known = definitions.known_diagrams(runtime, uow)
    package = runtime.reader.read(files, runtime.settings, known, runtime.organisation, runtime.signatures())
    if not package.processes and package.is_refused:
        return package.findings
    return [*package.findings, *_between_files(runtime, uow, files)]


def _between_files(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """As warnings: a draft is on its way, and a deployment doesn't refuse for them."""
    held = Contents.read(files)
    clauses, broken = read_clauses(files.get(CLAUSES, b""))
    carried = carriers(held.diagrams.values(), held.limits)
    # forms of the procedures around it are read by its expressions too
    others = (definitions.content(runtime, uow, info.id) for info in definitions.list_latest(runtime, uow))
    around = {key: form for other in others for key, form in other.forms.items()}
    found = [*broken, *unused_files(held), *unknown_fields(held, {**around, **held.forms}),
             *unknown_carried(carried, {clause.number for clause in clauses}), *without_carrier(clauses, by_clause(carried))]
    for each in found:
        yield Finding(each.rule, "warning", each.element_id, each.sentence, each.data, each.file)


def _field_of(finding: Finding) -> str | None:
    named = finding.data.get("property")
    return str(named) if named else _FIELDS.get(finding.rule)
