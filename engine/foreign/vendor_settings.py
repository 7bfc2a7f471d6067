"""What Camunda 7, Flowable and Activiti write beside an element: who does it, until when, what it calls; and their programs, which go.

Each setting that is dealt with is taken out of the tree; `leftovers` names and takes out the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree

from engine.diagram import HUMAN_KINDS, SPIFF, local_name
from engine.foreign import variables as expressions
from engine.foreign.notes import Notes
from engine.foreign.roles import Roles, named
from engine.foreign.tree import SEVENS, as_text, extension_holder, extensions, put_property, space_and_name, tag, taken_out
from engine.foreign.variables import Variables

_GROUP = re.compile(r"group\(([^()]*)\)|user\(([^()]*)\)|([^(),\s][^(),]*)")
_PROGRAMS = frozenset({"class", "delegateExpression", "expression", "type", "topic", "resultVariable", "resultVariableName", "triggerable",
                       "useLocalScopeForResultVariable", "storeResultVariableAsTransient"})


def people(node: etree._Element, roles: Roles, variables: Variables, notes: Notes) -> list[str]:
    """The roles that may take a step of people's work; its assignee is set where it can be."""
    if local_name(node) not in HUMAN_KINDS:
        return []
    found = [roles.pick(group) for group in _groups(node, notes)]
    for name, said in _take(node, "candidateGroups"):
        groups = named(said)
        if not groups and not expressions.set_expression(node, "candidate_roles", said, variables, notes):
            notes.open("people", node, "「{name}」由誰辦理是算出來的（{setting}），請放進泳道或指定角色。", original=said, setting=name)
        found += [roles.pick(group) for group in groups]
    for name, said in [*_take(node, "candidateUsers"), *((name, said) for name, said in _take(node, "owner") if said)]:
        notes.open("people", node, "「{name}」指名「{people}」辦理（{setting}），那是原系統的帳號。請指定角色。",
                   people=said[:200], setting=name)
    for _, said in _take(node, "assignee"):
        _assign(node, said, variables, notes)
    return list(dict.fromkeys(found))


def _groups(node: etree._Element, notes: Notes) -> Iterator[str]:
    """Groups that are written the standard's way (potential owner)."""
    for kind in ("potentialOwner", "humanPerformer", "performer", "resourceRole"):
        for holder in node.findall(tag(kind)):
            text = " ".join("".join(map(str, each.itertext())) for each in holder.iter(tag("formalExpression"), tag("expression"))).strip()
            node.remove(holder)
            for group, user, bare in _GROUP.findall(text):
                if user or kind in ("humanPerformer", "performer"):
                    notes.open("people", node, "「{name}」指名「{people}」辦理（{setting}），那是原系統的帳號。請指定角色。",
                               people=user or group or bare, setting=kind)
                elif (group or bare).strip():
                    yield (group or bare).strip()


def _assign(node: etree._Element, said: str, variables: Variables, notes: Notes) -> None:
    starter = {start.get(f"{{{space}}}initiator") for start in node.getroottree().getroot().iter(tag("startEvent")) for space in SEVENS}
    inner = said.strip()[2:-1].strip() if said.startswith(("${", "#{")) else said.strip()
    if inner and inner in {*starter, "initiator", "currentUser()", "authenticatedUserId"} and said.startswith(("${", "#{")):
        put_property(node, "assignee", '_["started_by"]')
        notes.translated("assignee", node, "「{name}」由開案的人辦理。")
    elif not expressions.set_expression(node, "assignee", said, variables, notes) or not said.startswith(("${", "#{")):
        notes.open(
            "people", node,
            "「{name}」指名「{people}」辦理（{setting}），那是原系統的帳號。請指定角色。",
            people=said[:200], setting="assignee")


def due(node: etree._Element, notes: Notes) -> None:
    """When a step is due."""
    for name, said in _take(node, "dueDate", "followUpDate", "businessCalendarName", "priority"):
        if not said:
            continue
        length = expressions.duration(said)
        if name == "dueDate" and length is not None and local_name(node) in HUMAN_KINDS:
            put_property(node, "due", length)
            notes.translated("due", node, "「{name}」的期限「{before}」已轉為「{after}」。", before=said, after=length)
        elif name == "priority" and said in ("50", "0"):
            notes.dropped(node, f"{name}={said}")
        elif name == "priority":
            notes.open("priority", node, "「{name}」的優先級「{value}」：這裡按期限排序，請為急件設定較短的期限。", value=said)
        else:
            notes.open(
                "due", node,
                "「{name}」的「{setting}」「{value}」不能照搬，請填寫期限（例如 P2D）。",
                original=said, setting=name, value=said[:200])


