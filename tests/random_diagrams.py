"""Random block-structured diagrams, reproducible by seed, as a tree of blocks and as BPMN.

The tree is what `tests.token_oracle` interprets to know what a right engine would do. Every gateway's condition reads only
data that must have been set by then, and every block ends, so a wrong condition or an endless run is the engine's fault.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' id="definitions" targetNamespace="urn:random">\n'
)
ROLES = ("customer_service", "repair_worker", "manager")


@dataclass(frozen=True, slots=True)
class Work:
    """A user task: a person sets `<id>` to `{"v": number}`."""

    id: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script task that sets `<id>` to `{"v": source's v + 1}`."""

    id: str
    source: str


@dataclass(frozen=True, slots=True)
class Wait:
    """An intermediate event: a message `message_<id>`, or a timer."""

    id: str
    kind: str
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Branch number `v % branches` of a variable; the last one is the default flow."""

    id: str
    variable: str
    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Inclusive:
    """Branch i is taken where bit i of the variable's v is set; the last one is the default flow, taken when no other is."""

    id: str
    variable: str
    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """All branches."""

    id: str
    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """The body, a fixed number of times, by a counter in the data."""

    id: str
    body: Block
    rounds: int


@dataclass(frozen=True, slots=True)
class Sub:
    """An embedded sub-process."""

    id: str
    body: Block


@dataclass(frozen=True, slots=True)
class Call:
    """A call activity; the called process is `called_<id>`."""

    id: str
    body: Block


@dataclass(frozen=True, slots=True)
class Multi:
    """A user task for each entry: parallel or in order, by a number or over the list `rows`."""

    id: str
    sequential: bool
    #: None: over `rows`
    cardinality: int | None


@dataclass(frozen=True, slots=True)
class Boundary:
    """An event on the border of a user task or sub-process, and what happens then."""

    id: str
    host: Work | Sub
    kind: str
    seconds: int
    interrupting: bool
    handler: Block


