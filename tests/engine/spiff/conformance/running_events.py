"""Events: small diagrams with what is open after each step."""

from __future__ import annotations

from tests.engine.spiff.conformance.steps import MESSAGE, SIGNAL, Case, done, passed_time, start
from tests.engine.spiff.xml import bpmn, chain, message, node, signal, timer

CASES: dict[str, Case] = {
    "message catch event": (
        bpmn(node("s", "start") + node("c", "catch", message("m")) + chain("s c a:user e:end"), before=MESSAGE),
        [(start(), []), (("send", "message", "paid"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "signal catch event": (
        bpmn(node("s", "start") + node("c", "catch", signal("sig")) + chain("s c a:user e:end"), before=SIGNAL),
        [(start(), []), (("send", "signal", "alarm"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "message start event": (
        bpmn(node("s", "start", message("m")) + chain("s a:user e:end"), before=MESSAGE),
        [(("start", {}, "s", {"amount": 5}), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "timer start event": (
        bpmn(node("s", "start", timer("Cycle", "R/2026-04-01T08:00:00+08:00/P1M")) + chain("s a:user e:end")),
        [(("start", {}, "s"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "several start events": (
        bpmn(chain("s:start a:user e:end") + node("s2", "start", message("m")) + chain("s2 b:user e"), before=MESSAGE),
        [(("start", {}, "s2"), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "timer catch event, plain ISO": (
        bpmn(node("s", "start") + node("c", "catch", timer("Duration", "PT20M")) + chain("s c a:user e:end")),
        [(start(), []), (passed_time(minutes=19), []), (passed_time(minutes=1), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "timer from data": (
        bpmn(node("s", "start") + node("c", "catch", timer("Duration", "wait")) + chain("s c a:user e:end")),
        [(start(wait="P1D"), []), (passed_time(hours=23), []), (passed_time(hours=1), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "date timer": (
        bpmn(node("s", "start") + node("c", "catch", timer("Date", "2026-03-02T12:00:00+08:00")) + chain("s c a:user e:end")),
        [(start(), []), (passed_time(hours=3), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "interrupting boundary timer": (
        bpmn(
            chain("s:start a:user e:end")
            + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a")
            + chain("b late:user e2:end")
        ),
        [(start(), ["a"]), (passed_time(hours=1), ["late"]), (done("late"), [])],
        ["e2"],
    ),
    "boundary timer that comes too late": (
        bpmn(
            chain("s:start a:user c:user e:end")
            + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a")
            + chain("b late:user e2:end")
        ),
        [(start(), ["a"]), (done("a"), ["c"]), (passed_time(hours=2), ["c"]), (done("c"), [])],
        ["e"],
    ),
    "non-interrupting boundary timer": (
        bpmn(
            chain("s:start a:user e:end")
            + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a", cancelActivity="false")
            + chain("b late:user e2:end")
        ),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "late"]), (done("late"), ["a"]), (done("a"), [])],
        ["e2", "e"],
    ),
    "non-interrupting boundary timer, repeated": (
        bpmn(
            chain("s:start a:user e:end")
            + node("b", "boundary", timer("Cycle", "R2/PT1H"), attachedToRef="a", cancelActivity="false")
            + chain("b late:user e2:end")
        ),
        [
            (start(), ["a"]),
            (passed_time(hours=1), ["a", "late"]),
            (passed_time(hours=1), ["a", "late", "late"]),
            (passed_time(hours=9), ["a", "late", "late"]),
            (done("late"), ["a", "late"]),
            (done("late"), ["a"]),
            (done("a"), []),
        ],
        ["e2", "e2", "e"],
    ),
    "interrupting boundary message": (
        bpmn(
            chain("s:start a:user e:end") + node("b", "boundary", message("m"), attachedToRef="a") + chain("b c:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), [])],
        ["e2"],
    ),
    "interrupting boundary signal": (
        bpmn(
            chain("s:start a:user e:end") + node("b", "boundary", signal("sig"), attachedToRef="a") + chain("b c:user e2:end"),
            before=SIGNAL,
        ),
        [(start(), ["a"]), (("send", "signal", "alarm"), ["c"]), (done("c"), [])],
        ["e2"],
    ),
    "boundary event that goes back to its own task": (
        bpmn(chain("s:start a:user e:end") + node("b", "boundary", message("m"), attachedToRef="a") + chain("b c:user a"), before=MESSAGE),
        [
            (start(), ["a"]),
            (("send", "message", "paid"), ["c"]),
            (done("c"), ["a"]),
            (("send", "message", "paid"), ["c"]),
            (done("c"), ["a"]),
            (done("a"), []),
        ],
        ["e"],
    ),
    "message throw event": (
        bpmn(node("s", "start") + node("t", "throw", message("m")) + chain("s t a:user e:end"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "signal throw event reaches a catch of the same instance": (
        bpmn(
            chain("s:start f:and a:user")
            + node("t", "throw", signal("sig"))
            + chain("a t e:end")
            + node("c", "catch", signal("sig"))
            + chain("f c b:user e2:end"),
            before=SIGNAL,
        ),
        [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])],
        ["e", "e2"],
    ),
    "plain throw event passes": (bpmn(chain("s:start t:throw a:user e:end")), [(start(), ["a"]), (done("a"), [])], ["e"]),
    "signal end event": (
        bpmn(
            chain("s:start f:and a:user")
            + node("e", "end", signal("sig"))
            + chain("a e")
            + node("c", "catch", signal("sig"))
            + chain("f c b:user e2:end"),
            before=SIGNAL,
        ),
        [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])],
        ["e", "e2"],
    ),
    "message end event": (
        bpmn(node("s", "start") + node("e", "end", message("m")) + chain("s a:user e"), before=MESSAGE),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "terminate end event": (
        bpmn(chain("s:start f:and a:user") + node("e", "end", "<terminateEventDefinition/>") + chain("a e") + chain("f b:user e2:end")),
        [(start(), ["a", "b"]), (done("a"), [])],
        ["e"],
    ),
}
