"""Files of another tool made into a procedure's folder of ours, with a note of everything that was found in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from lxml import etree

from engine.content import Role
from engine.diagram import BPMN, FLOW_NODE_KINDS, SPIFF, extension_properties, extension_text, local_name
from engine.foreign import gateways, ids, lanes, leftovers, placing, tables, vendor_settings
from engine.foreign.form_finding import FormShelf
from engine.foreign.intake import Taken, take
from engine.foreign.notes import Note, Notes, Outcome
from engine.foreign.roles import Picked, Roles
from engine.foreign.tree import SEVENS, free, tag, tool_of, words
from engine.foreign.variables import Variables, translate_all
from engine.settings import Settings
from engine.spiff.normalise import normalise

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NO_MATTER = frozenset({"vendor-ignored", "timer-quoted"})


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of them."""

    #: of the draft: path → content
    files: Mapping[str, bytes]
    notes: tuple[Note, ...]
    #: what the other system called its groups and lanes, and which roles they became
    roles: tuple[Picked, ...]
    #: file name of theirs → the tool that wrote it
    tools: Mapping[str, str] = field(default_factory=dict)
    #: what people call it: the name of the first process
    title: str = ""

    def of(self, outcome: Outcome | str) -> list[Note]:
        """The notes of one outcome."""
        return [note for note in self.notes if note.outcome == outcome]


def bring_in(
    files: Mapping[str, bytes], settings: Settings, roles: Mapping[str, Role], procedure: str, *,
    chosen: Mapping[str, str] | None = None, keep_drawing: bool = False,
) -> Brought:
    """Make a folder. `procedure`: its name; `chosen`: role by the file's own word for it, over what fits; `keep_drawing`: leave a whole
    drawing as it is and add no lanes. ForeignRefusedError where a file cannot be taken; else every oddity is a note.
    """
    taken, notes = take(files, settings), Notes()
    picks = Roles(roles, dict(chosen or {}))
    callers: dict[str, tuple[Variables, str]] = {}
    tools = {name: tool_of(root) for name, root in taken.diagrams.items()}
    _renamed(taken, procedure)
    shelf = FormShelf(taken.documents, notes)
    decisions = {node.get("id", ""): name for name, (_, root) in taken.decisions.items() for node in root.iter("{*}decision")}
    made: dict[str, bytes] = {}
    for name, root in taken.diagrams.items():
        notes.file = name
        made[_diagram_path(root, name, made)] = _one(root, shelf, decisions, picks, notes, callers, keep_drawing=keep_drawing)
    for name, (body, root) in taken.decisions.items():
        notes.file = name
        made[f"decisions/{_plain(name)}.dmn"] = tables.with_our_inputs(body, root, callers, notes)
        notes.open("decision-table", name, "決策表已原樣帶入；格中的寫法（FEEL）請逐格檢查一次。")
    made |= {f"forms/{key}.json": content for key, content in shelf.written.items()}
    shelf.tell_unused()
    title = next((process.get("name", "") for root in taken.diagrams.values() for process in root.iter(tag("process"))), "")
    return Brought(made, tuple(notes.found), tuple(picks.picked.values()), tools, title or procedure)


def _renamed(taken: Taken, procedure: str) -> None:
    """Readable ids in every diagram, followed from one diagram to the next."""
    used: set[str] = set()
    processes: dict[str, str] = {}
    for number, (name, root) in enumerate(taken.diagrams.items()):
        wanted = procedure if not number else words(PurePosixPath(name).stem) or procedure
        before = {process.get("id", "") for process in root.iter(tag("process"))}
        new = ids.rename(root, free(wanted, used))
        processes |= {old: new[old] for old in before if old in new}
        used |= {process.get("id", "") for process in root.iter(tag("process"))}
    for root in taken.diagrams.values():
        for call in root.iter(tag("callActivity")):
            called = call.get("calledElement", "").rpartition(":")[2] if not call.get("calledElement", "").startswith(("$", "#")) else ""
            if called:
                call.set("calledElement", processes.get(called, called))


def _one(
    root: etree._Element, shelf: FormShelf, decisions: Mapping[str, str], roles: Roles, notes: Notes,
    callers: dict[str, tuple[Variables, str]], *, keep_drawing: bool,
) -> bytes:
    tool = tool_of(root)
    _make_runnable(root, tool, notes)
    variables = Variables(root)
    variables.look()
    for node in _steps(root):
        shelf.find(node, variables, tool)
    for step, form in gateways.questions(root, set(variables.forms), notes):
        shelf.add(step, form, variables)
    groups: dict[str, list[str]] = {}
    for node in _steps(root):
        groups[node.get("id", "")] = vendor_settings.people(node, roles, variables, notes)
        vendor_settings.due(node, notes)
        vendor_settings.calls(node, decisions, notes)
        vendor_settings.programs(node, notes)
        if called := extension_text(node, "calledDecisionId"):
            callers[called] = (variables, node.get("id", ""))
    for node in root.iter():
        if local_name(node) in ("process", "sequenceFlow") or local_name(node).endswith("EventDefinition"):
            vendor_settings.programs(node, notes)
    for process in root.iter(tag("process")):
        vendor_settings.starters(process, roles, notes)
    translate_all(root, variables, notes)
    for found in normalise(root, ()):
        if found.rule not in _NO_MATTER:
            notes.found.append(Note(Outcome.TRANSLATED, replace(found, severity="info", file=notes.file)))
    _tell_loops(root, notes)
    has_new_lanes = _give_lanes(root, groups, roles, notes, keep_drawing=keep_drawing)
    leftovers.clear(root, notes)
    return _written(root, notes, has_new_lanes=has_new_lanes)


