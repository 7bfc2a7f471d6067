"""Two versions side by side: both pictures with what is different marked, and the list that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue
from lxml import etree
from markupsafe import Markup

from engine import definitions, proposals
from engine.comparison import Change, Comparison, ElementChange, compare
from engine.diagram import read_diagram
from engine.drawing import ElementMark, Status, draw
from engine.permissions import require
from webui import session
from webui.language import gettext
from webui.rollouts import wording
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

_STATUS = {Change.ADDED: Status.ADDED, Change.REMOVED: Status.REMOVED, Change.CHANGED: Status.CHANGED, Change.MOVED: Status.SHIFTED}
_BADGE = {Change.ADDED: "+", Change.REMOVED: "−", Change.CHANGED: "✎", Change.MOVED: "↔"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One process, before and after."""

    key: str
    name: str
    #: None where it isn't in that package
    before: Markup | None
    after: Markup | None
    changes: tuple[ElementChange, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    label: str
    #: of the version whose words name things; None for a package that is not deployed
    definition_id: int | None
    files: Mapping[str, bytes]


def versions(before_id: int, after_id: int) -> ResponseReturnValue:
    """Two deployed versions."""
    require(session.actor(), "process-definition:read")
    sides = [_version(each) for each in (before_id, after_id)]
    return flask.render_template("rollouts/compare.html", **laid_out(*sides), crumb=_crumb(before_id), proposal=None)


def of_proposal(proposal_id: int) -> ResponseReturnValue:
    """What is deployed, and a proposed package."""
    uow, actor = current(), session.actor()
    found = proposals.get(uow, actor, proposal_id)
    after = Side(gettext("提案 {id}", id=found.id), None, proposals.files(uow, actor, proposal_id))
    return flask.render_template(
        "rollouts/compare.html", **laid_out(_deployed(found), after), proposal=found, crumb=None)


def laid_out(before: Side, after: Side) -> dict[str, object]:
    """What the page shows."""
    comparison = compare(before.files, after.files)
    home = after.definition_id or before.definition_id
    return {
        "before": before, "after": after, "comparison": comparison, "wording": wording,
        "pairs": _pairs(before, after, comparison),
        "loose": [each for each in comparison.elements if not each.process_key],
        "name_of": lambda text: worded(text, home) if home else text,
    }


def _version(definition_id: int) -> Side:
    info = definitions.get(runtime_of(), current(), definition_id)
    label = gettext("第 {version} 版", version=info.version)
    return Side(label, definition_id, definitions.files_of(current(), info.deployment_id))


def _deployed(found: proposals.Proposal) -> Side:
    known = {info.key: info for info in definitions.list_latest(runtime_of(), current())}
    infos = [known[key] for key in found.keys if key in known]
    if not infos:
        return Side(gettext("尚未部署"), None, {})
    files: dict[str, bytes] = {}
    for deployment_id in dict.fromkeys(info.deployment_id for info in infos):
        files |= definitions.files_of(current(), deployment_id)
    shown = next((info for info in infos if info.key == found.procedure), infos[0])
    return Side(gettext("第 {version} 版（現行）", version=shown.version), shown.id, files)


def _crumb(definition_id: int) -> definitions.DefinitionInfo:
    return definitions.get(runtime_of(), current(), definition_id)


def _pairs(before: Side, after: Side, comparison: Comparison) -> list[Pair]:
    sides = [_diagrams(side) for side in (before, after)]
    keys = list(dict.fromkeys([*sides[1], *sides[0]]))
    pairs = []
    for key in keys:
        changes = tuple(each for each in comparison.elements if each.process_key == key)
        marks = [
            {each.element_id: _mark(each) for each in comparison.elements if each.process_key in (key, "") and each.change is not other}
            for other in (Change.ADDED, Change.REMOVED)
        ]
        drawn = [
            _draw(held.get(key), key, marked, side, f"{key}-{name}")
            for held, marked, side, name in zip(sides, marks, (before, after), ("before", "after"), strict=True)
        ]
        name = next((held[key][1] for held in (sides[1], sides[0]) if key in held), key)
        pairs.append(Pair(key, name, drawn[0], drawn[1], changes))
    return sorted(pairs, key=lambda pair: -len(pair.changes))


def _mark(change: ElementChange) -> ElementMark:
    return ElementMark(_STATUS[change.change], badge=_BADGE[change.change], title=wording.title_of(change))


def _diagrams(side: Side) -> dict[str, tuple[bytes, str]]:
    """Process → its file and what people call it; what cannot be read is not drawn."""
    found: dict[str, tuple[bytes, str]] = {}
    for name, body in side.files.items():
        if name.endswith(".bpmn"):
            try:
                found |= {key: (body, diagram.name) for key, diagram in read_diagram(body).items()}
            except etree.XMLSyntaxError:
                continue
    return found


def _draw(held: tuple[bytes, str] | None, key: str, marks: Mapping[str, ElementMark], side: Side, label: str) -> Markup | None:
    if held is None:
        return None
    home = side.definition_id
    svg = draw(held[0], key, marks, (lambda text: worded(text, home)) if home else (lambda text: text), label=f"{held[1]} {side.label}")
    # both pictures stand on one page: ends of lines have ids
    return Markup(svg.replace(f"bpmn-{key}-", f"bpmn-{label}-"))  # noqa: S704 - `draw` escapes what it takes from the file
