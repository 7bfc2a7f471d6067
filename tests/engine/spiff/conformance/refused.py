"""One small diagram for each BPMN construct that is refused, with the rule and the element that the answer names."""

from __future__ import annotations

from tests.engine.spiff.conformance.steps import ERROR, MESSAGE, SIGNAL
from tests.engine.spiff.xml import bpmn, chain, definitions, error, extension, flow, message, node, operator, process, script, signal, timer

PLAIN = "s:start a:user e:end"
SUB = chain("xs:start xa:user xe:end")
LANES = (
    '<laneSet id="ls"><lane id="l1" name="A"><flowNodeRef>a</flowNodeRef></lane>'
    '<lane id="l2" name="B"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
)


def event_subprocess(start: str, **attributes: str) -> bytes:
    """A process with an event sub-process `x` that begins with the event definition."""
    inner = node("xs", "start", start, **attributes) + chain("xs xa:user xe:end")
    return bpmn(chain(PLAIN) + node("x", "sub", inner, triggeredByEvent="true"), before=MESSAGE + SIGNAL + ERROR)


def boundary(definition: str, **attributes: str) -> bytes:
    """A process whose task `a` has the boundary event `b`."""
    inner = chain(PLAIN) + node("b", "boundary", definition, **{"attachedToRef": "a", **attributes}) + chain("b f:end")
    return bpmn(inner, before=MESSAGE + SIGNAL + ERROR)


def between(element: str, before: str = "") -> bytes:
    """A process with the element `x` after its start."""
    return bpmn(node("s", "start") + element + chain("s x e:end"), before=before)


def multi(inner: str) -> str:
    """A user task `x` done several times."""
    return node("x", "user", f"<multiInstanceLoopCharacteristics>{inner}</multiInstanceLoopCharacteristics>")