Block = Work | Script | Wait | Sequence | Exclusive | Inclusive | Parallel | Loop | Sub | Call | Multi | Boundary
#: entries of the list that a multi-instance may run over
ROWS = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a random diagram may hold."""

    #: about how many user tasks
    size: int = 10
    #: also what the library by itself gets wrong, and ours mends: joins inside a loop, multi-instances over a list,
    #: inclusive gateways with an empty branch or with more than user tasks between them
    mended: bool = True


@dataclass(slots=True)
class Plan:
    """A random process."""

    seed: int
    root: Block
    #: whole BPMN file
    xml: bytes
    #: variables that are set at the end, whatever the path
    known: frozenset[str]


def random_plan(seed: int, shape: Shape = Shape(), key: str = "random_process") -> Plan:
    """The same plan for the same seed and shape."""
    grower = _Grower(seed, shape)
    root, known = grower.sequence(frozenset({"start"}), depth=0, in_loop=False)
    return Plan(seed, root, to_bpmn(root, key), known)


class _Grower:
    """Grows blocks; `known` are the variables that are set whenever a token gets there."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.rnd = random.Random(seed)
        self.shape = shape
        # sub-processes and called processes keep their names apart from those of every other plan in the same store
        self.own = f"of_{seed}_{shape.size}"
        self.left = shape.size
        self.count = 0

    def name(self, verb: str) -> str:
        self.count += 1
        return f"{verb}_{self.count}"

    def sequence(self, known: frozenset[str], depth: int, *, in_loop: bool) -> tuple[Sequence, frozenset[str]]:
        blocks: list[Block] = []
        for _ in range(self.rnd.randint(1, 3) if depth else self.rnd.randint(3, 6)):
            block, known = self.block(known, depth, in_loop=in_loop)
            blocks.append(block)
        return Sequence(tuple(blocks)), known

    def block(self, known: frozenset[str], depth: int, *, in_loop: bool) -> tuple[Block, frozenset[str]]:
        kinds = ["work"] * 4 + ["script", "wait", "multi"]
        if depth < 4 and self.left > 0:
            kinds += ["exclusive"] * 2 + ["loop", "sub", "boundary", "boundary", "call"]
            if not in_loop or self.shape.mended:
                kinds += ["parallel"] * 2 + ["inclusive"]
        self.left -= 1
        kind = self.rnd.choice(kinds)
        method = getattr(self, f"_{kind}")
        block, known = method(known, depth, in_loop)
        return block, known

    def _work(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        name = self.name("do_work")
        return Work(name), known | {name}

    def _script(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        name = self.name("count_up")
        return Script(name, self._pick(known)), known | {name}

    def _wait(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        return Wait(self.name("await_event"), self._event(), self._seconds()), known

    def _multi(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        cardinality = self.rnd.choice([None, 1, 2, 3] if self.shape.mended else [1, 2, 3])
        return Multi(self.name("ask_each"), self.rnd.random() < 0.5, cardinality), known

    def _exclusive(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        variable = self._pick(known)
        branches, known = self._branches(known, depth, in_loop, all_run=False)
        return Exclusive(self.name("is_one"), variable, branches), known

    def _inclusive(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        variable = self._pick(known)
        if not self.shape.mended:
            works = tuple(self._work(known, depth, in_loop)[0] for _ in range(self.rnd.randint(2, 3)))
            return Inclusive(self.name("is_some"), variable, works), known
        branches, known = self._branches(known, depth, in_loop, all_run=False)
        return Inclusive(self.name("is_some"), variable, branches), known

    def _parallel(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        branches, known = self._branches(known, depth, in_loop, all_run=True)
        return Parallel(self.name("do_all"), branches), known

    def _loop(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        body, inside = self.sequence(known, depth + 1, in_loop=True)
        return Loop(self.name("is_again"), body, self.rnd.randint(2, 3)), inside

    def _sub(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        body, inside = self.sequence(known, depth + 1, in_loop=in_loop)
        return Sub(f"{self.name('go_inside')}_{self.own}", body), inside

    def _call(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        body, inside = self.sequence(known, depth + 1, in_loop=in_loop)
        return Call(f"{self.name('call_other')}_{self.own}", body), inside

    def _boundary(self, known: frozenset[str], depth: int, in_loop: bool) -> tuple[Block, frozenset[str]]:
        host: Block
        if self.rnd.random() < 0.6:
            host, inside = self._work(known, depth, in_loop)
        else:
            host, inside = self._sub(known, depth, in_loop)
        assert isinstance(host, Work | Sub)
        interrupting = self.rnd.random() < 0.6
        handler = self._script(known, depth, in_loop)[0] if self.rnd.random() < 0.3 else self._work(known, depth, in_loop)[0]
        block = Boundary(self.name("interrupt"), host, self._event(), self._seconds(), interrupting, handler)
        return block, known if interrupting else inside

    def _branches(self, known: frozenset[str], depth: int, in_loop: bool, *, all_run: bool) -> tuple[tuple[Block, ...], frozenset[str]]:
        branches: list[Block] = []
        outcomes: list[frozenset[str]] = []
        for _ in range(self.rnd.randint(2, 3)):
            if not all_run and self.rnd.random() < 0.2:
                # a branch without anything: a flow from gateway to gateway
                branches.append(Sequence(()))
                outcomes.append(known)
                continue
            branch, after = self.sequence(known, depth + 1, in_loop=in_loop)
            branches.append(branch)
            outcomes.append(after)
        combine = frozenset.union if all_run else frozenset.intersection
        return tuple(branches), combine(*outcomes)

    def _pick(self, known: frozenset[str]) -> str:
        return self.rnd.choice(sorted(known))

    def _event(self) -> str:
        return self.rnd.choice(["timer", "message"])

    def _seconds(self) -> int:
        # odd numbers of seconds over a wide range, so that two timers never fall due together
        return self.rnd.randrange(600, 400_000)


def to_bpmn(root: Block, key: str) -> bytes:
    """The whole file: the process, and those that it calls."""
    writer = _Writer()
    writer.process(key, root)
    return (_HEAD + "".join(writer.definitions) + "".join(writer.processes) + "</bpmn:definitions>\n").encode()


class _Writer:
    """Writes blocks as BPMN. Each method returns the first and last element of what it wrote into the open scope."""

    def __init__(self) -> None:
        self.processes: list[str] = []
        self.definitions: list[str] = []
        self.scope: list[str] = []
        self.lanes: dict[str, list[str]] = {}
        self.flows = 0

    def process(self, key: str, root: Block) -> None:
        outer, self.scope, outer_lanes, self.lanes = self.scope, [], self.lanes, {role: [] for role in ROLES}
        self.body(key, root)
        lanes = "".join(
            f'<bpmn:lane id="{key}_{role}" name="{role}"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property'
            f' name="role" value="{role}"/></spiffworkflow:properties></bpmn:extensionElements>'
            + "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes) + "</bpmn:lane>\n"
            for role, nodes in self.lanes.items() if nodes
        )
        lane_set = f'<bpmn:laneSet id="{key}_lanes">{lanes}</bpmn:laneSet>' if lanes else ""
        text = "".join(self.scope)
        self.processes.append(f'<bpmn:process id="{key}" name="{key}" isExecutable="true">{lane_set}\n{text}</bpmn:process>\n')
        self.scope, self.lanes = outer, outer_lanes

    def body(self, key: str, root: Block) -> None:
        start, end = f"begin_{key}", f"finish_{key}"
        self.node("startEvent", start)
        self.node("endEvent", end)
        self.chain(start, root, end)

    def chain(self, start: str, block: Block, end: str, condition: str | None = None) -> str:
        """Writes the block between two elements; returns the id of the flow that leaves `start`."""
        ends = self.write(block)
        if ends is None:
            return self.flow(start, end, condition)
        first = self.flow(start, ends[0], condition)
        self.flow(ends[1], end)
        return first

    def write(self, block: Block) -> tuple[str, str] | None:
        match block:
            case Work(id=name):
                self.lanes[ROLES[len(name) % 2 + len(self.lanes[ROLES[0]]) % 2]].append(name)
                return self.node("userTask", name)
            case Script(id=name, source=source):
                return self.script(name, f'{name} = {{"v": {source}["v"] + 1}}')
            case Wait(id=name):
                return self.node("intermediateCatchEvent", name, self.event(block.kind, name, block.seconds))
            case Multi(id=name):
                self.lanes[ROLES[2]].append(name)
                return self.node("userTask", name, _multi(block))
            case Sequence(blocks=blocks):
                return self.sequence(blocks)
            case Exclusive() | Inclusive():
                return self.choice(block)
            case Parallel(id=name, branches=branches):
                self.node("parallelGateway", name)
                self.node("parallelGateway", f"{name}_join")
                for branch in branches:
                    self.chain(name, branch, f"{name}_join")
                return name, f"{name}_join"
            case Loop():
                return self.loop(block)
            case Sub(id=name, body=body):
                outer, self.scope = self.scope, []
                self.body(name, body)
                inner, self.scope = "".join(self.scope), outer
                return self.node("subProcess", name, inner)
            case Call(id=name, body=body):
                self.process(f"called_{name}", body)
                return self.node("callActivity", name, attributes=f' calledElement="called_{name}"')
            case Boundary():
                return self.boundary(block)

    def sequence(self, blocks: tuple[Block, ...]) -> tuple[str, str] | None:
        parts = [self.write(block) for block in blocks]
        written = [part for part in parts if part is not None]
        for (_, left), (right, _) in pairwise(written):
            self.flow(left, right)
        return (written[0][0], written[-1][1]) if written else None

    def choice(self, block: Exclusive | Inclusive) -> tuple[str, str]:
        kind = "exclusiveGateway" if isinstance(block, Exclusive) else "inclusiveGateway"
        last = len(block.branches) - 1
        flows = []
        self.node(kind, f"{block.id}_join")
        for number, branch in enumerate(block.branches):
            test = f"% {last + 1} == {number}" if isinstance(block, Exclusive) else f"// {2 ** number} % 2 == 1"
            condition = None if number == last else f'{block.variable}["v"] {test}'
            flows.append(self.chain(block.id, branch, f"{block.id}_join", condition))
        self.node(kind, block.id, attributes=f' default="{flows[-1]}"')
        return block.id, f"{block.id}_join"

    def loop(self, block: Loop) -> tuple[str, str]:
        counter = f"rounds_{block.id}"
        first = self.script(f"{block.id}_begin", f'{counter} = {{"v": 0}}')[0]
        self.node("exclusiveGateway", f"{block.id}_enter")
        self.script(f"{block.id}_count", f'{counter} = {{"v": {counter}["v"] + 1}}')
        self.flow(first, f"{block.id}_enter")
        self.chain(f"{block.id}_enter", block.body, f"{block.id}_count")
        self.flow(f"{block.id}_count", block.id)
        self.flow(block.id, f"{block.id}_enter", f'{counter}["v"] < {block.rounds}')
        self.node("exclusiveGateway", f"{block.id}_leave")
        leaving = self.flow(block.id, f"{block.id}_leave")
        self.node("exclusiveGateway", block.id, attributes=f' default="{leaving}"')
        return first, f"{block.id}_leave"

    def boundary(self, block: Boundary) -> tuple[str, str]:
        ends = self.write(block.host)
        assert ends is not None
        cancel = "true" if block.interrupting else "false"
        self.node("boundaryEvent", block.id, self.event(block.kind, block.id, block.seconds),
                  f' attachedToRef="{block.host.id}" cancelActivity="{cancel}"')
        if not block.interrupting:
            self.node("endEvent", f"{block.id}_end")
            self.chain(block.id, block.handler, f"{block.id}_end")
            return ends
        self.node("exclusiveGateway", f"{block.id}_join")
        self.flow(ends[1], f"{block.id}_join")
        self.chain(block.id, block.handler, f"{block.id}_join")
        return ends[0], f"{block.id}_join"

    def event(self, kind: str, name: str, seconds: int) -> str:
        if kind == "timer":
            duration = f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"PT{seconds}S"</bpmn:timeDuration>'
            return f'<bpmn:timerEventDefinition id="{name}_timer">{duration}</bpmn:timerEventDefinition>'
        self.definitions.append(f'<bpmn:message id="message_{name}" name="message_{name}"/>\n')
        return f'<bpmn:messageEventDefinition id="{name}_message" messageRef="message_{name}"/>'

    def script(self, name: str, code: str) -> tuple[str, str]:
        return self.node("scriptTask", name, f"<bpmn:script>{escape(code)}</bpmn:script>")

    def node(self, kind: str, name: str, inner: str = "", attributes: str = "") -> tuple[str, str]:
        self.scope.append(f"<bpmn:{kind} id={quoteattr(name)} name={quoteattr(name)}{attributes}>{inner}</bpmn:{kind}>\n")
        return name, name

    def flow(self, source: str, target: str, condition: str | None = None) -> str:
        self.flows += 1
        name = f"flow_{self.flows}"
        test = "" if condition is None else (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>')
        self.scope.append(f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{test}</bpmn:sequenceFlow>\n')
        return name


def _multi(block: Multi) -> str:
    order = "true" if block.sequential else "false"
    item = f"row_{block.id}"
    inner = (f'<bpmn:loopDataInputRef>rows</bpmn:loopDataInputRef><bpmn:inputDataItem id="{item}" name="{item}"/>'
             if block.cardinality is None else f"<bpmn:loopCardinality>{block.cardinality}</bpmn:loopCardinality>")
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{order}">{inner}</bpmn:multiInstanceLoopCharacteristics>'