def starters(node: etree._Element, roles: Roles, notes: Notes) -> None:
    """Who may start a process."""
    found = [roles.pick(group) for name, said in _take(node, "candidateStarterGroups") for group in named(said)]
    if found:
        put_property(node, "start_roles", ", ".join(found))
        notes.translated("start-roles", node, "可以開始「{name}」的角色：{roles}。", roles="、".join(found))
    for _, said in _take(node, "candidateStarterUsers"):
        notes.open("people", node, "「{name}」指名「{people}」辦理（{setting}），那是原系統的帳號。請指定角色。",
                   people=said[:200], setting="candidateStarterUsers")


def programs(node: etree._Element, notes: Notes) -> None:
    """What runs a program of the other system: taken out, with its text told."""
    kind = local_name(node)
    if kind in ("serviceTask", "sendTask", "businessRuleTask") or kind.endswith("EventDefinition"):
        # a decision is called by its own name
        keep = {"businessRuleTask": ("resultVariable",)}.get(kind, ())
        taken = [f"{name}={said}" for name, said in _take(node, *(_PROGRAMS - {*keep}))]
        parts = [child for child in extensions(node)
                 if space_and_name(child) in {(space, name) for space in SEVENS for name in ("field", "connector")}]
        taken += [as_text(part) for part in parts]
        for part in parts:
            taken_out(part)
        if taken:
            notes.open(
                "program", node,
                "「{name}」呼叫原系統的程式，這裡不會執行，已拿掉。請選擇這裡的服務，或改為由人辦理。",
                original="\n".join(taken))
    for child in extensions(node):
        space, name = space_and_name(child)
        if space in SEVENS and name in ("executionListener", "taskListener", "eventListener", "connector", "script"):
            notes.open(
                "listener", node,
                "「{name}」掛有原系統的監聽程式（{setting}），這裡不會執行，已拿掉。若它做的事仍需要，請畫成一個步驟。",
                original=as_text(child), setting=f"{name} {child.get('event', '')}".strip())
            taken_out(child)
    if kind == "scriptTask":
        _script(node, notes)


def _script(node: etree._Element, notes: Notes) -> None:
    text = (node.findtext(tag("script")) or "").strip() or next((said for _, said in _take(node, "resource")), "")
    language = node.attrib.pop("scriptFormat", "")
    for child in node.findall(tag("script")):
        node.remove(child)
    _take(node, *_PROGRAMS)
    notes.open("script", node, "「{name}」是腳本（{language}），這裡不會執行，已拿掉。請以這裡的寫法重寫，或改為由人辦理。",
               original=text, language=str(language) or "—")


def calls(node: etree._Element, decisions: Collection[str], notes: Notes) -> None:
    """The decision or the process that is called."""
    kind = local_name(node)
    if kind == "businessRuleTask":
        for name, said in _take(node, "decisionRef", "decisionTableReferenceKey"):
            if said in decisions:
                _set_decision(node, said)
                notes.translated("decision", node, "「{name}」使用決策「{decision}」。", decision=said)
            else:
                notes.open(
                    "decision", node,
                    "「{name}」使用決策「{decision}」，但檔案中沒有它。請一併帶入 .dmn 檔案，或在這裡畫出決策表。",
                    decision=said, setting=name)
    if kind == "callActivity":
        called = node.get("calledElement", "")
        if called.startswith(("${", "#{", "=")):
            del node.attrib["calledElement"]
            notes.open("called", node, "「{name}」呼叫哪個流程是算出來的，請選定一個流程。", original=called)
        passed = [child for child in extensions(node) if space_and_name(child)[0] in SEVENS and space_and_name(child)[1] in ("in", "out")]
        if passed:
            notes.open("called-data", node, "「{name}」向子流程傳遞的資料沒有帶過來；這裡的子流程看得到整個案件的資料，請檢查欄位名稱。",
                       original="\n".join(map(as_text, passed)))
        for child in passed:
            taken_out(child)


def _set_decision(node: etree._Element, decision: str) -> None:
    etree.SubElement(extension_holder(node), f"{{{SPIFF}}}calledDecisionId").text = decision


def _take(node: etree._Element, *names: str) -> list[tuple[str, str]]:
    """(name, value) of vendor attributes, taken out."""
    found = []
    for space in SEVENS:
        for name in sorted(names):
            full = f"{{{space}}}{name}"
            if full in node.attrib:
                found.append((name, str(node.attrib.pop(full)).strip()))
    return found