#: name → (file, rule, element id)
CASES: dict[str, tuple[bytes, str, str | None]] = {
    # ------------------------------------------------------------ silently wrong in the library
    "event sub-process by error": (event_subprocess(error("err"), isInterrupting="false"), "event-subprocess-start", "x"),
    "event sub-process by escalation": (
        event_subprocess("<escalationEventDefinition/>", isInterrupting="false"),
        "event-subprocess-start",
        "x",
    ),
    "event sub-process by compensation": (
        event_subprocess("<compensateEventDefinition/>", isInterrupting="false"),
        "event-subprocess-start",
        "x",
    ),
    "event sub-process by nothing": (event_subprocess("", isInterrupting="false"), "event-subprocess-start", "x"),
    "event sub-process by timer": (event_subprocess(timer("Duration", "PT1H"), isInterrupting="false"), "event-subprocess-start", "x"),
    "event sub-process in a sub-process": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                SUB
                + node("y", "sub", node("ys", "start", message("m"), isInterrupting="false") + chain("ys ye:end"), triggeredByEvent="true"),
            )
            + chain("s x e:end"),
            before=MESSAGE,
        ),
        "nested-event-subprocess",
        "y",
    ),
    "event sub-process of a called process": (
        definitions(
            MESSAGE
            + process("p", node("s", "start"), node("c", "call", calledElement="q"), chain("s c e:end"))
            + process(
                "q",
                chain("qs:start qa:user qe:end"),
                node("y", "sub", node("ys", "start", message("m"), isInterrupting="false") + chain("ys ye:end"), triggeredByEvent="true"),
            )
        ),
        "nested-event-subprocess",
        "y",
    ),
    "conditional catch event": (
        between(node("x", "catch", "<conditionalEventDefinition><condition>ready</condition></conditionalEventDefinition>")),
        "conditional-event",
        "x",
    ),
    "conditional boundary event": (
        boundary("<conditionalEventDefinition><condition>ready</condition></conditionalEventDefinition>"),
        "conditional-event",
        "b",
    ),
    "interrupting event sub-process": (event_subprocess(message("m")), "interrupting-event-subprocess", "x"),
    "link throw event": (between(node("x", "throw", '<linkEventDefinition name="l"/>')), "link-event", "x"),
    "link catch event": (between(node("x", "catch", '<linkEventDefinition name="l"/>')), "link-event", "x"),
    "receive task without a message": (between(node("x", "receive")), "message-missing", "x"),
    "send task without a message": (between(node("x", "send")), "message-missing", "x"),
    "catch event without a message": (between(node("x", "catch", "<messageEventDefinition/>")), "message-missing", "x"),
    "signal event without a signal": (between(node("x", "catch", "<signalEventDefinition/>")), "signal-missing", "x"),
    "catch event without a trigger": (between(node("x", "catch")), "event-without-trigger", "x"),
    "boundary event without a trigger": (boundary(""), "event-without-trigger", "b"),
    "event with two triggers": (between(node("x", "catch", message("m") + signal("sig")), MESSAGE + SIGNAL), "several-triggers", "x"),
    "condition on a task's only flow": (
        bpmn(node("s", "start") + node("a", "user") + chain("s a") + flow("a", "e", "n > 1") + node("e", "end")),
        "condition-on-only-flow",
        "a_e",
    ),
    "error end event that nothing catches": (
        bpmn(chain("s:start a:user") + node("e", "end", error("err")) + chain("a e"), before=ERROR),
        "uncaught-error",
        "e",
    ),
    "error of a sub-process caught with another code": (
        bpmn(
            node("s", "start")
            + node("x", "sub", chain("xs:start xa:user") + node("xe", "end", error("err")) + chain("xa xe"))
            + chain("s x e:end")
            + node("b", "boundary", error("other"), attachedToRef="x")
            + chain("b f:end"),
            before=ERROR + '<error id="other" errorCode="E2"/>',
        ),
        "uncaught-error",
        "xe",
    ),
    "error caught two levels up": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                node("xs", "start")
                + node("y", "sub", chain("ys:start ya:user") + node("ye", "end", error("err")) + chain("ya ye"))
                + chain("xs y xe:end"),
            )
            + chain("s x e:end")
            + node("b", "boundary", error("err"), attachedToRef="x")
            + chain("b f:end"),
            before=ERROR,
        ),
        "uncaught-error",
        "ye",
    ),
    "escalation that interrupts its own sub-process": (
        bpmn(
            node("s", "start")
            + node(
                "x",
                "sub",
                node("xs", "start") + node("xt", "throw", '<escalationEventDefinition escalationRef="esc"/>') + chain("xs xt xe:end"),
            )
            + chain("s x e:end")
            + node("b", "boundary", '<escalationEventDefinition escalationRef="esc"/>', attachedToRef="x")
            + chain("b f:end"),
            before='<escalation id="esc" escalationCode="U"/>',
        ),
        "interrupts-itself",
        "b",
    ),
    "signal that interrupts its own sub-process": (
        bpmn(
            node("s", "start")
            + node("x", "sub", node("xs", "start") + node("xt", "throw", signal("sig")) + chain("xs xt xe:end"))
            + chain("s x e:end")
            + node("b", "boundary", signal("sig"), attachedToRef="x")
            + chain("b f:end"),
            before=SIGNAL,
        ),
        "interrupts-itself",
        "b",
    ),
    "a task in two lanes": (bpmn(LANES + chain(PLAIN)), "two-lanes", "a"),
    "an unnamed lane": (
        bpmn('<laneSet id="ls"><lane id="Lane_0a1b2c3"><flowNodeRef>a</flowNodeRef></lane></laneSet>' + chain(PLAIN)),
        "lane-without-role",
        "Lane_0a1b2c3",
    ),
    "flow into a sub-process": (
        bpmn(node("s", "start") + node("x", "sub", SUB) + chain("s x e:end") + chain("s a:user") + flow("a", "xa")),
        "flow-crosses-border",
        "a_xa",
    ),
    "flow between two processes": (
        definitions(process("p", chain(PLAIN), flow("a", "qa")) + process("q", chain("qs:start qa:user qe:end"))),
        "flow-crosses-border",
        "a_qa",
    ),
    "an unreachable task": (bpmn(chain(PLAIN) + chain("z:user e")), "unreachable", "z"),
    "an unreachable loop": (bpmn(chain(PLAIN) + chain("z:user y:user z")), "unreachable", "z"),
    "duplicate ids": (bpmn(chain(PLAIN) + node("a", "user")), "duplicate-id", "a"),
    "no executable process": (bpmn(chain(PLAIN), process='id="p" isExecutable="false"'), "no-executable-process", None),
    "a cycle of no length": (boundary(timer("Cycle", "R/PT0S"), cancelActivity="false"), "bad-timer", "b"),
    "a negative duration": (between(node("x", "catch", timer("Duration", "-PT5M"))), "bad-timer", "x"),
    "a quoted negative duration": (between(node("x", "catch", timer("Duration", '"-PT5M"'))), "bad-timer", "x"),
    "a timer without a time": (between(node("x", "catch", "<timerEventDefinition/>")), "bad-timer", "x"),
    "a cron timer": (between(node("x", "catch", timer("Cycle", '"0 0 9 * * ?"'))), "bad-timer", "x"),
    "a date that is none": (between(node("x", "catch", timer("Date", "2026-13-40T00:00:00Z"))), "bad-timer", "x"),
    "weeks beside days": (between(node("x", "catch", timer("Duration", "P1W2D"))), "bad-timer", "x"),
    "a start timer from data": (
        bpmn(node("s", "start", timer("Duration", "wait")) + chain("s a:user e:end")),
        "start-timer-expression",
        "s",
    ),
    "signal start of an embedded sub-process": (
        bpmn(
            node("s", "start") + node("x", "sub", node("xs", "start", signal("sig")) + chain("xs xe:end")) + chain("s x e:end"),
            before=SIGNAL,
        ),
        "subprocess-start-trigger",
        "xs",
    ),
    "conditional start event": (
        bpmn(
            node("s", "start", "<conditionalEventDefinition><condition>x</condition></conditionalEventDefinition>")
            + chain("s a:user e:end")
        ),
        "start-trigger",
        "s",
    ),
    "two start events without a trigger": (bpmn(chain(PLAIN) + chain("t:start a")), "several-plain-starts", "p"),
    "timer thrown": (between(node("x", "throw", timer("Duration", "PT1H"))), "event-position", "x"),
    "timer at the end": (bpmn(chain("s:start a:user") + node("e", "end", timer("Duration", "PT1H")) + chain("a e")), "event-position", "e"),
    # ------------------------------------------------------------ refused by the library
    "compensation event": (boundary("<compensateEventDefinition/>"), "compensation", "b"),
    "compensation activity": (bpmn(chain(PLAIN) + node("c", "user", isForCompensation="true")), "compensation", "c"),
    "complex gateway": (between(node("x", "complexGateway")), "unsupported-element", "x"),
    "ad-hoc sub-process": (between(node("x", "adHocSubProcess", SUB)), "unsupported-element", "x"),
    "transaction": (between(node("x", "transaction", SUB)), "unsupported-element", "x"),
    "cancel end event": (
        bpmn(chain("s:start a:user") + node("e", "end", "<cancelEventDefinition/>") + chain("a e")),
        "unsupported-element",
        "e",
    ),
    "data store": (bpmn(chain(PLAIN) + '<dataStoreReference id="r" name="archive"/>'), "data-store", "r"),
    "service task without an operator": (between(node("x", "service")), "service-without-operator", "x"),
    "business rule task without a decision": (between(node("x", "rule")), "decision-missing", "x"),
    "multi-instance without items": (between(multi("")), "multi-instance-items", "x"),
    "multi-instance with both": (
        between(multi("<loopCardinality>3</loopCardinality><loopDataInputRef>rows</loopDataInputRef>")),
        "multi-instance-items",
        "x",
    ),
    "multi-instance over an expression": (between(multi("<loopDataInputRef>form.rows</loopDataInputRef>")), "multi-instance-name", "x"),
    "loop without an end": (between(node("x", "user", "<standardLoopCharacteristics/>")), "loop-condition", "x"),
    "process without a start event": (bpmn(chain("a:user e:end")), "no-start-event", "p"),
    "sub-process without a start event": (between(node("x", "sub", chain("xa:user xe:end"))), "subprocess-start", "x"),
    "sub-process with two start events": (between(node("x", "sub", SUB + chain("xt:start xa"))), "subprocess-start", "x"),
    "sub-process without an end event": (between(node("x", "sub", chain("xs:start xa:user"))), "subprocess-end", "x"),
    "id Start": (bpmn(chain("Start:start a:user e:end")), "reserved-id", "Start"),
    "id End": (bpmn(chain("s:start a:user End:end")), "reserved-id", "End"),
    "id Root": (bpmn(chain("s:start Root:user e:end")), "reserved-id", "Root"),
    "call to an unknown process": (between(node("x", "call", calledElement="nowhere")), "unknown-called-process", "x"),
    "call to nothing": (between(node("x", "call")), "unknown-called-process", "x"),
    "process that calls itself": (between(node("x", "call", calledElement="p")), "recursive-call", "x"),
    "processes that call each other": (
        definitions(
            f'<process id="p" isExecutable="true">{node("s", "start")}{node("x", "call", calledElement="q")}{chain("s x e:end")}</process>'
            f'<process id="q" isExecutable="true">{node("t", "start")}{node("y", "call", calledElement="p")}{chain("t y f:end")}</process>'
        ),
        "recursive-call",
        "x",
    ),
    "exclusive flow without a condition": (
        bpmn(chain("s:start g:xor a:user e:end") + chain("g b:user e")),
        "flow-without-condition",
        "g_a",
    ),
    "event-based gateway before a task": (
        bpmn(chain("s:start g:either a:user e:end") + node("c", "catch", message("m")) + chain("g c e"), before=MESSAGE),
        "event-gateway-target",
        "g",
    ),
    "event-based gateway before a single event": (
        bpmn(chain("s:start g:either") + node("c", "catch", message("m")) + chain("g c e:end"), before=MESSAGE),
        "event-gateway-target",
        "g",
    ),
    "boundary event on a gateway": (
        bpmn(chain("s:start g:xor a:user e:end") + node("b", "boundary", message("m"), attachedToRef="g") + chain("b e"), before=MESSAGE),
        "boundary-host",
        "b",
    ),
    "flow into a start event": (bpmn(chain(PLAIN) + flow("a", "s")), "flow-at-wrong-end", "a_s"),
    "flow out of an end event": (bpmn(chain(PLAIN) + flow("e", "a")), "flow-at-wrong-end", "e_a"),
    "task inside a gateway": (bpmn(chain(PLAIN) + node("g", "xor", node("z", "user"))), "misplaced-element", "z"),
    "flow node without an id": (bpmn(chain(PLAIN) + "<userTask/>"), "missing-id", "p"),
    "script task without a script": (between(node("x", "script")), "script-missing", "x"),
    "script in another language": (between(node("x", "script", "<script>1</script>", scriptFormat="groovy")), "script-missing", "x"),
    "script that imports": (between(script("x", "import os")), "bad-script", "x"),
    "script that looks inside Python": (between(script("x", "a = ().__class__")), "bad-script", "x"),
    "script without end": (between(script("x", "n = 1\n" * 200_000)), "bad-script", "x"),
    "script that does not parse": (between(script("x", "a = = 1")), "bad-script", "x"),
    "script with a dotted field": (between(script("x", "n = order.count")), "expression-notation", "x"),
    "condition with a dotted field": (
        bpmn(
            node("s", "start")
            + node("g", "xor", default="g_e")
            + chain("s g a:user e:end").replace('<sequenceFlow id="g_a" sourceRef="g" targetRef="a"></sequenceFlow>', "")
            + flow("g", "a", "order.is_urgent == true")
            + flow("g", "e")
        ),
        "expression-notation",
        "g_a",
    ),
    "condition that does not parse": (
        bpmn(
            node("s", "start")
            + node("g", "xor", default="g_e")
            + chain("s g a:user e:end").replace('<sequenceFlow id="g_a" sourceRef="g" targetRef="a"></sequenceFlow>', "")
            + flow("g", "a", "${order.isUrgent()}")
            + flow("g", "e")
        ),
        "bad-expression",
        "g_a",
    ),
    # ------------------------------------------------------------ hangs in the library
    "data object two levels away": (
        bpmn(
            '<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o"/>'
            + node("s", "start")
            + node(
                "x",
                "sub",
                node("xs", "start")
                + node(
                    "y",
                    "sub",
                    node("ys", "start")
                    + node(
                        "ya",
                        "user",
                        '<dataInputAssociation id="dia"><sourceRef>r</sourceRef><targetRef>r</targetRef></dataInputAssociation>',
                    )
                    + chain("ys ya ye:end"),
                )
                + chain("xs y xe:end"),
            )
            + chain("s x e:end")
        ),
        "nested-data-object",
        "ya",
    ),
    "dangling data object reference": (
        bpmn(chain(PLAIN) + '<dataObjectReference id="r" dataObjectRef="nothing"/>'),
        "dangling-reference",
        "r",
    ),
    "dangling flow target": (bpmn(chain(PLAIN) + flow("a", "nothing")), "dangling-reference", "a_nothing"),
    "dangling message": (between(node("x", "receive", messageRef="nothing")), "dangling-reference", "x"),
    "dangling default flow": (between(node("x", "user", default="nothing")), "dangling-reference", "x"),
    "dangling boundary host": (boundary(message("m"), attachedToRef="nothing"), "dangling-reference", "b"),
    "cycle in which nobody waits": (bpmn(chain("s:start m:xor") + script("x", "n = 1") + chain("m x m")), "endless-cycle", "m"),
    "token bomb": (
        bpmn(chain("s:start m:xor f:and") + script("x", "n = 1") + script("y", "n = 1") + chain("f x m") + chain("f y m")),
        "endless-cycle",
        "m",
    ),
    "token bomb with a way out": (
        bpmn(chain("s:start m:xor f:and") + script("x", "n = 1") + chain("f x m") + chain("f a:user e:end")),
        "endless-cycle",
        "m",
    ),
    "gateway without a flow out": (bpmn(chain("s:start g:xor")), "gateway-without-exit", "g"),
    "message that is a signal": (between(node("x", "catch", message("sig")), SIGNAL), "dangling-reference", "x"),
    "default flow of another gateway": (between(node("x", "xor", default="s_x")), "dangling-reference", "x"),
    "cycle timer on an interrupting boundary event": (boundary(timer("Cycle", "R3/PT1H")), "cycle-position", "b"),
    "cycle timer in the flow": (between(node("x", "catch", timer("Cycle", "R3/PT1H"))), "cycle-position", "x"),
    "error boundary event on a task": (boundary(error("err")), "nothing-throws", "b"),
    "escalation boundary event on a task": (boundary("<escalationEventDefinition/>", cancelActivity="false"), "nothing-throws", "b"),
    "script on an event": (between(node("x", "throw", extension("preScript", "n = 1"))), "script-ignored", "x"),
    "script before a script": (
        between(node("x", "script", extension("preScript", "n = 1") + "<script>n = 2</script>")),
        "script-ignored",
        "x",
    ),
    "service task that expects a result": (
        between(node("x", "service", operator("notify").replace('id="notify"', 'id="notify" resultVariable="answer"'))),
        "service-result",
        "x",
    ),
    "cycle of tasks without a gateway": (bpmn(chain("s:start a:user b:user a")), "cycle-without-decision", "a"),
    "a task that leads to itself": (bpmn(chain("s:start a:user a")), "cycle-without-decision", "a"),
    "cycle by way of a parallel gateway": (
        bpmn(chain("s:start a:user f:and b:user a") + chain("f c:user e:end")),
        "cycle-without-decision",
        "a",
    ),
    "six hundred tasks in a row": (
        bpmn(chain("s:start " + " ".join(f"t{number}:user" for number in range(600)) + " e:end")),
        "long-row",
        "p",
    ),
    "endless cycle in a sub-process": (
        between(
            node(
                "x",
                "sub",
                chain("xs:start xm:xor")
                + script("xx", "n = 1")
                + chain("xm xx xm")
                + chain("xs y:user xe:end").replace('id="xs_y"', 'id="f9"'),
            )
        ),
        "endless-cycle",
        "xm",
    ),
}
