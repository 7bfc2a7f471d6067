"""Lanes by role: those of the file get their role, and a process without any gets one for each role that works in it."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.diagram import FLOW_NODE_KINDS, HUMAN_KINDS, extension_properties, local_name
from engine.foreign.notes import Notes
from engine.foreign.roles import Roles
from engine.foreign.tree import free, put_property, tag

_BEFORE_LANES = frozenset({"documentation", "extensionElements", "auditing", "monitoring", "property", "ioSpecification", "supports"})


def give_roles(process: etree._Element, groups: Mapping[str, list[str]], roles: Roles, notes: Notes) -> None:
    """Where the file has lanes: each its role, and a step whose groups say otherwise its own."""
    lane_of: dict[str, str] = {}
    for lane in process.iter(tag("lane")):
        said = lane.get("name", "").strip()
        inner = [reference for reference in lane.iterfind(tag("flowNodeRef")) if (reference.text or "").strip()]
        if not said:
            if inner:
                notes.open("lane", lane, "有一個泳道沒有名稱，請選定它的角色。")
            continue
        role = roles.pick(said)
        put_property(lane, "role", role)
        lane_of |= {(reference.text or "").strip(): role for reference in inner}
        if inner:
            notes.translated("lane", lane, "泳道「{lane}」的角色是「{role}」。", lane=said, role=role)
    for node in _people(process):
        own = groups.get(node.get("id", ""), [])
        if own and own[0] != lane_of.get(node.get("id", "")):
            _put_candidates(node, own, notes)
        elif own:
            _tell_others(node, own, notes)
        elif node.get("id", "") not in lane_of:
            _nobody(node, notes)


def keep_flat(process: etree._Element, groups: Mapping[str, list[str]], notes: Notes) -> None:
    """Without lanes, as it was drawn: each step names its roles."""
    for node in _people(process):
        own = groups.get(node.get("id", ""), [])
        if own:
            _put_candidates(node, own, notes)
        else:
            _nobody(node, notes)


def add(process: etree._Element, groups: Mapping[str, list[str]], roles: Roles, notes: Notes) -> bool:
    """A lane for each role; what no role does stands with the step before it. False where no step has a role."""
    own = {identity: found[0] for identity, found in groups.items() if found}
    nodes = [node for node in process if local_name(node) in FLOW_NODE_KINDS and node.get("id")]
    inside = {node.get("id", ""): _role_inside(node, own) for node in nodes}
    if not any(inside.values()):
        keep_flat(process, groups, notes)
        return False
    placed = _spread(process, inside)
    order = list(dict.fromkeys(placed[node.get("id", "")] for node in nodes))
    taken = {node.get("id", "") for node in process.getroottree().getroot().iter() if node.get("id")}
    lanes = etree.Element(tag("laneSet"), id=free(f"{process.get('id')}_lanes", taken))
    for role in order:
        lane = etree.SubElement(lanes, tag("lane"), id=free(role if _is_name(role) else "lane", taken), name=roles.title(role))
        put_property(lane, "role", role)
        for node in nodes:
            if placed[node.get("id", "")] == role:
                etree.SubElement(lane, tag("flowNodeRef")).text = node.get("id")
    for empty in process.findall(tag("laneSet")):
        process.remove(empty)
    process.insert(sum(1 for child in process if local_name(child) in _BEFORE_LANES), lanes)
    for node in _people(process):
        found = groups.get(node.get("id", ""), [])
        if found and found[0] != placed.get(node.get("id", ""), found[0]):
            _put_candidates(node, found, notes)
        else:
            _tell_others(node, found, notes)
    notes.translated("lanes", process, "「{name}」原來沒有泳道，已按候選群組分為：{roles}。", roles="、".join(map(roles.title, order)))
    _show_in_pool(process, taken)
    return True


def starting(process: etree._Element, roles: list[str]) -> dict[str, list[str]]:
    """The start event with the role that may start the process, where one is named."""
    start = process.find(tag("startEvent"))
    return {start.get("id", ""): roles[:1]} if start is not None and roles else {}


def propose_starters(process: etree._Element, roles: Roles, notes: Notes) -> None:
    """Who works in the lane of the start event may start the process, where the file doesn't say who may."""
    start = process.find(tag("startEvent"))
    if start is None or start.find(tag("timerEventDefinition")) is not None:
        return
    for lane in process.iter(tag("lane")):
        holds = any((reference.text or "").strip() == start.get("id") for reference in lane.iterfind(tag("flowNodeRef")))
        role = extension_properties(lane).get("role", "")
        if holds and role in roles.known:
            put_property(process, "start_roles", role)
            notes.translated("start-roles", process, "可以開始「{name}」的角色：{roles}。", roles=role)
            return


def _role_inside(node: etree._Element, own: Mapping[str, str]) -> str | None:
    """The role of a step, or the first one that works inside a sub-process."""
    return next((own[each.get("id", "")] for each in node.iter() if each.get("id") in own), None)


def _spread(process: etree._Element, inside: Mapping[str, str | None]) -> dict[str, str]:
    """Every node's role: its own, else that of the step before it, else of the step after it."""
    ends = [(flow.get("sourceRef", ""), flow.get("targetRef", "")) for flow in process.iterfind(tag("sequenceFlow"))]
    ends += [(node.get("attachedToRef", ""), node.get("id", "")) for node in process.iterfind(tag("boundaryEvent"))]
    placed = {identity: role for identity, role in inside.items() if role}
    first = next(iter(placed.values()))
    for ways in (ends, [(target, source) for source, target in ends]):
        is_moving = True
        while is_moving:
            is_moving = False
            for source, target in ways:
                if source in placed and target in inside and target not in placed:
                    placed[target] = placed[source]
                    is_moving = True
    return {identity: placed.get(identity, first) for identity in inside}


def _show_in_pool(process: etree._Element, taken: set[str]) -> None:
    root = process.getroottree().getroot()
    if root.find(tag("collaboration")) is not None:
        return
    key = process.get("id", "")
    collaboration = etree.Element(tag("collaboration"), id=free(f"{key}_collaboration", taken))
    for each in root.iterfind(tag("process")):
        etree.SubElement(collaboration, tag("participant"), id=free(f"{each.get('id')}_pool", taken),
                         name=each.get("name") or each.get("id") or "", processRef=each.get("id", ""))
    next(root.iterfind(tag("process"))).addprevious(collaboration)


def _put_candidates(node: etree._Element, found: list[str], notes: Notes) -> None:
    put_property(node, "candidate_roles", f'"{found[0]}"')
    notes.translated("candidates", node, "「{name}」由「{role}」辦理。", role=found[0])
    _tell_others(node, found, notes)


def _tell_others(node: etree._Element, found: list[str], notes: Notes) -> None:
    """An item lies in one role's list here."""
    if found[1:]:
        notes.open(
            "several-groups", node,
            "「{name}」在原系統中有幾個群組可以辦理；這裡由一個角色辦理，已取「{role}」。請讓「{others}」的人也擔任這個角色，或改畫成兩步。",
            role=found[0], others="、".join(found[1:]))


def _nobody(node: etree._Element, notes: Notes) -> None:
    if 'name="assignee"' not in etree.tostring(node, encoding="unicode"):
        notes.open("nobody", node, "「{name}」沒有說由誰辦理，請放進泳道或指定角色。")


def _people(process: etree._Element) -> list[etree._Element]:
    return [node for node in process.iter() if local_name(node) in HUMAN_KINDS and node.get("id")]


def _is_name(role: str) -> bool:
    return role.isascii() and role.isidentifier()
