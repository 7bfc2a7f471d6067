"""Constructs together, and what an import puts right: small diagrams with what is open after each step."""

from __future__ import annotations

from tests.engine.spiff.conformance.steps import ERROR, MESSAGE, Case, done, passed_time, start
from tests.engine.spiff.xml import bpmn, chain, definitions, error, flow, message, node, process, timer


def _behind_a_timer(repeats: str) -> bytes:
    return bpmn(
        chain("s:start a:user e:end")
        + node("b", "boundary", timer("Duration", "PT1H"), attachedToRef="a", cancelActivity="false")
        + node("n", "user", repeats)
        + chain("b n e2:end")
    )


CASES: dict[str, Case] = {
    "two boundary events on one task": (
        bpmn(
            chain("s:start a:user e:end")
            + node("b", "boundary", message("m"), attachedToRef="a")
            + chain("b c:user e2:end")
            + node("t", "boundary", timer("Duration", "PT1H"), attachedToRef="a", cancelActivity="false")
            + chain("t d:user e3:end"),
            before=MESSAGE,
        ),
        [
            (start(), ["a"]),
            (passed_time(hours=1), ["a", "d"]),
            (("send", "message", "paid"), ["c", "d"]),
            (done("d"), ["c"]),
            (done("c"), []),
        ],
        ["e3", "e2"],
    ),
    "parallel instances behind a timer that does not interrupt": (
        _behind_a_timer("<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "n", "n"]), (done("n"), ["a", "n"]), (done("n"), ["a"]), (done("a"), [])],
        ["e2", "e"],
    ),
    "instances in sequence behind a timer that does not interrupt": (
        _behind_a_timer(
            '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>'
        ),
        [(start(), ["a"]), (passed_time(hours=1), ["a", "n"]), (done("n"), ["a", "n"]), (done("n"), ["a"]), (done("a"), [])],
        ["e2", "e"],
    ),
    "boundary timer on a call": (
        definitions(
            f'<process id="p" isExecutable="true">{node("s", "start")}{node("c", "call", calledElement="q")}{chain("s c e:end")}'
            f"{node('b', 'boundary', timer('Duration', 'PT1H'), attachedToRef='c')}{chain('b late:user e2:end')}</process>"
            f'<process id="q" isExecutable="true">{chain("qs:start qa:user qe:end")}</process>'
        ),
        [(start(), ["qa"]), (passed_time(hours=1), ["late"]), (done("late"), [])],
        ["e2"],
    ),
    "boundary message on a multi-instance": (
        bpmn(
            node("s", "start")
            + node("a", "user", "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>")
            + chain("s a e:end")
            + node("b", "boundary", message("m"), attachedToRef="a")
            + chain("b c:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), ["a", "a"]), (done("a"), ["a"]), (("send", "message", "paid"), ["c"]), (done("c"), [])],
        ["e2"],
    ),
    "sub-process in a loop": (
        bpmn(
            chain("s:start m:xor")
            + node("x", "sub", chain("xs:start xa:user xe:end"))
            + node("g", "xor", default="g_e")
            + chain("m x g")
            + flow("g", "m", "again")
            + flow("g", "e")
            + node("e", "end")
        ),
        [(start(), ["xa"]), (done("xa", again=True), ["xa"]), (done("xa", again=False), [])],
        ["xe", "xe", "e"],
    ),
    "call in a loop": (
        definitions(
            process(
                "p",
                chain("s:start m:xor") + node("c", "call", calledElement="q") + node("g", "xor", default="g_e") + chain("m c g"),
                flow("g", "m", "again") + flow("g", "e") + node("e", "end"),
            )
            + process("q", chain("qs:start qa:user qe:end"))
        ),
        [(start(), ["qa"]), (done("qa", again=True), ["qa"]), (done("qa", again=False), [])],
        ["qe", "qe", "e"],
    ),
    "event-based gateway in a loop": (
        bpmn(
            chain("s:start m0:xor g:either")
            + node("c", "catch", message("m"))
            + node("t", "catch", timer("Duration", "PT1H"))
            + chain("g c a:user m0")
            + chain("g t e:end"),
            before=MESSAGE,
        ),
        [
            (start(), []),
            (("send", "message", "paid"), ["a"]),
            (done("a"), []),
            (("send", "message", "paid"), ["a"]),
            (done("a"), []),
            (passed_time(hours=1), []),
        ],
        ["e"],
    ),
    "error in one branch ends the whole sub-process": (
        bpmn(
            node("s", "start")
            + node(
                "x", "sub", chain("xs:start f:and xa:user") + node("xe", "end", error("err")) + chain("xa xe") + chain("f xb:user xe2:end")
            )
            + chain("s x e:end")
            + node("b", "boundary", error("err"), attachedToRef="x")
            + chain("b c:user e2:end"),
            before=ERROR,
        ),
        [(start(), ["xa", "xb"]), (done("xa"), ["c"]), (done("c"), [])],
        ["xe", "e2"],
    ),
    "parallel gateway that joins and forks": (
        bpmn(chain("s:start f:and a:user j:and c:user e:end") + chain("f b:user j d:user e2:end")),
        [(start(), ["a", "b"]), (done("a"), ["b"]), (done("b"), ["c", "d"]), (done("c"), ["d"]), (done("d"), [])],
        ["e", "e2"],
    ),
    "nested parallel forks": (
        bpmn(chain("s:start f:and a:user j:and e:end") + chain("f g:and b:user k:and j") + chain("g c:user k")),
        [(start(), ["a", "b", "c"]), (done("c"), ["a", "b"]), (done("b"), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "timer in a sub-process": (
        bpmn(
            node("s", "start")
            + node("x", "sub", node("xs", "start") + node("xt", "catch", timer("Duration", "PT5M")) + chain("xs xt xa:user xe:end"))
            + chain("s x e:end")
        ),
        [(start(), []), (passed_time(minutes=5), ["xa"]), (done("xa"), [])],
        ["xe", "e"],
    ),
    "data object in its own scope": (
        bpmn(
            '<dataObject id="note"/><dataObjectReference id="r" dataObjectRef="note"/>'
            + node("s", "start")
            + node(
                "a", "user", '<dataOutputAssociation id="out"><sourceRef>note</sourceRef><targetRef>r</targetRef></dataOutputAssociation>'
            )
            + node("b", "user", '<dataInputAssociation id="in"><sourceRef>r</sourceRef><targetRef>r</targetRef></dataInputAssociation>')
            + chain("s a b e:end")
        ),
        [(start(), ["a"]), (done("a", note="x"), ["b"]), (done("b"), [])],
        ["e"],
    ),
    "three hundred tasks in a row": (
        bpmn(chain("s:start " + " ".join(f"t{number}:task" for number in range(300)) + " a:user e:end")),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "a hundred branches": (
        bpmn(chain("s:start f:and") + "".join(chain(f"f t{number}:task j") for number in range(100)) + chain("j:and a:user e:end")),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "flow without an id": (
        bpmn(chain("s:start a:user e:end").replace('id="s_a" ', "")),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "JUEL condition": (
        bpmn(
            chain("s:start")
            + node("g", "xor", default="g_b")
            + chain("s g")
            + node("a", "user")
            + flow("g", "a", "${order.kind == 'urgent' && n >= 2}")
            + node("b", "user")
            + flow("g", "b")
            + chain("a e:end")
            + chain("b e")
        ),
        [(start(order={"kind": "urgent"}, n=2), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "FEEL condition": (
        bpmn(
            chain("s:start")
            + node("g", "xor", default="g_b")
            + chain("s g")
            + node("a", "user")
            + flow("g", "a", '= kind = "urgent" and not(late)')
            + node("b", "user")
            + flow("g", "b")
            + chain("a e:end")
            + chain("b e")
        ),
        [(start(kind="urgent", late=False), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "executable not said": (
        bpmn(chain("s:start a:user e:end"), process='id="p"'),
        [(start(), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "no end event": (bpmn(chain("s:start a:user b:user")), [(start(), ["a"]), (done("a"), ["b"]), (done("b"), [])], []),
}
