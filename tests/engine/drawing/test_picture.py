"""What a picture of a diagram shows, and that nothing in it could run or style anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.drawing import ElementMark, Status, draw, pictures_fresh, write_pictures
from engine.drawing.__main__ import main

SVG = "{http://www.w3.org/2000/svg}"

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" targetNamespace="t" id="d">
  <process id="p" name="接修" isExecutable="true">
    <startEvent id="begin" name="登記"/><sequenceFlow id="f" sourceRef="begin" targetRef="mend" name="{flow}"/>
    <userTask id="mend" name="{name}"/>
  </process>
  <bpmndi:BPMNDiagram id="dia"><bpmndi:BPMNPlane id="pl" bpmnElement="p">
    <bpmndi:BPMNShape id="s1" bpmnElement="begin"><dc:Bounds x="100" y="100" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s2" bpmnElement="mend"><dc:Bounds x="200" y="78" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="e1" bpmnElement="f"><di:waypoint x="136" y="118"/><di:waypoint x="200" y="118"/></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>"""


def diagram(name: str = "現場維修", flow: str = "急") -> bytes:
    """A start event, a flow and a user task, with coordinates."""
    return DIAGRAM.replace("{name}", name).replace("{flow}", flow).encode()


def parsed(picture: str) -> etree._Element:
    """The picture as XML: it must be well-formed."""
    return etree.fromstring(picture.encode())


def group(picture: str, element_id: str) -> etree._Element:
    """The group that draws an element."""
    return next(node for node in parsed(picture).iter(f"{SVG}g") if node.get("data-element-id") == element_id)


def test_every_element_is_a_group_with_its_id_and_its_name() -> None:
    """Pages find elements by `data-element-id`; names are read on hover."""
    picture = draw(diagram(), "p")
    assert group(picture, "mend").findtext(f"{SVG}title") == "現場維修"
    assert group(picture, "f").findtext(f"{SVG}title") == "急"
    assert group(picture, "begin").get("class") == "bpmn-element bpmn-startEvent"


def test_the_picture_is_an_image_with_a_spoken_name() -> None:
    """A screen reader hears what the picture is of."""
    root = parsed(draw(diagram(), "p"))
    assert (root.get("role"), root.get("aria-label")) == ("img", "接修")
    assert parsed(draw(diagram(), "p", label="報修 R1 的進度")).get("aria-label") == "報修 R1 的進度"


def test_a_marked_element_says_where_it_stands_and_can_be_reached_by_keyboard() -> None:
    """State is a class, a badge and a title, never colour alone."""
    mark = ElementMark(Status.OVERDUE, badge="逾期 2 天", title="陳工，09:20 簽收")
    drawn = group(draw(diagram(), "p", {"mend": mark}), "mend")
    assert drawn.get("class") == "bpmn-element bpmn-userTask is-overdue"
    assert drawn.get("tabindex") == "0"
    assert drawn.findtext(f"{SVG}title") == "陳工，09:20 簽收"
    assert "逾期 2 天" in [text.text for text in drawn.iter(f"{SVG}text")]


@pytest.mark.parametrize("status", list(Status))
def test_each_state_looks_different(status: Status) -> None:
    """A plain element and each state differ in more than their class."""
    plain = draw(diagram(), "p")
    marked = draw(diagram(), "p", {"mend": ElementMark(status)})
    assert marked.replace(f" is-{status.value}", "").replace(' tabindex="0"', "") != plain


def test_names_are_translated() -> None:
    """Every name of the diagram goes through the translation."""
    words = {"現場維修": "Repair", "登記": "Register", "急": "Urgent", "接修": "Repairs"}
    picture = draw(diagram(), "p", translate=words.__getitem__)
    assert {"Repair", "Register", "Urgent"} <= {text.text for text in parsed(picture).iter(f"{SVG}text")}


@pytest.mark.parametrize("name", ["&lt;script&gt;alert(1)&lt;/script&gt;", "&quot; onload=&quot;alert(1)", "]]&gt;&amp;amp;"])
def test_hostile_names_stay_text(name: str) -> None:
    """What a file says is escaped wherever it appears, and stays one piece of text."""
    picture = draw(diagram(name, name), "p", {"mend": ElementMark(Status.CURRENT, badge='"><script>', title="<b>")})
    root = parsed(picture)
    tags = {etree.QName(node).localname for node in root.iter(etree.Element)}
    assert not tags & {"script", "style", "foreignObject", "a", "image", "b"}
    assert not any(attribute == "style" or attribute.startswith("on") for node in root.iter(etree.Element) for attribute in node.attrib)


def test_long_names_stay_inside_their_task() -> None:
    """Chinese breaks anywhere but before punctuation; the lines are short enough for the box."""
    drawn = group(draw(diagram("審核業戶提交的裝修申請文件，是否齊全"), "p"), "mend")
    lines = [text.text or "" for text in drawn.iter(f"{SVG}text")]
    assert len(lines) >= 3
    assert all(len(line) * 11 <= 100 for line in lines)
    assert not any(line[0] in "，。？" for line in lines)


def test_a_file_without_coordinates_is_laid_out_first() -> None:
    """An imported model without a drawing has a picture all the same."""
    xml = diagram()
    bare = xml[: xml.index(b"<bpmndi:BPMNDiagram")] + b"</definitions>"
    assert group(draw(bare, "p"), "mend") is not None


def test_a_file_with_nothing_to_draw_gives_an_empty_picture() -> None:
    """No process, no error."""
    assert parsed(draw(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>')).tag == f"{SVG}svg"


def test_pictures_are_written_once_and_known_to_be_stale(tmp_path: Path) -> None:
    """Written pictures are fresh; a change of the diagram makes them stale; writing again mends it."""
    procedures, pictures = tmp_path / "bpmn", tmp_path / "pictures"
    (procedures / "p").mkdir(parents=True)
    (procedures / "p" / "p.bpmn").write_bytes(diagram())
    assert pictures_fresh(procedures, pictures) == ["p"]
    assert write_pictures(procedures, pictures) == [pictures / "p.svg"]
    assert (pictures_fresh(procedures, pictures), write_pictures(procedures, pictures)) == ([], [])
    (procedures / "p" / "p.bpmn").write_bytes(diagram("返修"))
    assert pictures_fresh(procedures, pictures) == ["p"]


def test_the_command_writes_pictures_and_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make pictures` prints what changed; a second run changes nothing; wrong use is told."""
    (tmp_path / "bpmn" / "p").mkdir(parents=True)
    (tmp_path / "bpmn" / "p" / "p.bpmn").write_bytes(diagram())
    arguments = [str(tmp_path / "bpmn"), str(tmp_path / "pictures")]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'pictures' / 'p.svg'}\n"
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""
    assert main([*arguments, "more"]) == 2
