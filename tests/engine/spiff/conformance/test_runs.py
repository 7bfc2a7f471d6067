"""What each BPMN construct does here when it runs: one small diagram each, saved and loaded between any two steps."""

from __future__ import annotations

from typing import Any

import pytest

from engine.diagram import read_diagram
from engine.spiff.sandbox import Sandbox
from tests.engine.spiff.driving import Driven
from tests.engine.spiff.xml import bpmn, chain, definitions, error, extension, flow, message, node, operator, script, signal, timer

#: (what is done, what is open after it)
Steps = list[tuple[tuple[Any, ...], list[str]]]
MESSAGE = '<message id="m" name="paid"/>'
SIGNAL = '<signal id="sig" name="alarm"/>'
ERROR = '<error id="err" name="broken" errorCode="E1"/>'


def start(**data: Any) -> tuple[Any, ...]:
    """Begin with data."""
    return ("start", data)


def done(element: str, **data: Any) -> tuple[Any, ...]:
    """Complete an element with data."""
    return ("complete", element, data)


def passed_time(**duration: float) -> tuple[Any, ...]:
    """Let time pass."""
    return ("advance", duration)


CASES: dict[str, tuple[bytes, Steps, list[str]]] = {
    # ------------------------------------------------------------ tasks
    "user task": (bpmn(chain("s:start a:user b:user e:end")), [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], ["e"]),
    "manual task": (bpmn(chain("s:start a:manual e:end")), [(start(), ["a"]), (done("a"), [])], ["e"]),
    "generic task passes": (bpmn(chain("s:start a:task b:user e:end")), [(start(), ["b"]), (done("b"), [])], ["e"]),
    "script task": (
        bpmn(chain("s:start") + script("x", "total = n + 1") + flow("s", "x") + node("g", "xor", default="g_e") + flow("x", "g")
             + node("a", "user") + flow("g", "a", "total == 3") + chain("a e:end") + flow("g", "e")),
        [(start(n=2), ["a"]), (done("a"), [])], ["e"],
    ),
    "pre-script and post-script": (
        bpmn(chain("s:start") + node("a", "user", "<extensionElements><spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"
             "<spiffworkflow:postScript>y = x + 1</spiffworkflow:postScript></extensionElements>") + chain("s a")
             + node("g", "xor", default="g_f") + chain("a g") + flow("g", "e", "y == 2") + flow("g", "f") + node("e", "end") + node("f", "end")),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "service task": (
        bpmn(node("s", "start") + node("x", "service", operator("notify", to='"manager"')) + chain("s x a:user e:end")),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "send task": (
        bpmn(node("s", "start") + node("x", "send", messageRef="m") + chain("s x a:user e:end"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "receive task waits": (
        bpmn(node("s", "start") + node("x", "receive", messageRef="m") + chain("s x a:user e:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (done("a"), [])], ["e"],
    ),
    # ------------------------------------------------------------ gateways
    "exclusive gateway takes the first that holds": (
        bpmn(chain("s:start") + node("g", "xor", default="g_c") + chain("s g") + node("a", "user") + flow("g", "a", "n > 1") + node("b", "user")
             + flow("g", "b", "n > 0") + node("c", "user") + flow("g", "c") + chain("a e:end") + chain("b e") + chain("c e")),
        [(start(n=2), ["a"]), (done("a"), [])], ["e"],
    ),
    "exclusive gateway takes the default": (
        bpmn(chain("s:start") + node("g", "xor", default="g_c") + chain("s g") + node("a", "user") + flow("g", "a", "n > 1")
             + node("c", "user") + flow("g", "c") + node("e", "end") + chain("a e") + chain("c e")),
        [(start(n=0), ["c"]), (done("c"), [])], ["e"],
    ),
    "exclusive merge": (
        bpmn(chain("s:start") + node("g", "xor", default="g_b") + chain("s g") + node("a", "user") + node("b", "user") + flow("g", "a", "n > 1")
             + flow("g", "b") + chain("a m:xor c:user e:end") + chain("b m")),
        [(start(n=5), ["a"]), (done("a"), ["c"]), (done("c"), [])], ["e"],
    ),
    "parallel fork and join": (
        bpmn(chain("s:start f:and a:user j:and c:user e:end") + chain("f b:user j")),
        [(start(), ["a", "b"]), (done("a"), ["b"]), (done("b"), ["c"]), (done("c"), [])], ["e"],
    ),
    "parallel fork without join": (
        bpmn(chain("s:start f:and a:user e:end") + chain("f b:user e2:end")),
        [(start(), ["a", "b"]), (done("b"), ["a"]), (done("a"), [])], ["e2", "e"],
    ),
    "parallel join in a loop": (
        bpmn(chain("s:start m:xor f:and a:user j:and") + chain("f b:user j") + node("g", "xor", default="g_e") + chain("j g")
             + flow("g", "m", "again") + flow("g", "e") + node("e", "end")),
        [(start(), ["a", "b"]), (done("a"), ["b"]), (done("b", again=True), ["a", "b"]), (done("b", again=True), ["a"]),
         (done("a", again=True), ["a", "b"]), (done("a", again=False), ["b"]), (done("b", again=False), [])], ["e"],
    ),
    "inclusive fork and join": (
        bpmn(chain("s:start") + node("f", "or", default="f_c") + chain("s f") + node("a", "user") + node("b", "user") + node("c", "user")
             + flow("f", "a", "x") + flow("f", "b", "y") + flow("f", "c") + chain("a j:or d:user e:end") + chain("b j") + chain("c j")),
        [(start(x=True, y=True), ["a", "b"]), (done("b"), ["a"]), (done("a"), ["d"]), (done("d"), [])], ["e"],
    ),
    "inclusive gateway takes one": (
        bpmn(chain("s:start") + node("f", "or", default="f_c") + chain("s f") + node("a", "user") + node("b", "user") + node("c", "user")
             + flow("f", "a", "x") + flow("f", "b", "y") + flow("f", "c") + chain("a j:or d:user e:end") + chain("b j") + chain("c j")),
        [(start(x=False, y=True), ["b"]), (done("b"), ["d"]), (done("d"), [])], ["e"],
    ),
    "inclusive gateway takes the default": (
        bpmn(chain("s:start") + node("f", "or", default="f_c") + chain("s f") + node("a", "user") + node("c", "user")
             + flow("f", "a", "x") + flow("f", "c") + chain("a j:or d:user e:end") + chain("c j")),
        [(start(x=False), ["c"]), (done("c"), ["d"]), (done("d"), [])], ["e"],
    ),
    "inclusive join in a loop": (
        bpmn(chain("s:start m:xor") + node("f", "or", default="f_b") + chain("m f") + node("a", "user") + node("b", "user")
             + flow("f", "a", "x") + flow("f", "b") + chain("a j:or") + chain("b j") + node("g", "xor", default="g_e") + chain("j g")
             + flow("g", "m", "again") + flow("g", "e") + node("e", "end")),
        [(start(x=True), ["a"]), (done("a", again=True, x=False), ["b"]), (done("b", again=True, x=True), ["a"]),
         (done("a", again=False), [])], ["e"],
    ),
    "implicit fork becomes parallel": (
        bpmn(chain("s:start a:user b:user e:end") + chain("a c:user e2:end")),
        [(start(), ["a"]), (done("a"), ["b", "c"]), (done("c"), ["b"]), (done("b"), [])], ["e2", "e"],
    ),
    "implicit fork with conditions becomes inclusive": (
        bpmn(node("s", "start") + node("a", "user", default="a_d") + chain("s a") + node("b", "user") + node("c", "user") + node("d", "user")
             + flow("a", "b", "n > 1") + flow("a", "c", "n > 2") + flow("a", "d") + node("e", "end") + chain("b e") + chain("c e") + chain("d e")),
        [(start(), ["a"]), (done("a", n=3), ["b", "c"]), (done("c"), ["b"]), (done("b"), [])], ["e", "e"],
    ),
    "implicit merge passes each token": (
        bpmn(chain("s:start f:and a:user c:user e:end") + chain("f b:user c")),
        [(start(), ["a", "b"]), (done("a"), ["b", "c"]), (done("b"), ["c", "c"]), (done("c"), ["c"]), (done("c"), [])], ["e", "e"],
    ),
    "event-based gateway, message first": (
        bpmn(chain("s:start g:either") + node("c", "catch", message("m")) + node("t", "catch", timer("Duration", '"PT1H"'))
             + chain("g c a:user e:end") + chain("g t b:user e2:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (passed_time(hours=2), ["a"]), (done("a"), [])], ["e"],
    ),
    "event-based gateway, timer first": (
        bpmn(chain("s:start g:either") + node("c", "catch", message("m")) + node("t", "catch", timer("Duration", '"PT1H"'))
             + chain("g c a:user e:end") + chain("g t b:user e2:end"), before=MESSAGE),
        [(start(), []), (passed_time(hours=1), ["b"]), (done("b"), [])], ["e2"],
    ),
    # ------------------------------------------------------------ events
    "message catch event": (
        bpmn(node("s", "start") + node("c", "catch", message("m")) + chain("s c a:user e:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (done("a"), [])], ["e"],
    ),
    "signal catch event": (
        bpmn(node("s", "start") + node("c", "catch", signal("sig")) + chain("s c a:user e:end"), before=SIGNAL),
        [(start(), []), (("send", "signal", "alarm"), ["a"]), (done("a"), [])], ["e"],
    ),
    "message start event": (
        bpmn(node("s", "start", message("m")) + chain("s a:user e:end"), before=MESSAGE),
        [(("start", {}, "s", {"amount": 5}), ["a"]), (done("a"), [])], ["e"],
    ),
    "timer start event": (
        bpmn(node("s", "start", timer("Cycle", "R/2026-04-01T08:00:00+08:00/P1M")) + chain("s a:user e:end")),
        [(("start", {}, "s"), ["a"]), (done("a"), [])], ["e"],
    ),
    "several start events": (
        bpmn(chain("s:start a:user e:end") + node("s2", "start", message("m")) + chain("s2 b:user e"), before=MESSAGE),
        [(("start", {}, "s2"), ["b"]), (done("b"), [])], ["e"],
    ),
    "timer catch event, plain ISO": (
        bpmn(node("s", "start") + node("c", "catch", timer("Duration", "PT20M")) + chain("s c a:user e:end")),
        [(start(), []), (passed_time(minutes=19), []), (passed_time(minutes=1), ["a"]), (done("a"), [])], ["e"],
    ),
    "timer from data": (
        bpmn(node("s", "start") + node("c", "catch", timer("Duration", "wait")) + chain("s c a:user e:end")),
        [(start(wait="P1D"), []), (passed_time(hours=23), []), (passed_time(hours=1), ["a"]), (done("a"), [])], ["e"],
    ),
    "date timer": (
        bpmn(node("s", "start") + node("c", "catch", timer("Date", "2026-03-02T12:00:00+08:00")) + chain("s c a:user e:end")),
        [(start(), []), (passed_time(hours=3), ["a"]), (done("a"), [])], ["e"],
    ),
    "conditional catch event": (
        bpmn(chain("s:start f:and a:user j:and e:end") + node("c", "catch", "<conditionalEventDefinition><condition>ready</condition></conditionalEventDefinition>")
             + chain("f c j")),
        [(start(ready=True), ["a"]), (done("a"), [])], ["e"],
    ),
    "interrupting boundary timer": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a") + chain("b late:user e2:end")),
        [(start(), ["a"]), (passed_time(hours=1), ["late"]), (done("late"), [])], ["e2"],
    ),
    "boundary timer that comes too late": (
        bpmn(chain("s:start a:user c:user e:end") + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a") + chain("b late:user e2:end")),
        [(start(), ["a"]), (done("a"), ["c"]), (passed_time(hours=2), ["c"]), (done("c"), [])], ["e"],
    ),
    "non-interrupting boundary timer": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a", cancelActivity="false")
             + chain("b late:user e2:end")),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "late"]), (done("late"), ["a"]), (done("a"), [])], ["e2", "e"],
    ),
    "non-interrupting boundary timer, repeated": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", timer("Cycle", "R2/PT1H"), attachedToRef="a", cancelActivity="false")
             + chain("b late:user e2:end")),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "late"]), (passed_time(hours=1), ["a", "late", "late"]),
         (passed_time(hours=9), ["a", "late", "late"]), (done("late"), ["a", "late"]), (done("late"), ["a"]), (done("a"), [])], ["e2", "e2", "e"],
    ),
    "interrupting boundary message": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", message("m"), attachedToRef="a") + chain("b c:user e2:end"), before=MESSAGE),
        [(start(), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), [])], ["e2"],
    ),
    "interrupting boundary signal": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", signal("sig"), attachedToRef="a") + chain("b c:user e2:end"), before=SIGNAL),
        [(start(), ["a"]), (("send", "signal", "alarm"), ["c"]), (done("c"), [])], ["e2"],
    ),
    "boundary event that goes back to its own task": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", message("m"), attachedToRef="a") + chain("b c:user a"), before=MESSAGE),
        [(start(), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), ["a"]),
         (done("a"), [])], ["e"],
    ),
    "message throw event": (
        bpmn(node("s", "start") + node("t", "throw", message("m")) + chain("s t a:user e:end"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "signal throw event reaches a catch of the same instance": (
        bpmn(chain("s:start f:and a:user") + node("t", "throw", signal("sig")) + chain("a t e:end") + node("c", "catch", signal("sig"))
             + chain("f c b:user e2:end"), before=SIGNAL),
        [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], ["e", "e2"],
    ),
    "plain throw event passes": (bpmn(chain("s:start t:throw a:user e:end")), [(start(), ["a"]), (done("a"), [])], ["e"]),
    "signal end event": (
        bpmn(chain("s:start f:and a:user") + node("e", "end", signal("sig")) + chain("a e") + node("c", "catch", signal("sig"))
             + chain("f c b:user e2:end"), before=SIGNAL),
        [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], ["e", "e2"],
    ),
    "message end event": (
        bpmn(node("s", "start") + node("e", "end", message("m")) + chain("s a:user e"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "terminate end event": (
        bpmn(chain("s:start f:and a:user") + node("e", "end", "<terminateEventDefinition/>") + chain("a e") + chain("f b:user e2:end")),
        [(start(), ["a", "b"]), (done("a"), [])], ["e"],
    ),
    # ------------------------------------------------------------ sub-processes and calls
    "embedded sub-process": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start xa:user xe:end")) + chain("s x b:user e:end")),
        [(start(), ["xa"]), (done("xa"), ["b"]), (done("b"), [])], ["xe", "e"],
    ),
    "sub-process in a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", node("xs", "start") + node("y", "sub", chain("ys:start ya:user ye:end")) + chain("xs y xe:end"))
             + chain("s x e:end")),
        [(start(), ["ya"]), (done("ya"), [])], ["ye", "xe", "e"],
    ),
    "two tokens in a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start f:and xa:user xe:end") + chain("f xb:user xe2:end")) + chain("s x b:user e:end")),
        [(start(), ["xa", "xb"]), (done("xb"), ["xa"]), (done("xa"), ["b"]), (done("b"), [])], ["xe2", "xe", "e"],
    ),
    "terminate ends its sub-process only": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start f:and xa:user") + node("xe", "end", "<terminateEventDefinition/>") + chain("xa xe")
             + chain("f xb:user xe2:end")) + chain("s x b:user e:end")),
        [(start(), ["xa", "xb"]), (done("xa"), ["b"]), (done("b"), [])], ["xe", "e"],
    ),
    "interrupting boundary message on a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start xa:user xe:end")) + chain("s x e:end")
             + node("b", "boundary", message("m"), attachedToRef="x") + chain("b c:user e2:end"), before=MESSAGE),
        [(start(), ["xa"]), (("send", "message", "paid"), ["c"]), (done("c"), [])], ["e2"],
    ),
    "error end event caught by the sub-process's boundary": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start xa:user") + node("xe", "end", error("err")) + chain("xa xe")) + chain("s x e:end")
             + node("b", "boundary", error("err"), attachedToRef="x") + chain("b c:user e2:end"), before=ERROR),
        [(start(), ["xa"]), (done("xa"), ["c"]), (done("c"), [])], ["xe", "e2"],
    ),
    "escalation caught by the sub-process's boundary, not interrupting": (
        bpmn(node("s", "start") + node("x", "sub", node("xs", "start") + node("xt", "throw", '<escalationEventDefinition escalationRef="esc"/>')
             + chain("xs xt xa:user xe:end")) + chain("s x e:end")
             + node("b", "boundary", '<escalationEventDefinition escalationRef="esc"/>', attachedToRef="x", cancelActivity="false")
             + chain("b c:user e2:end"), before='<escalation id="esc" name="upwards" escalationCode="U"/>'),
        [(start(), ["c", "xa"]), (done("xa"), ["c"]), (done("c"), [])], ["xe", "e", "e2"],
    ),
    "event sub-process started by message, not interrupting": (
        bpmn(chain("s:start a:user e:end") + node("x", "sub", node("xs", "start", message("m"), isInterrupting="false") + chain("xs xa:user xe:end"),
             triggeredByEvent="true"), before=MESSAGE),
        [(start(), ["a"]), (("send", "message", "paid"), ["a", "xa"]), (done("xa"), ["a"]), (done("a"), [])], ["xe", "e"],
    ),
    "event sub-process started by timer, not interrupting": (
        bpmn(chain("s:start a:user e:end") + node("x", "sub", node("xs", "start", timer("Duration", "PT1H"), isInterrupting="false")
             + chain("xs xa:user xe:end"), triggeredByEvent="true")),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "xa"]), (done("xa"), ["a"]), (done("a"), [])], ["xe", "e"],
    ),
    "call activity": (
        definitions(f'<process id="p" isExecutable="true">{node("s", "start")}{node("c", "call", calledElement="q")}{chain("s c b:user e:end")}</process>'
                    f'<process id="q" isExecutable="true">{chain("qs:start qa:user qe:end")}</process>'),
        [(start(), ["qa"]), (done("qa"), ["b"]), (done("b"), [])], ["qe", "e"],
    ),
    "error of a called process caught at the call": (
        definitions(ERROR + f'<process id="p" isExecutable="true">{node("s", "start")}{node("c", "call", calledElement="q")}{chain("s c e:end")}'
                    f'{node("b", "boundary", error("err"), attachedToRef="c")}{chain("b a:user e2:end")}</process>'
                    f'<process id="q" isExecutable="true">{chain("qs:start qa:user")}{node("qe", "end", error("err"))}{chain("qa qe")}</process>'),
        [(start(), ["qa"]), (done("qa"), ["a"]), (done("a"), [])], ["qe", "e2"],
    ),
    # ------------------------------------------------------------ repetition
    "parallel multi-instance over a list": (
        bpmn(node("s", "start") + node("a", "user", '<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>'
             '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>') + chain("s a b:user e:end")),
        [(start(people=["x", "y"]), ["a", "a"]), (done("a"), ["a"]), (done("a"), ["b"]), (done("b"), [])], ["e"],
    ),
    "parallel multi-instance, three times": (
        bpmn(node("s", "start") + node("a", "user", "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
             "</multiInstanceLoopCharacteristics>") + chain("s a e:end")),
        [(start(), ["a", "a", "a"]), (done("a"), ["a", "a"]), (done("a"), ["a"]), (done("a"), [])], ["e"],
    ),
    "parallel multi-instance, ended early": (
        bpmn(node("s", "start") + node("a", "user", "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
             "<completionCondition>enough</completionCondition></multiInstanceLoopCharacteristics>") + chain("s a b:user e:end")),
        [(start(enough=False), ["a", "a", "a"]), (done("a", enough=True), ["b"]), (done("b"), [])], ["e"],
    ),
    "sequential multi-instance": (
        bpmn(node("s", "start") + node("a", "user", '<multiInstanceLoopCharacteristics isSequential="true"><loopDataInputRef>people</loopDataInputRef>'
             '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>') + chain("s a e:end")),
        [(start(people=["x", "y"]), ["a"]), (done("a"), ["a"]), (done("a"), [])], ["e"],
    ),
    "multi-instance over an empty list": (
        bpmn(node("s", "start") + node("a", "user", '<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>'
             '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>') + chain("s a b:user e:end")),
        [(start(people=[]), ["b"]), (done("b"), [])], ["e"],
    ),
    "multi-instance of a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", '<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>'
             '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>' + chain("xs:start xa:user xe:end")) + chain("s x b:user e:end")),
        [(start(people=["x", "y"]), ["xa", "xa"]), (done("xa"), ["xa"]), (done("xa"), ["b"]), (done("b"), [])], ["xe", "xe", "e"],
    ),
    "standard loop": (
        bpmn(node("s", "start") + node("a", "user", "<standardLoopCharacteristics><loopCondition>again</loopCondition></standardLoopCharacteristics>")
             + chain("s a b:user e:end")),
        [(start(again=True), ["a"]), (done("a", again=True), ["a"]), (done("a", again=False), ["b"]), (done("b"), [])], ["e"],
    ),
    "loop by flows": (
        bpmn(chain("s:start m:xor a:user") + node("g", "xor", default="g_e") + chain("a g") + flow("g", "m", "again") + flow("g", "e") + node("e", "end")),
        [(start(), ["a"]), (done("a", again=True), ["a"]), (done("a", again=True), ["a"]), (done("a", again=False), [])], ["e"],
    ),
    # ------------------------------------------------------------ constructs together
    "two boundary events on one task": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", message("m"), attachedToRef="a") + chain("b c:user e2:end")
             + node("t", "boundary", timer("Duration", "PT1H"), attachedToRef="a", cancelActivity="false") + chain("t d:user e3:end"), before=MESSAGE),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "d"]), (("send", "message", "paid"), ["c", "d"]), (done("d"), ["c"]), (done("c"), [])],
        ["e3", "e2"],
    ),
    "boundary timer on a call": (
        definitions(f'<process id="p" isExecutable="true">{node("s", "start")}{node("c", "call", calledElement="q")}{chain("s c e:end")}'
                    f'{node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="c")}{chain("b late:user e2:end")}</process>'
                    f'<process id="q" isExecutable="true">{chain("qs:start qa:user qe:end")}</process>'),
        [(start(), ["qa"]), (passed_time(hours=1), ["late"]), (done("late"), [])], ["e2"],
    ),
    "boundary message on a multi-instance": (
        bpmn(node("s", "start") + node("a", "user", "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
             "</multiInstanceLoopCharacteristics>") + chain("s a e:end") + node("b", "boundary", message("m"), attachedToRef="a")
             + chain("b c:user e2:end"), before=MESSAGE),
        [(start(), ["a", "a"]), (done("a"), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), [])], ["e2"],
    ),
    "conditional boundary event, not interrupting": (
        bpmn(chain("s:start f:and a:user e:end") + chain("f d:user e3:end") + node("b", "boundary",
             "<conditionalEventDefinition><condition>urgent</condition></conditionalEventDefinition>", attachedToRef="a", cancelActivity="false")
             + chain("b c:user e2:end")),
        [(start(urgent=True), ["a", "c", "d"]), (done("c"), ["a", "d"]), (done("d"), ["a"]), (done("a"), [])], ["e2", "e3", "e"],
    ),
    "sub-process in a loop": (
        bpmn(chain("s:start m:xor") + node("x", "sub", chain("xs:start xa:user xe:end")) + node("g", "xor", default="g_e") + chain("m x g")
             + flow("g", "m", "again") + flow("g", "e") + node("e", "end")),
        [(start(), ["xa"]), (done("xa", again=True), ["xa"]), (done("xa", again=False), [])], ["xe", "xe", "e"],
    ),
    "call in a loop": (
        definitions(f'<process id="p" isExecutable="true">{chain("s:start m:xor")}{node("c", "call", calledElement="q")}{node("g", "xor", default="g_e")}'
                    f'{chain("m c g")}{flow("g", "m", "again")}{flow("g", "e")}{node("e", "end")}</process>'
                    f'<process id="q" isExecutable="true">{chain("qs:start qa:user qe:end")}</process>'),
        [(start(), ["qa"]), (done("qa", again=True), ["qa"]), (done("qa", again=False), [])], ["qe", "qe", "e"],
    ),
    "event-based gateway in a loop": (
        bpmn(chain("s:start m0:xor g:either") + node("c", "catch", message("m")) + node("t", "catch", timer("Duration", "PT1H"))
             + chain("g c a:user m0") + chain("g t e:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (done("a"), []), (("send", "message", "paid"), ["a"]), (done("a"), []),
         (passed_time(hours=1), [])], ["e"],
    ),
    "error in one branch ends the whole sub-process": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start f:and xa:user") + node("xe", "end", error("err")) + chain("xa xe")
             + chain("f xb:user xe2:end")) + chain("s x e:end") + node("b", "boundary", error("err"), attachedToRef="x") + chain("b c:user e2:end"),
             before=ERROR),
        [(start(), ["xa", "xb"]), (done("xa"), ["c"]), (done("c"), [])], ["xe", "e2"],
    ),
    "parallel gateway that joins and forks": (
        bpmn(chain("s:start f:and a:user j:and c:user e:end") + chain("f b:user j d:user e2:end")),
        [(start(), ["a", "b"]), (done("a"), ["b"]), (done("b"), ["c", "d"]), (done("c"), ["d"]), (done("d"), [])], ["e", "e2"],
    ),
    "nested parallel forks": (
        bpmn(chain("s:start f:and a:user j:and e:end") + chain("f g:and b:user k:and j") + chain("g c:user k")),
        [(start(), ["a", "b", "c"]), (done("c"), ["a", "b"]), (done("b"), ["a"]), (done("a"), [])], ["e"],
    ),
    "timer in a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", node("xs", "start") + node("xt", "catch", timer("Duration", "PT5M")) + chain("xs xt xa:user xe:end"))
             + chain("s x e:end")),
        [(start(), []), (passed_time(minutes=5), ["xa"]), (done("xa"), [])], ["xe", "e"],
    ),
    "data object in its own scope": (
        bpmn('<dataObject id="note"/><dataObjectReference id="r" dataObjectRef="note"/>' + node("s", "start") + node("a", "user",
             '<dataOutputAssociation id="out"><sourceRef>note</sourceRef><targetRef>r</targetRef></dataOutputAssociation>')
             + node("b", "user", '<dataInputAssociation id="in"><sourceRef>r</sourceRef><targetRef>r</targetRef></dataInputAssociation>')
             + chain("s a b e:end")),
        [(start(), ["a"]), (done("a", note="x"), ["b"]), (done("b"), [])], ["e"],
    ),
    "six hundred tasks in a row": (
        bpmn(chain("s:start " + " ".join(f"t{number}:task" for number in range(600)) + " a:user e:end")),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "a hundred branches": (
        bpmn(chain("s:start f:and") + "".join(chain(f"f t{number}:task j") for number in range(100)) + chain("j:and a:user e:end")),
        [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    # ------------------------------------------------------------ what an import puts right
    "flow without an id": (
        bpmn(chain("s:start a:user e:end").replace('id="s_a" ', "")), [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "JUEL condition": (
        bpmn(chain("s:start") + node("g", "xor", default="g_b") + chain("s g") + node("a", "user") + flow("g", "a", "${order.kind == 'urgent' && n >= 2}")
             + node("b", "user") + flow("g", "b") + chain("a e:end") + chain("b e")),
        [(start(order={"kind": "urgent"}, n=2), ["a"]), (done("a"), [])], ["e"],
    ),
    "FEEL condition": (
        bpmn(chain("s:start") + node("g", "xor", default="g_b") + chain("s g") + node("a", "user") + flow("g", "a", '= kind = "urgent" and not(late)')
             + node("b", "user") + flow("g", "b") + chain("a e:end") + chain("b e")),
        [(start(kind="urgent", late=False), ["a"]), (done("a"), [])], ["e"],
    ),
    "executable not said": (
        bpmn(chain("s:start a:user e:end"), process='id="p"'), [(start(), ["a"]), (done("a"), [])], ["e"],
    ),
    "no end event": (bpmn(chain("s:start a:user b:user")), [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_construct_runs_right(name: str, sandbox: Sandbox) -> None:
    """After each step exactly the expected items are open; at the end the expected end events were passed, in order."""
    xml, steps, ends = CASES[name]
    instance = Driven({"p.bpmn": xml}, sandbox)
    for (verb, *arguments), expected in steps:
        if verb == "advance":
            instance.advance(**arguments[0])
        else:
            getattr(instance, verb)(*arguments)
        assert instance.open() == expected, (verb, arguments)
    assert instance.is_completed
    end_events = _end_events(xml)
    assert [element for element in instance.passed if element in end_events] == ends


def _end_events(xml: bytes) -> set[str]:
    text = xml.replace(b'<process id="p">', b'<process id="p" isExecutable="true">')
    return {element.id for diagram in read_diagram(text).values() for element in diagram.elements.values() if element.kind == "endEvent"}


DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">
  <decision id="visit_needed" name="visit needed"><decisionTable id="t" hitPolicy="FIRST">
    <input id="i" label="category"><inputExpression id="ie" typeRef="string"><text>category</text></inputExpression></input>
    <output id="o" label="visit" name="visit" typeRef="boolean"/>
    <rule id="r1"><inputEntry id="e1"><text>"water"</text></inputEntry><outputEntry id="o1"><text>True</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="e2"><text></text></inputEntry><outputEntry id="o2"><text>False</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


@pytest.mark.parametrize(("category", "expected"), [("water", "a"), ("paint", "b")])
def test_decision_table_decides(category: str, expected: str, sandbox: Sandbox) -> None:
    """A business rule task reads its decision from a DMN file of the same deployment."""
    rule = node("x", "rule", extension("calledDecisionId", "visit_needed"))
    body = node("s", "start") + rule + node("g", "xor", default="g_b") + chain("s x g") + node("a", "user") + flow("g", "a", "visit")
    xml = bpmn(body + node("b", "user") + flow("g", "b") + chain("a e:end") + chain("b e"))
    instance = Driven({"p.bpmn": xml, "decisions/visit.dmn": DECISION}, sandbox)
    instance.start({"category": category})
    assert instance.open() == [expected]


def test_service_task_asks_for_its_operator(sandbox: Sandbox) -> None:
    """A service task leaves an effect with its parameters for the committing transaction."""
    xml = bpmn(node("s", "start") + node("x", "service", operator("notify", to='"manager"')) + chain("s x e:end"))
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert [(effect.operator, effect.element_id, dict(effect.parameters)) for effect in instance.effects] == [("notify", "x", {"to": "manager"})]


def test_thrown_message_leaves_the_instance(sandbox: Sandbox) -> None:
    """A message end event hands its message over to be sent."""
    xml = bpmn(node("s", "start") + node("e", "end", message("m")) + chain("s e"), before=MESSAGE)
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert [(event.kind, event.name) for event in instance.outgoing] == [("message", "paid")]


def test_order_of_flows_is_that_of_the_file(sandbox: Sandbox) -> None:
    """Of two conditions that hold the first in the file decides, wherever the shapes are drawn."""
    di = "".join(
        f'<s:BPMNShape xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI" id="{key}_di" bpmnElement="{key}"><b:Bounds '
        f'xmlns:b="http://www.omg.org/spec/DD/20100524/DC" x="0" y="{y}" width="9" height="9"/></s:BPMNShape>'
        for key, y in (("a", 900), ("b", 10))
    )
    drawing = (
        '<s:BPMNDiagram xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI" id="di"><s:BPMNPlane id="pl" bpmnElement="p">'
        f"{di}</s:BPMNPlane></s:BPMNDiagram>"
    )
    body = chain("s:start") + node("g", "xor", default="g_c") + chain("s g") + node("a", "user") + flow("g", "a", "True") + node("b", "user")
    body += flow("g", "b", "True") + node("c", "user") + flow("g", "c") + chain("a e:end") + chain("b e") + chain("c e")
    xml = definitions(f'<process id="p" isExecutable="true">{body}</process>{drawing}')
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert instance.open() == ["a"]
