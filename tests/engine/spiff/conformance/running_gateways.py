"""Gateways: small diagrams with what is open after each step."""

from __future__ import annotations

from tests.engine.spiff.conformance.steps import MESSAGE, Case, done, passed_time, start
from tests.engine.spiff.xml import bpmn, chain, flow, message, node, timer

CASES: dict[str, Case] = {
    "exclusive gateway takes the first that holds": (
        bpmn(
            chain("s:start")
            + node("g", "xor", default="g_c")
            + chain("s g")
            + node("a", "user")
            + flow("g", "a", "n > 1")
            + node("b", "user")
            + flow("g", "b", "n > 0")
            + node("c", "user")
            + flow("g", "c")
            + chain("a e:end")
            + chain("b e")
            + chain("c e")
        ),
        [(start(n=2), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "exclusive gateway takes the default": (
        bpmn(
            chain("s:start")
            + node("g", "xor", default="g_c")
            + chain("s g")
            + node("a", "user")
            + flow("g", "a", "n > 1")
            + node("c", "user")
            + flow("g", "c")
            + node("e", "end")
            + chain("a e")
            + chain("c e")
        ),
        [(start(n=0), ["c"]), (done("c"), [])],
        ["e"],
    ),
    "exclusive merge": (
        bpmn(
            chain("s:start")
            + node("g", "xor", default="g_b")
            + chain("s g")
            + node("a", "user")
            + node("b", "user")
            + flow("g", "a", "n > 1")
            + flow("g", "b")
            + chain("a m:xor c:user e:end")
            + chain("b m")
        ),
        [(start(n=5), ["a"]), (done("a"), ["c"]), (done("c"), [])],
        ["e"],
    ),
    "parallel fork and join": (
        bpmn(chain("s:start f:and a:user j:and c:user e:end") + chain("f b:user j")),
        [(start(), ["a", "b"]), (done("a"), ["b"]), (done("b"), ["c"]), (done("c"), [])],
        ["e"],
    ),
    "parallel fork without join": (
        bpmn(chain("s:start f:and a:user e:end") + chain("f b:user e2:end")),
        [(start(), ["a", "b"]), (done("b"), ["a"]), (done("a"), [])],
        ["e2", "e"],
    ),
    "parallel join in a loop": (
        bpmn(
            chain("s:start m:xor f:and a:user j:and")
            + chain("f b:user j")
            + node("g", "xor", default="g_e")
            + chain("j g")
            + flow("g", "m", "again")
            + flow("g", "e")
            + node("e", "end")
        ),
        [
            (start(), ["a", "b"]),
            (done("a"), ["b"]),
            (done("b", again=True), ["a", "b"]),
            (done("b", again=True), ["a"]),
            (done("a", again=True), ["a", "b"]),
            (done("a", again=False), ["b"]),
            (done("b", again=False), []),
        ],
        ["e"],
    ),
    "inclusive fork and join": (
        bpmn(
            chain("s:start")
            + node("f", "or", default="f_c")
            + chain("s f")
            + node("a", "user")
            + node("b", "user")
            + node("c", "user")
            + flow("f", "a", "x")
            + flow("f", "b", "y")
            + flow("f", "c")
            + chain("a j:or d:user e:end")
            + chain("b j")
            + chain("c j")
        ),
        [(start(x=True, y=True), ["a", "b"]), (done("b"), ["a"]), (done("a"), ["d"]), (done("d"), [])],
        ["e"],
    ),
    "inclusive gateway takes one": (
        bpmn(
            chain("s:start")
            + node("f", "or", default="f_c")
            + chain("s f")
            + node("a", "user")
            + node("b", "user")
            + node("c", "user")
            + flow("f", "a", "x")
            + flow("f", "b", "y")
            + flow("f", "c")
            + chain("a j:or d:user e:end")
            + chain("b j")
            + chain("c j")
        ),
        [(start(x=False, y=True), ["b"]), (done("b"), ["d"]), (done("d"), [])],
        ["e"],
    ),
    "inclusive gateway takes the default": (
        bpmn(
            chain("s:start")
            + node("f", "or", default="f_c")
            + chain("s f")
            + node("a", "user")
            + node("c", "user")
            + flow("f", "a", "x")
            + flow("f", "c")
            + chain("a j:or d:user e:end")
            + chain("c j")
        ),
        [(start(x=False), ["c"]), (done("c"), ["d"]), (done("d"), [])],
        ["e"],
    ),
    "inclusive join in a loop": (
        bpmn(
            chain("s:start m:xor")
            + node("f", "or", default="f_b")
            + chain("m f")
            + node("a", "user")
            + node("b", "user")
            + flow("f", "a", "x")
            + flow("f", "b")
            + chain("a j:or")
            + chain("b j")
            + node("g", "xor", default="g_e")
            + chain("j g")
            + flow("g", "m", "again")
            + flow("g", "e")
            + node("e", "end")
        ),
        [
            (start(x=True), ["a"]),
            (done("a", again=True, x=False), ["b"]),
            (done("b", again=True, x=True), ["a"]),
            (done("a", again=False), []),
        ],
        ["e"],
    ),
    "implicit fork becomes parallel": (
        bpmn(chain("s:start a:user b:user e:end") + chain("a c:user e2:end")),
        [(start(), ["a"]), (done("a"), ["b", "c"]), (done("c"), ["b"]), (done("b"), [])],
        ["e2", "e"],
    ),
    "implicit fork with conditions becomes inclusive": (
        bpmn(
            node("s", "start")
            + node("a", "user", default="a_d")
            + chain("s a")
            + node("b", "user")
            + node("c", "user")
            + node("d", "user")
            + flow("a", "b", "n > 1")
            + flow("a", "c", "n > 2")
            + flow("a", "d")
            + node("e", "end")
            + chain("b e")
            + chain("c e")
            + chain("d e")
        ),
        [(start(), ["a"]), (done("a", n=3), ["b", "c"]), (done("c"), ["b"]), (done("b"), [])],
        ["e", "e"],
    ),
    "implicit merge passes each token": (
        bpmn(chain("s:start f:and a:user c:user e:end") + chain("f b:user c")),
        [(start(), ["a", "b"]), (done("a"), ["b", "c"]), (done("b"), ["c", "c"]), (done("c"), ["c"]), (done("c"), [])],
        ["e", "e"],
    ),
    "event-based gateway, message first": (
        bpmn(
            chain("s:start g:either")
            + node("c", "catch", message("m"))
            + node("t", "catch", timer("Duration", '"PT1H"'))
            + chain("g c a:user e:end")
            + chain("g t b:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), []), (("send", "message", "paid"), ["a"]), (passed_time(hours=2), ["a"]), (done("a"), [])],
        ["e"],
    ),
    "event-based gateway, timer first": (
        bpmn(
            chain("s:start g:either")
            + node("c", "catch", message("m"))
            + node("t", "catch", timer("Duration", '"PT1H"'))
            + chain("g c a:user e:end")
            + chain("g t b:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), []), (passed_time(hours=1), ["b"]), (done("b"), [])],
        ["e2"],
    ),
    "event-based gateway before a receive task": (
        bpmn(
            chain("s:start g:either")
            + node("r", "receive", messageRef="m")
            + node("t", "catch", timer("Duration", "PT1H"))
            + chain("g r a:user e:end")
            + chain("g t b:user e2:end"),
            before=MESSAGE,
        ),
        [(start(), []), (("send", "message", "paid"), ["a"]), (passed_time(hours=2), ["a"]), (done("a"), [])],
        ["e"],
    ),
}
