"""Files that mean harm, or are simply broken: each is answered with its rule, quickly, and nothing of it is parsed further."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.spiff.reading import ReadPackage, read_package
from tests.engine.spiff.xml import bpmn, chain, definitions, flow, node

PLAIN = bpmn(chain("s:start a:user e:end"))
HEAD = b'<?xml version="1.0"?>'


def read(content: bytes, name: str = "p.bpmn", **settings: object) -> ReadPackage:
    """One file under the settings."""
    return read_package({name: content}, Settings(**settings))  # type: ignore[arg-type]


def errors(package: ReadPackage) -> set[str]:
    """Rules of the errors."""
    return {finding.rule for finding in package.findings if finding.severity == "error"}


def zipped() -> bytes:
    """A diagram in a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("p.bpmn", PLAIN)
    return buffer.getvalue()


BILLION_LAUGHS = HEAD + (
    b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><definitions>&d;</definitions>'
)
EXTERNAL = HEAD + b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><definitions>&x;</definitions>'
PARAMETER = HEAD + b'<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><definitions/>'

REFUSED: dict[str, tuple[bytes, str]] = {
    "billion laughs": (BILLION_LAUGHS, "doctype"),
    "billion laughs in UTF-16": (BILLION_LAUGHS.decode().encode("utf-16"), "doctype"),
    "external entity": (EXTERNAL, "doctype"),
    "external parameter entity": (PARAMETER, "doctype"),
    "harmless DOCTYPE": (HEAD + b"<!DOCTYPE definitions>" + PLAIN.split(b"?>", 1)[1], "doctype"),
    "undeclared entity": (PLAIN.replace(b"<startEvent", b"&boom;<startEvent"), "not-xml"),
    "empty": (b"", "empty-file"),
    "blank": (b" \n\t ", "empty-file"),
    "text": (b"hello", "not-xml"),
    "zip": (zipped(), "not-xml"),
    "NUL bytes": (PLAIN.replace(b"urn:test", b"urn:\0test"), "not-xml"),
    "only NUL bytes": (b"\0" * 1000, "not-xml"),
    "cut off": (PLAIN[: len(PLAIN) // 2], "not-xml"),
    "two roots": (PLAIN + PLAIN.split(b"?>", 1)[1], "not-xml"),
    "HTML": (b"<!doctype html><html><body>hi</body></html>", "not-xml"),
    "JSON": (b'{"a": 1}', "not-xml"),
    "not UTF-8": (PLAIN.replace(b"urn:test", b"urn:\xff\xfe"), "not-xml"),
    "declared as UTF-7": (PLAIN.replace(b"UTF-8", b"UTF-7"), "encoding"),
    "declared as UTF-16 but isn't": (PLAIN.replace(b"UTF-8", b"UTF-16"), "encoding"),
    "declared as nothing known": (PLAIN.replace(b"UTF-8", b"x-secret"), "encoding"),
    "broken UTF-16": (b"\xff\xfe<\0?\0\x00\xd8", "encoding"),
    "deep nesting": (HEAD + b"<a>" * 100_000 + b"</a>" * 100_000, "too-deep"),
    "nested sub-processes": (bpmn("<subProcess id='x'>" * 80 + "</subProcess>" * 80), "too-deep"),
    "a hundred thousand nodes": (bpmn("".join(f'<userTask id="t{number}"/>' for number in range(100_000))), "too-many-nodes"),
    "a hundred thousand elements of another kind": (bpmn("<x xmlns='urn:x'/>" * 100_000), "too-many-nodes"),
    "huge id": (bpmn(node("a" * 100_000, "user")), "id-too-long"),
    "many attributes": (bpmn("<userTask id='a' " + " ".join(f"x{number}='1'" for number in range(500)) + "/>"), "too-many-nodes"),
    "another root": (HEAD + b"<definitions/>", "no-executable-process"),
    "a schema instead": (HEAD + b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>', "no-executable-process"),
    "id with a space": (
        bpmn(chain("s:start") + node("b c", "user") + flow("s", "b c", flow_id="f") + flow("b c", "e", flow_id="g") + node("e", "end")),
        "bpmn-schema",
    ),
    "unknown element": (bpmn(chain("s:start a:user e:end") + "<wormhole id='w'/>"), "bpmn-schema"),
    "two processes of one id": (definitions(2 * f'<process id="p" isExecutable="true">{chain("s:start e:end")}</process>'), "duplicate-id"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused(name: str) -> None:
    """With its rule, in well under a second, and without a process to store."""
    content, rule = REFUSED[name]
    begun = time.monotonic()
    package = read(content)
    assert rule in errors(package)
    assert package.is_refused
    assert time.monotonic() - begun < 2


def test_external_entity_leaks_nothing() -> None:
    """No finding carries what an entity would have fetched."""
    package = read(EXTERNAL)
    assert "root:" not in repr(package)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "iso-8859-1", "utf-8-sig"])
def test_other_encodings_are_read(encoding: str) -> None:
    """A declared or marked encoding is understood, and what runs is UTF-8."""
    name = "報修" if encoding not in ("iso-8859-1",) else "Réparation"
    declared = {"utf-16-le": "utf-16", "utf-16-be": "utf-16", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = bpmn(chain("s:start a:user e:end"), process=f'id="p" name="{name}" isExecutable="true"').decode().replace("UTF-8", declared)
    package = read(text.encode(encoding))
    assert not package.is_refused, package.findings
    assert package.processes[0].name == name
    if encoding != "utf-8-sig":
        assert name in package.normalised["p.bpmn"].decode("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "../p.bpmn",
        "/etc/p.bpmn",
        "a/../../p.bpmn",
        "a//p.bpmn",
        "C:\\p.bpmn",
        "p.bpmn\0",
        "p.exe",
        "p",
        "",
        ".bpmn",
        "a/./p.bpmn",
        "x" * 300 + ".bpmn",
        "p\n.bpmn",
    ],
)
def test_file_names_stay_inside_the_deployment(name: str) -> None:
    """Absolute, climbing, odd and unknown names are refused before anything is read."""
    assert "file-name" in errors(read(PLAIN, name))


def test_file_names_that_differ_in_case_only_are_refused() -> None:
    """They would be one file on some machines."""
    assert errors(read_package({"p.bpmn": PLAIN, "P.bpmn": PLAIN}, Settings())) == {"file-name"}


def test_too_large_a_deployment_is_refused_unread() -> None:
    """Size counts over all files."""
    assert errors(read(PLAIN, deploy_bytes=100)) == {"deployment-too-large"}


def test_too_many_files_are_refused_unread() -> None:
    """So does their number."""
    assert "too-many-files" in errors(read_package({f"{number}.bpmn": PLAIN for number in range(1_000)}, Settings()))


def test_a_deployment_without_a_diagram_is_refused() -> None:
    """Forms alone start nothing."""
    assert errors(read_package({"forms/a.json": b"{}"}, Settings())) == {"no-diagram"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<x/>", "dmn-schema"),
        (b"", "empty-file"),
        (BILLION_LAUGHS, "doctype"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "dmn-schema"),
    ],
)
def test_hostile_decisions_are_refused(content: bytes, rule: str) -> None:
    """A .dmn file goes through the same gate."""
    assert rule in errors(read_package({"p.bpmn": PLAIN, "decisions/d.dmn": content}, Settings()))


def test_a_decision_that_the_engine_cannot_read_is_told() -> None:
    """What no rule knows is told in the engine's own words, and refused all the same."""
    decision = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:x">'
        b'<decision id="v" name="v"><literalExpression id="l"><text>1</text></literalExpression></decision></definitions>'
    )
    rule = node("x", "rule", "<extensionElements><spiffworkflow:calledDecisionId>v</spiffworkflow:calledDecisionId></extensionElements>")
    package = read_package({"p.bpmn": bpmn(node("s", "start") + rule + chain("s x e:end")), "d.dmn": decision}, Settings())
    assert package.is_refused


def test_drawing_of_nonsense_only_warns() -> None:
    """Broken coordinates spoil the picture, not the process."""
    drawing = (
        '<s:BPMNDiagram xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI" id="di"><s:BPMNPlane id="pl" bpmnElement="p">'
        '<s:BPMNShape id="x" bpmnElement="a"><b:Bounds xmlns:b="http://www.omg.org/spec/DD/20100524/DC" '
        'x="far" y="" width="1" height="1"/></s:BPMNShape></s:BPMNPlane></s:BPMNDiagram>'
    )
    package = read(
        definitions(f'<process id="p" isExecutable="true">{chain("s:start a:user b:user e:end")}{chain("a c:user e")}</process>{drawing}')
    )
    assert not package.is_refused, package.findings
    assert "bpmn-schema" in {finding.rule for finding in package.findings}


def test_our_own_procedures_pass_as_a_stranger() -> None:
    """The project's own folders meet the limits that uploads have."""
    root = Path(__file__).parents[3] / "bpmn"
    for folder in sorted(path.parent for path in root.glob("*/*.bpmn")):
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert not {"file-name", "too-many-nodes", "not-xml", "doctype"} & errors(read_package(files, Settings()))
