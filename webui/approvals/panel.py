"""Gathers what pages show of a case's signature chains: rounds, signers, opinions, and whether what was signed is still as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from engine import signatures
from engine.diagram import Element
from engine.forms import Form
from engine.forms.display import field_at
from engine.model import Actor, WorkItemState
from engine.permissions import may
from engine.queries import approvals as queries
from engine.queries.approvals import PartRow
from engine.signature_rules import UNDECIDED, PartState
from webui.display import role_name
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import called_by, content, texts, worded

#: signature → paths of what has changed since
Changes = Mapping[int, tuple[str, ...]]

STATES = {
    PartState.WAITING: "未輪到", PartState.PENDING: "待簽署", PartState.APPROVED: "已同意", PartState.REFUSED: "未同意",
    PartState.SENT_BACK: "已退回", PartState.REMOVED: "已減簽", PartState.SUPERSEDED: "不再需要", PartState.SKIPPED: "無需簽署",
}
_LOOKS = {
    PartState.PENDING: "chip-info", PartState.APPROVED: "chip-good", PartState.REFUSED: "chip-late", PartState.SENT_BACK: "chip-late",
}


@dataclass(frozen=True, slots=True)
class Signer:
    """One signer's line."""

    row: PartRow
    #: what the signer is called
    title: str
    state_words: str
    look: str
    #: labels of what has changed since it was signed; None where nothing was drawn
    changed: tuple[str, ...] | None
    may_withdraw: bool
    may_remove: bool
    may_nudge: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One time that a chain was signed."""

    number: int
    signers: tuple[Signer, ...]
    is_running: bool


@dataclass(frozen=True, slots=True)
class ChainView:
    """The chain of one element, newest round first."""

    name: str
    rule: str
    rounds: tuple[Round, ...]


@dataclass(frozen=True, slots=True)
class SignatureNote:
    """A drawn signature outside chains, and what has changed since."""

    signer: str
    step: str
    row: queries.SignatureRow
    changed: tuple[str, ...]


def chains(
    actor: Actor, instance_id: int, site_id: int | None, data: Mapping[str, Any], element_id: str | None = None
) -> tuple[ChainView, ...]:
    """The case's chains, or those of one element. Two statements, and none more where there is no chain."""
    rows = queries.of_instance(current(), instance_id, element_id)
    if not rows:
        return ()
    changed = signatures.changes_since(runtime_of(), current(), instance_id, data)
    views = []
    for (definition_id, element), of_element in groupby(rows, key=lambda row: (row.definition_id, row.element_id)):
        views.append(_chain(actor, site_id, definition_id, element, tuple(of_element), changed))
    return tuple(views)


def signature_notes(
    instance_id: int, data: Mapping[str, Any], definition_id: int, *, with_chains: bool = False
) -> tuple[SignatureNote, ...]:
    """Of each signed field the last signature, with what has changed since. Those of chains stand with their signers on a case's page."""
    changed = signatures.changes_since(runtime_of(), current(), instance_id, data)
    if not changed:
        return ()
    homes = (definition_id, *called_by(instance_id))
    last = {
        (row.token if "." in row.token else row.element_id, row.field): row
        for row in queries.signatures(current(), instance_id) if with_chains or "." not in row.token
    }
    return tuple(_note(row, changed.get(row.id, ()), homes) for row in last.values())


def _note(row: queries.SignatureRow, paths: tuple[str, ...], homes: tuple[int, ...]) -> SignatureNote:
    home = next((each for each in homes if row.element_id in content(each).diagram.elements), homes[0])
    element = content(home).diagram.elements.get(row.element_id)
    step = worded(element.name, home) if element is not None and element.name else row.element_id
    forms = {key: form for each in reversed(homes) for key, form in content(each).forms.items()}
    return SignatureNote(row.signer, step, row, _labels(paths, forms, home))


def _chain(
    actor: Actor, site_id: int | None, definition_id: int, element_id: str, rows: tuple[PartRow, ...], changed: Changes
) -> ChainView:
    held = content(definition_id)
    element = held.diagram.elements[element_id]
    rounds = []
    for (number, _token), parts in groupby(rows, key=lambda row: (row.round, row.token)):
        signers = tuple(_signer(actor, site_id, row, changed, held.forms) for row in parts)
        rounds.append(Round(number, signers, any(each.row.chain_state == WorkItemState.SIGNING for each in signers)))
    return ChainView(worded(element.name or element.id, definition_id), _rule(element), tuple(reversed(rounds)))


def _signer(
    actor: Actor, site_id: int | None, row: PartRow, changed: Changes, forms: Mapping[str, Form]
) -> Signer:
    state, runs = PartState(row.state), row.chain_state == WorkItemState.SIGNING
    mine = actor.user_id is not None and row.decided_by == actor.user_id
    may_remove = row.added_by is not None and row.added_by == actor.user_id
    return Signer(
        row=row, title=worded(row.name, row.definition_id) if row.name else role_name(row.role), state_words=gettext(STATES[state]),
        look=_LOOKS.get(state, ""),
        changed=None if row.signature_id is None else _labels(changed.get(row.signature_id, ()), forms, row.definition_id),
        may_withdraw=runs and mine and state is PartState.APPROVED,
        may_remove=runs and state in UNDECIDED and (may_remove or may(actor, "work-item:assign", site_id)),
        may_nudge=bool(row.is_live) and state is PartState.PENDING and may(actor, "work-item:nudge", site_id),
    )


def _labels(paths: Iterable[str], forms: Mapping[str, Form], definition_id: int) -> tuple[str, ...]:
    """What people call the fields."""
    found = []
    for path in paths:
        field, _beyond = field_at(path, forms)
        found.append(texts(definition_id).of(field.title) if field is not None else path)
    return tuple(found)


def _rule(element: Element) -> str:
    if element.signature_rule == "all":
        return gettext("全部同意才通過")
    if element.signature_rule == "first":
        return gettext("一人決定即可")
    return gettext("{count} 人同意即通過", count=element.signature_rule)
