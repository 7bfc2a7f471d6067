"""Tasks, sub-processes, calls and repetition: small diagrams with what is open after each step."""

from __future__ import annotations

from tests.engine.spiff.conformance.steps import ERROR, MESSAGE, Case, done, start
from tests.engine.spiff.xml import bpmn, chain, definitions, error, flow, message, node, operator, process, script

CASES: dict[str, Case] = {
    "user task": (bpmn(chain("s:start a:user b:user e:end")), [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], ["e"]),
    "manual task": (bpmn(chain("s:start a:manual e:end")), [(start(), ["a"]), (done("a"), [])], ["e"]),
    "generic task passes": (bpmn(chain("s:start a:task b:user e:end")), [(start(), ["b"]), (done("b"), [])], ["e"]),
    "script task": (
        bpmn(
            chain("s:start")
            + script("x", "total = n + 1")
            + flow("s", "x")
            + node("g", "xor", default="g_e")
            + flow("x", "g")
            + node("a", "user")
            + flow("g", "a", "total == 3")
            + chain("a e:end")
            + flow("g", "e")
        ),
        [(start(n=2), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "pre-script and post-script": (
        bpmn(
            chain("s:start")
            + node(
                "a",
                "user",
                "<extensionElements><spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"
                "<spiffworkflow:postScript>y = x + 1</spiffworkflow:postScript></extensionElements>",
            )
            + chain("s a")
            + node("g", "xor", default="g_f")
            + chain("a g")
            + flow("g", "e", "y == 2")
            + flow("g", "f")
            + node("e", "end")
            + node("f", "end")
        ),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "service task": (
        bpmn(node("s", "start") + node("x", "service", operator("notify", to='"manager"')) + chain("s x a:user e:end")),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "send task": (
        bpmn(node("s", "start") + node("x", "send", messageRef="m") + chain("s x a:user e:end"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "receive task waits": (
        bpmn(node("s", "start") + node("x", "receive", messageRef="m") + chain("s x a:user e:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "embedded sub-process": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start xa:user xe:end")) + chain("s x b:user e:end")),
        [(start(), ["xa"]), (done("xa"), ["b"]), (done("b"), [])],
        ["xe", "e"],
    ),
    "sub-process in a sub-process": (
        bpmn(
            node("s", "start")
            + node("x", "sub", node("xs", "start") + node("y", "sub", chain("ys:start ya:user ye:end")) + chain("xs y xe:end"))
            + chain("s x e:end")
        ),
        [(start(), ["ya"]), (done("ya"), [])],
        ["ye", "xe", "e"],
    ),
    "two tokens in a sub-process": (
        bpmn(
            node("s", "start")
            + node("x", "sub", chain("xs:start f:and xa:user xe:end") + chain("f xb:user xe2:end"))
            + chain("s x b:user e:end")
        ),
        [(start(), ["xa", "xb"]), (done("xb"), ["xa"]), (done("xa"), ["b"]), (done("b"), [])],
        ["xe2", "xe", "e"],
    ),
    "terminate ends its sub-process only": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                chain("xs:start f:and xa:user")
                + node("xe", "end", "<terminateEventDefinition/>")
                + chain("xa xe")
                + chain("f xb:user xe2:end"),
            )
            + chain("s x b:user e:end")
        ),
        [(start(), ["xa", "xb"]), (done("xa"), ["b"]), (done("b"), [])],
        ["xe", "e"],
    ),
    "interrupting boundary message on a sub-process": (
        bpmn(
            node("s", "start")
            + node("x", "sub", chain("xs:start xa:user xe:end"))
            + chain("s x e:end")
            + node("b", "boundary", message("m"), attachedToRef="x")
            + chain("b c:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), ["xa"]), (("send", "message", "paid"), ["c"]), (done("c"), [])],
        ["e2"],
    ),
    "error end event caught by the sub-process's boundary": (
        bpmn(
            node("s", "start")
            + node("x", "sub", chain("xs:start xa:user") + node("xe", "end", error("err")) + chain("xa xe"))
            + chain("s x e:end")
            + node("b", "boundary", error("err"), attachedToRef="x")
            + chain("b c:user e2:end"),
            before=ERROR,
        ),
        [(start(), ["xa"]), (done("xa"), ["c"]), (done("c"), [])],
        ["xe", "e2"],
    ),
    "escalation caught by the sub-process's boundary, not interrupting": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                node("xs", "start")
                + node("xt", "throw", '<escalationEventDefinition escalationRef="esc"/>')
                + chain("xs xt xa:user xe:end"),
            )
            + chain("s x e:end")
            + node("b", "boundary", '<escalationEventDefinition escalationRef="esc"/>', attachedToRef="x", cancelActivity="false")
            + chain("b c:user e2:end"),
            before='<escalation id="esc" name="upwards" escalationCode="U"/>',
        ),
        [(start(), ["c", "xa"]), (done("xa"), ["c"]), (done("c"), [])],
        ["xe", "e", "e2"],
    ),
    "event sub-process started by message, not interrupting": (
        bpmn(
            chain("s:start a:user e:end")
            + node(
                "x", "sub", node("xs", "start", message("m"), isInterrupting="false") + chain("xs xa:user xe:end"), triggeredByEvent="true"
            ),
            before=MESSAGE,
        ),
        [(start(), ["a"]), (("send", "message", "paid"), ["a", "xa"]), (done("xa"), ["a"]), (done("a"), [])],
        ["xe", "e"],
    ),
    "call activity": (
        definitions(
            process("p", node("s", "start"), node("c", "call", calledElement="q"), chain("s c b:user e:end"))
            + process("q", chain("qs:start qa:user qe:end"))
        ),
        [(start(), ["qa"]), (done("qa"), ["b"]), (done("b"), [])],
        ["qe", "e"],
    ),
    "error of a called process caught at the call": (
        definitions(
            ERROR + f'<process id="p" isExecutable="true">{node("s", "start")}{node("c", "call", calledElement="q")}{chain("s c e:end")}'
            f"{node('b', 'boundary', error('err'), attachedToRef='c')}{chain('b a:user e2:end')}</process>"
            f'<process id="q" isExecutable="true">{chain("qs:start qa:user")}{node("qe", "end", error("err"))}{chain("qa qe")}</process>'
        ),
        [(start(), ["qa"]), (done("qa"), ["a"]), (done("a"), [])],
        ["qe", "e2"],
    ),
    "parallel multi-instance over a list": (
        bpmn(
            node("s", "start")
            + node(
                "a",
                "user",
                "<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>"
                '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>',
            )
            + chain("s a b:user e:end")
        ),
        [(start(people=["x", "y"]), ["a", "a"]), (done("a"), ["a"]), (done("a"), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "parallel multi-instance, three times": (
        bpmn(
            node("s", "start")
            + node("a", "user", "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>")
            + chain("s a e:end")
        ),
        [(start(), ["a", "a", "a"]), (done("a"), ["a", "a"]), (done("a"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "parallel multi-instance, ended early": (
        bpmn(
            node("s", "start")
            + node(
                "a",
                "user",
                "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
                "<completionCondition>enough</completionCondition></multiInstanceLoopCharacteristics>",
            )
            + chain("s a b:user e:end")
        ),
        [(start(enough=False), ["a", "a", "a"]), (done("a", enough=True), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "sequential multi-instance": (
        bpmn(
            node("s", "start")
            + node(
                "a",
                "user",
                '<multiInstanceLoopCharacteristics isSequential="true"><loopDataInputRef>people</loopDataInputRef>'
                '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>',
            )
            + chain("s a e:end")
        ),
        [(start(people=["x", "y"]), ["a"]), (done("a"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "multi-instance over an empty list": (
        bpmn(
            node("s", "start")
            + node(
                "a",
                "user",
                "<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>"
                '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>',
            )
            + chain("s a b:user e:end")
        ),
        [(start(people=[]), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "multi-instance of a sub-process": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                "<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>"
                '<inputDataItem id="person"/></multiInstanceLoopCharacteristics>' + chain("xs:start xa:user xe:end"),
            )
            + chain("s x b:user e:end")
        ),
        [(start(people=["x", "y"]), ["xa", "xa"]), (done("xa"), ["xa"]), (done("xa"), ["b"]), (done("b"), [])],
        ["xe", "xe", "e"],
    ),
    "standard loop": (
        bpmn(
            node("s", "start")
            + node("a", "user", "<standardLoopCharacteristics><loopCondition>again</loopCondition></standardLoopCharacteristics>")
            + chain("s a b:user e:end")
        ),
        [(start(again=True), ["a"]), (done("a", again=True), ["a"]), (done("a", again=False), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "loop by flows": (
        bpmn(
            chain("s:start m:xor a:user")
            + node("g", "xor", default="g_e")
            + chain("a g")
            + flow("g", "m", "again")
            + flow("g", "e")
            + node("e", "end")
        ),
        [(start(), ["a"]), (done("a", again=True), ["a"]), (done("a", again=True), ["a"]), (done("a", again=False), [])],
        ["e"],
    ),
}
