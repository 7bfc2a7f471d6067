"""Diagrams damaged at random: reading them never raises, and what is accepted runs or stops with an error of ours, never silently."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest
from lxml import etree

from engine.errors import GuichengError
from engine.settings import Settings
from engine.spiff.reading import read_package
from engine.spiff.sandbox import Sandbox
from tests.engine.spiff.conformance.refused import CASES as REFUSED
from tests.engine.spiff.conformance.test_runs import CASES as RUNNING
from tests.engine.spiff.driving import Driven

#: the small ones; what is large takes long and breaks no differently
SEEDS = [xml for xml in [*(case[0] for case in RUNNING.values()), *(case[0] for case in REFUSED.values())] if len(xml) < 6_000]
SETTINGS = Settings(step_engine_steps=300, step_tokens=60, step_seconds=5.0)
DATA = {"n": 1, "people": ["a"], "ready": True, "x": True, "y": False, "again": False, "wait": "PT1H", "urgent": False, "enough": True}


def damaged(xml: bytes, chance: random.Random) -> bytes:
    """The file with one or two of its nodes or attributes removed, moved, copied, renamed or rewritten."""
    root = etree.fromstring(xml)
    for _ in range(chance.randint(1, 2)):
        nodes = [node for node in root.iter() if node is not root] or [root]
        node, other = chance.choice(nodes), chance.choice(nodes)
        parent = node.getparent()
        act = chance.randrange(6)
        if act == 0 and parent is not None:
            parent.remove(node)
        elif act == 1 and node.attrib:
            del node.attrib[chance.choice(list(node.attrib))]
        elif act == 2 and node.attrib and other.attrib:
            node.set(str(chance.choice(list(node.attrib))), str(chance.choice(list(other.attrib.values()))))
        elif act == 3 and node not in other.iterancestors() and node is not other:
            other.append(deepcopy(node) if chance.random() < 0.5 else node)
        elif act == 4:
            node.tag = other.tag
        else:
            node.text = chance.choice(["", "x", '"PT1H"', "${a}", "= b", "1", "True"])
    return etree.tostring(root)


def walk(xml: bytes, sandbox: Sandbox, chance: random.Random) -> None:
    """A few steps of an accepted diagram; errors of ours are an answer, anything else is not."""
    try:
        instance = Driven({"p.bpmn": xml}, sandbox, SETTINGS)
        instance.start(DATA)
        for _ in range(8):
            if instance.is_completed:
                break
            if waiting := instance.open():
                instance.complete(chance.choice(waiting), {"again": False})
            else:
                instance.advance(hours=2)
    except GuichengError:
        return


def check(seed: int, rounds: int, sandbox: Sandbox) -> None:
    """Damage and read; run what is accepted."""
    chance = random.Random(seed)
    for _ in range(rounds):
        xml = damaged(chance.choice(SEEDS), chance)
        package = read_package({"p.bpmn": xml}, SETTINGS)
        if not package.is_refused and any(process.process_id == "p" for process in package.processes):
            walk(xml, sandbox, chance)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_diagrams(seed: int, sandbox: Sandbox) -> None:
    """A few hundred a run."""
    check(seed, 150, sandbox)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_damaged_diagrams(seed: int, sandbox: Sandbox) -> None:
    """The long form."""
    check(seed, 2_000, sandbox)
