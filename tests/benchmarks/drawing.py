"""What a large diagram costs in the designer: until it stands there, until the first click and the first move are answered; beside the
plain bpmn-js modeler with nothing of ours, on the same machine in the same browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from engine.designing import drafts
from engine.instances import run_step
from tests.benchmarks.http import serving
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median
from tests.builders import PASSWORD, Person, make_user
from tests.conftest import CHROMIUM

_ELEMENTS, _ROW, _VISITS = 500, 25, 3
_PLAIN = Path(__file__).parents[2] / "webui" / "frontend" / "node_modules" / "bpmn-js" / "dist"
#: brings an element to the middle, so that it can be clicked; gives where it is on the screen
_PLACE = """([id, modeler]) => {
  const found = modeler === "ours" ? designer.session.canvas.modeler : plain, canvas = found.get("canvas");
  canvas.zoom(1);
  canvas.scrollToElement(found.get("elementRegistry").get(id));
  const box = document.querySelector(`[data-element-id="${id}"] .djs-hit`).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + 12];
}"""
#: begins a watch that ends with the second frame after the event: then it was painted
_WATCH = """(name) => {
  window.painted = new Promise((resolve) => addEventListener(name, () => {
    const begun = performance.now();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
  }, { once: true, capture: true }));
}"""


def measure(stage: Stage) -> None:
    """500 elements, sequence flows besides. The database plays no part: SQLite only."""
    if CHROMIUM is None or stage.backend != "sqlite":
        why = "no Chromium" if CHROMIUM is None else "pages do not depend on the store"
        stage.report.progress(f"{stage.backend} designer: left out ({why})")
        return
    person, text = make_user(stage.runtime, "process_designer"), _diagram()
    run_step(stage.runtime, lambda uow: drafts.create(stage.runtime, uow, person.actor, "large", "files", files={"large.bpmn": text}))
    with serving(stage) as address, _browser() as browser:
        ours = _ours(browser, address, person)
        plain = _plain(browser, text.decode())
    for name, target in (
        ("until it stands there", None), ("first click painted", "designer.first"), ("first move painted", "designer.first"),
    ):
        mine, naive = median([each[name] for each in ours]), median([each[name] for each in plain])
        stage.report.add(Result(f"designer, {_ELEMENTS} elements", stage.backend, name, mine, "ms", naive=naive, target=target,
                                note="naive: the plain bpmn-js modeler, from its text in memory"))
        stage.report.add(Result(f"designer, {_ELEMENTS} elements", stage.backend, f"{name}, ratio", mine / naive, "×"))


def _ours(browser: Browser, address: str, person: Person) -> list[dict[str, float]]:
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto(f"{address}/sign-in")
    page.locator("[name=username]").fill(person.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_selector("main")
    found = []
    for _ in range(_VISITS):
        page.goto("about:blank")
        page.goto(f"{address}/designer/large")
        page.wait_for_selector("[data-designer][data-drawn]", timeout=60_000)
        stands = page.evaluate("performance.now()")
        found.append({"until it stands there": stands, **_interactions(page, "ours")})
        # what was moved is no draft to come back to
        page.evaluate("designer.session.canvas.get('commandStack').undo()")
        page.wait_for_selector("[data-save-state][data-state=saved]", timeout=30_000)
    page.close()
    return found


def _plain(browser: Browser, text: str) -> list[dict[str, float]]:
    found = []
    for _ in range(_VISITS):
        page = browser.new_page(viewport={"width": 1280, "height": 844})
        page.set_content('<div id="canvas" style="height: 800px"></div>')
        for sheet in ("diagram-js.css", "bpmn-js.css"):
            page.add_style_tag(path=_PLAIN / "assets" / sheet)
        page.add_script_tag(path=_PLAIN / "bpmn-modeler.production.min.js")
        stands = page.evaluate("""async (text) => {
          const begun = performance.now();
          window.plain = new BpmnJS({ container: "#canvas" });
          await plain.importXML(text);
          return performance.now() - begun;
        }""", text)
        found.append({"until it stands there": stands, **_interactions(page, "plain")})
        page.close()
    return found


def _interactions(page: Page, modeler: str) -> dict[str, float]:
    """Milliseconds from the first mouse button, and from the end of the first move, to what was painted of it."""
    x, y = page.evaluate(_PLACE, [f"step_{_ELEMENTS // 2}", modeler])
    page.mouse.move(x, y)
    page.evaluate(_WATCH, "mouseup")
    page.mouse.click(x, y)
    clicked = page.evaluate("painted")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 20, steps=3)
    page.evaluate(_WATCH, "mouseup")
    page.mouse.up()
    return {"first click painted": clicked, "first move painted": page.evaluate("painted")}


def _diagram() -> bytes:
    """Steps in rows, one after the other."""
    ids = ["begin", *(f"step_{number}" for number in range(2, _ELEMENTS)), "done"]
    places = {each: (120 + at % _ROW * 160, 80 + at // _ROW * 140) for at, each in enumerate(ids)}
    kinds = {"begin": ("startEvent", 36, 36), "done": ("endEvent", 36, 36)}
    elements, shapes, flows, edges = [], [], [], []
    for each, (x, y) in places.items():
        kind, width, height = kinds.get(each, ("userTask", 100, 80))
        elements.append(f'<bpmn:{kind} id="{each}" name="{each}"/>')
        shapes.append(f'<bpmndi:BPMNShape id="{each}_di" bpmnElement="{each}">'
                      f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></bpmndi:BPMNShape>')
    for one, other in pairwise(ids):
        (x, y), (to_x, to_y) = places[one], places[other]
        flows.append(f'<bpmn:sequenceFlow id="{one}_{other}" sourceRef="{one}" targetRef="{other}"/>')
        edges.append(f'<bpmndi:BPMNEdge id="{one}_{other}_di" bpmnElement="{one}_{other}"><di:waypoint x="{x + 50}" y="{y + 40}"/>'
                     f'<di:waypoint x="{to_x}" y="{to_y + 40}"/></bpmndi:BPMNEdge>')
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="large_file"
  targetNamespace="urn:large">
<bpmn:process id="large" name="large" isExecutable="true">{"".join(elements)}{"".join(flows)}</bpmn:process>
<bpmndi:BPMNDiagram id="large_diagram"><bpmndi:BPMNPlane id="large_plane" bpmnElement="large">
{"".join(shapes)}{"".join(edges)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>
""".encode()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield started
        started.close()
