"""The process that reads deployments: answers as reading here would, is killed when it takes too long, and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.content import Organisation, read_organisation
from engine.diagram import read_diagram
from engine.settings import Settings
from engine.spiff.reader import InProcessReader, PackageReader
from tests.engine.spiff.conformance.refused import CASES
from tests.engine.spiff.xml import bpmn, chain, definitions, node, script, timer

SETTINGS = Settings()
NOBODY: Organisation = read_organisation(b"")
PLAIN = bpmn(chain("s:start a:task e:end") + node("t", "start", timer("Cycle", "R/P1M")) + chain("t a"))
#: enough for the schema to look at for a while
HEAVY = bpmn(chain("s:start") + "".join(script(f"t{number}", "n = 1") for number in range(1_500)))


@pytest.fixture(scope="module")
def reader() -> Iterator[PackageReader]:
    """One process for these tests, as a runtime has one."""
    with PackageReader() as made:
        yield made


def test_answers_as_reading_here_does(reader: PackageReader) -> None:
    """Findings, normalised files and processes come through unchanged."""
    for xml in [PLAIN, *(case[0] for case in list(CASES.values())[:10])]:
        files = {"p.bpmn": xml}
        assert reader.read(files, SETTINGS, {}, NOBODY, {}) == InProcessReader().read(files, SETTINGS, {}, NOBODY, {})


def test_what_is_known_travels(reader: PackageReader) -> None:
    """Known processes, roles and operators are checked there as well."""
    called = definitions(f'<process id="q" isExecutable="true">{chain("s:start e:end")}</process>')
    xml = bpmn(node("s", "start") + node("x", "call", calledElement="q") + chain("s x e:end"))
    assert reader.read({"p.bpmn": xml}, SETTINGS, {}, NOBODY, {}).is_refused
    assert not reader.read({"p.bpmn": xml}, SETTINGS, read_diagram(called), NOBODY, {}).is_refused


def test_start_subscriptions_travel(reader: PackageReader) -> None:
    """What starts a process without a person."""
    (process,) = reader.read({"p.bpmn": PLAIN}, SETTINGS, {}, NOBODY, {}).processes
    assert [(start.element_id, start.kind, start.name, start.timer) for start in process.starts] == [("t", "timer", "R/P1M", "cycle")]


def test_too_slow_a_file_is_given_up(reader: PackageReader) -> None:
    """The process is killed at the limit; the next deployment gets a new one."""
    begun = time.monotonic()
    package = reader.read({"p.bpmn": HEAVY}, replace(SETTINGS, parse_seconds=0.01), {}, NOBODY, {})
    assert [finding.rule for finding in package.findings] == ["reading-timed-out"]
    assert time.monotonic() - begun < 5
    assert not reader.read({"p.bpmn": PLAIN}, SETTINGS, {}, NOBODY, {}).is_refused


def test_a_process_that_died_is_replaced(reader: PackageReader) -> None:
    """Whatever killed it, the next deployment is read."""
    reader.read({"p.bpmn": PLAIN}, SETTINGS, {}, NOBODY, {})
    assert reader._process is not None
    reader._process.kill()
    reader._process.wait()
    assert not reader.read({"p.bpmn": PLAIN}, SETTINGS, {}, NOBODY, {}).is_refused


def test_size_is_checked_before_anything_is_sent() -> None:
    """No process is started for a deployment that is too large."""
    with PackageReader() as fresh:
        assert fresh.read({"p.bpmn": PLAIN}, replace(SETTINGS, deploy_bytes=10), {}, NOBODY, {}).is_refused
        assert fresh._process is None
