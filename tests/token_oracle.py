"""What a right engine would do with a random plan: a small interpreter of its blocks, independent of SpiffWorkflow and of ours.

Data are one dictionary with the latest value of each variable, which is what a designer expects: a plan never reads a variable that
two branches at once could set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.random_diagrams import (
    ROWS,
    Block,
    Boundary,
    Call,
    Exclusive,
    Inclusive,
    Loop,
    Multi,
    Parallel,
    Plan,
    Script,
    Sequence,
    Sub,
    Wait,
    Work,
)


@dataclass(slots=True)
class Point:
    """Something that waits: for a person, a message or a moment."""

    kind: str
    element: str
    #: for timers: seconds since the start
    due: int | None
    run: _Run


class Oracle:
    """Steps through a plan. `now` is in seconds since the start."""

    def __init__(self, plan: Plan, start: int) -> None:
        self.data: dict[str, Any] = {"start": start}
        self.now = 0
        self.scope = _Scope(self, plan.root)

    @property
    def is_ended(self) -> bool:
        """Whether every token reached an end."""
        return self.scope.is_done

    def points(self) -> list[Point]:
        """Everything that waits now."""
        return list(self.scope.points())

    def work(self) -> Counter[str]:
        """How many work items are open of each element."""
        return Counter(point.element for point in self.points() if point.kind == "work")

    def waiting(self, kind: str) -> Counter[str]:
        """How many tokens wait at each `timer` or `message` event."""
        return Counter(point.element for point in self.points() if point.kind == kind)

    def complete(self, element: str, value: int) -> None:
        """A person completes one item of the element."""
        point = next(point for point in self.points() if point.kind == "work" and point.element == element)
        if not isinstance(point.run, _Multi):
            self.data[element] = value
        point.run.trigger(point)

    def send(self, element: str) -> None:
        """Every token that waits for the element's message gets it."""
        for point in self.points():
            if point.kind == "message" and point.element == element:
                point.run.trigger(point)

    def pass_time(self, seconds: int) -> None:
        """Let time pass; timers fire in the order in which they fall due."""
        until = self.now + seconds
        while any(point.due is not None and point.due <= until for point in self.points()):
            self.fire_next_timer()
        self.now = until

    def fire_next_timer(self) -> tuple[str, int]:
        """Let time pass up to the earliest timer and let it fire; returns its element and moment."""
        point = min((point for point in self.points() if point.due is not None), key=lambda point: point.due or 0)
        assert point.due is not None
        self.now = max(self.now, point.due)
        point.run.trigger(point)
        return point.element, point.due


class _Run:
    """One activation of a block."""

    def __init__(self, scope: _Scope) -> None:
        self.scope = scope
        self.oracle = scope.oracle
        self.is_done = False

    def points(self) -> Iterator[Point]:
        return iter(())

    def trigger(self, point: Point) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """Go on as far as possible without waiting."""


class _Leaf(_Run):
    """Waits once, for one thing."""

    def __init__(self, scope: _Scope, kind: str, element: str, due: int | None = None) -> None:
        super().__init__(scope)
        self._point = Point(kind, element, due, self)

    def points(self) -> Iterator[Point]:
        if not self.is_done:
            yield self._point

    def trigger(self, point: Point) -> None:
        self.is_done = True
        self.oracle.scope.settle()


class _Multi(_Run):
    """One item an entry, at once or in order."""

    def __init__(self, scope: _Scope, block: Multi) -> None:
        super().__init__(scope)
        self._left = len(ROWS) if block.cardinality is None else block.cardinality
        self._block = block

    def points(self) -> Iterator[Point]:
        for _ in range(min(self._left, 1) if self._block.sequential else self._left):
            yield Point("work", self._block.id, None, self)

    def trigger(self, point: Point) -> None:
        self._left -= 1
        self.is_done = self._left == 0
        self.oracle.scope.settle()