def _make_runnable(root: etree._Element, tool: str, notes: Notes) -> None:
    """A drawing was meant to be read; here it is meant to run, and a step without a kind in it is somebody's work."""
    for process in root.iter(tag("process")):
        if process.get("isExecutable") in ("false", "0") and any(local_name(child) in FLOW_NODE_KINDS for child in process):
            process.set("isExecutable", "true")
            notes.translated("executable", process, "「{name}」原來只是圖，已設為可以執行。")
    for node in list(root.iter(tag("task"))):
        node.tag = tag("userTask")
        notes.translated("task", node, "「{name}」沒有指定類型，已當作由人辦理的步驟。")
    for node in root.iter(tag("*")):
        if node.get("name") == "":
            del node.attrib["name"]
    if tool == "Signavio":
        for node in root.iter(tag("userTask"), tag("manualTask")):
            node.attrib.pop("implementation", "")


def _tell_loops(root: etree._Element, notes: Notes) -> None:
    """What repeats over a list that only the other system had."""
    for loop in root.iter(tag("multiInstanceLoopCharacteristics")):
        listed = (loop.findtext(tag("loopDataInputRef")) or "").strip()
        if listed:
            for space in SEVENS:
                for name in ("collection", "elementVariable"):
                    loop.attrib.pop(f"{{{space}}}{name}", "")
            notes.open("loop", loop, "「{name}」逐項重複「{list}」，請確認由哪一步提供這份清單。", list=listed)


def _give_lanes(
    root: etree._Element, groups: Mapping[str, list[str]], roles: Roles, notes: Notes, *, keep_drawing: bool
) -> bool:
    is_kept = (keep_drawing or placing.is_too_large(root)) and placing.is_drawn(root)
    has_new = False
    for message in root.iter(tag("messageFlow")):
        notes.open("message-flow", message, "圖上的訊息流只是說明，不會送出訊息。兩邊要互相等待時，請改用訊息事件。")
    for process in root.iter(tag("process")):
        starters = [each.strip() for each in extension_properties(process).get("start_roles", "").split(",") if each.strip()]
        inside = {node.get("id") for node in process.iter() if local_name(node)}
        own = {identity: found for identity, found in groups.items() if identity in inside}
        if process.find(f".//{tag('flowNodeRef')}") is not None:
            lanes.give_roles(process, own, roles, notes)
        elif is_kept:
            lanes.keep_flat(process, own, notes)
        elif any(local_name(child) in FLOW_NODE_KINDS for child in process):
            has_new |= lanes.add(process, {**own, **lanes.starting(process, starters)}, roles, notes)
        if not starters:
            lanes.propose_starters(process, roles, notes)
    return has_new


def _written(root: etree._Element, notes: Notes, *, has_new_lanes: bool) -> bytes:
    top = {"spiffworkflow": SPIFF, "xsi": _XSI}
    if has_new_lanes:
        root = etree.fromstring(placing.draw(root, notes, why="已按新的泳道重新排版。"))
    elif not placing.is_drawn(root):
        root = etree.fromstring(placing.draw(root, notes, why="圖形沒有座標或不完整，已按泳道排版。"))
    own = {prefix: uri for prefix, uri in root.nsmap.items() if prefix is not None and prefix not in top}
    etree.cleanup_namespaces(root, top_nsmap=top, keep_ns_prefixes=[*top, *(prefix for prefix, uri in own.items() if uri == BPMN)])
    etree.indent(root, "  ")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _steps(root: etree._Element) -> list[etree._Element]:
    return [node for node in root.iter() if local_name(node) in FLOW_NODE_KINDS and node.get("id")]


def _diagram_path(root: etree._Element, name: str, taken: Mapping[str, bytes]) -> str:
    process = next((node.get("id", "") for node in root.iter(tag("process"))), "")
    base = process if process.isascii() and process.isidentifier() else _plain(name)
    return f"{free(base, {path.removesuffix('.bpmn') for path in taken})}.bpmn"


def _plain(name: str) -> str:
    return words(PurePosixPath(name).stem) or "table"