class _Sequence(_Run):
    """One after the other; each is started when the one before is done."""

    def __init__(self, scope: _Scope, blocks: list[Block]) -> None:
        super().__init__(scope)
        self._left = blocks
        self._current: _Run | None = None

    def points(self) -> Iterator[Point]:
        return self._current.points() if self._current is not None else iter(())

    def settle(self) -> None:
        while True:
            if self._current is not None:
                self._current.settle()
                if not self._current.is_done:
                    return
            if not self._left:
                self.is_done, self._current = True, None
                return
            self._current = _start(self.scope, self._left.pop(0))


class _All(_Run):
    """Several at once; done when all are."""

    def __init__(self, scope: _Scope, blocks: list[Block]) -> None:
        super().__init__(scope)
        self._runs = [_start(scope, block) for block in blocks]

    def points(self) -> Iterator[Point]:
        for run in self._runs:
            yield from run.points()

    def settle(self) -> None:
        for run in self._runs:
            run.settle()
        self.is_done = all(run.is_done for run in self._runs)


class _Loop(_Run):
    """The body again and again."""

    def __init__(self, scope: _Scope, block: Loop) -> None:
        super().__init__(scope)
        self._block = block
        self._rounds = 0
        self._body = _start(scope, block.body)

    def points(self) -> Iterator[Point]:
        return self._body.points() if not self.is_done else iter(())

    def settle(self) -> None:
        while not self.is_done:
            self._body.settle()
            if not self._body.is_done:
                return
            self._rounds += 1
            self.is_done = self._rounds == self._block.rounds
            if not self.is_done:
                self._body = _start(self.scope, self._block.body)


class _Scope(_Run):
    """A process or sub-process: its main flow and the handlers that run beside it."""

    def __init__(self, oracle: Oracle, body: Block) -> None:
        self.oracle = oracle
        oracle.scope = getattr(oracle, "scope", self)
        super().__init__(self)
        self.side: list[_Run] = []
        self._main = _start(self, body)
        self.settle()

    def points(self) -> Iterator[Point]:
        for run in (self._main, *self.side):
            if not run.is_done:
                yield from run.points()

    def settle(self) -> None:
        self._main.settle()
        for run in self.side:
            run.settle()
        self.is_done = self._main.is_done and all(run.is_done for run in self.side)


class _Boundary(_Run):
    """A host with an event on its border."""

    def __init__(self, scope: _Scope, block: Boundary) -> None:
        super().__init__(scope)
        self._block = block
        self._main = _start(scope, block.host)
        self._is_armed = True
        due = scope.oracle.now + block.seconds if block.kind == "timer" else None
        self._point = Point(block.kind, block.id, due, self)

    def points(self) -> Iterator[Point]:
        yield from self._main.points()
        if self._is_armed:
            yield self._point

    def trigger(self, point: Point) -> None:
        self._is_armed = False
        handler = _start(self.scope, self._block.handler)
        if self._block.interrupting:
            self._main = handler
        else:
            self.scope.side.append(handler)
        self.oracle.scope.settle()

    def settle(self) -> None:
        self._main.settle()
        if self._main.is_done:
            self.is_done, self._is_armed = True, False


def _start(scope: _Scope, block: Block) -> _Run:
    data, now = scope.oracle.data, scope.oracle.now
    match block:
        case Work(id=name):
            return _Leaf(scope, "work", name)
        case Wait(id=name, kind=kind, seconds=seconds):
            return _Leaf(scope, kind, name, now + seconds if kind == "timer" else None)
        case Script(id=name, source=source):
            data[name] = data[source] + 1
            return _Sequence(scope, [])
        case Multi():
            return _Multi(scope, block)
        case Sequence(blocks=blocks):
            return _Sequence(scope, list(blocks))
        case Exclusive(variable=variable, branches=branches):
            return _start(scope, branches[data[variable] % len(branches)])
        case Inclusive(variable=variable, branches=branches):
            chosen = [branch for number, branch in enumerate(branches[:-1]) if data[variable] // 2**number % 2 == 1]
            return _All(scope, chosen or [branches[-1]])
        case Parallel(branches=branches):
            return _All(scope, list(branches))
        case Loop():
            return _Loop(scope, block)
        case Sub(body=body) | Call(body=body):
            return _Scope(scope.oracle, body)
        case Boundary():
            return _Boundary(scope, block)
