"""A designer's page in a test, drawn on by mouse and keyboard."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Pencil:
    """What a hand does on the canvas and in the panel beside it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> None:
        """Wait until the diagram is there."""
        expect(self.page.locator("[data-designer][data-ready]")).to_be_attached(timeout=20_000)

    def shape(self, identity: str) -> Locator:
        """What is drawn for an element."""
        return self.page.locator(f".djs-shape[data-element-id='{identity}'] > .djs-hit").first

    def append(self, action: str, name: str = "", kind: str = "") -> None:
        """Append to what is selected, name it, and make it the kind that is typed."""
        self.pad(f"append.{action}")
        if name:
            self.page.keyboard.type(name)
            self.page.keyboard.press("Enter")
        if kind:
            self.become(kind)

    def become(self, kind: str) -> None:
        """Make what is selected the kind that is typed."""
        self.pad("replace")
        expect(self.page.locator(".djs-popup-search input")).to_be_focused()
        self.page.keyboard.type(kind)
        self.page.keyboard.press("Enter")

    def pad(self, action: str) -> None:
        """Click an entry beside what is selected."""
        self.page.locator(f".djs-context-pad .entry[data-action='{action}']").click()

    def drag(self, identity: str, by_x: int, by_y: int) -> None:
        """Move a shape by screen pixels."""
        box = self.shape(identity).bounding_box()
        assert box is not None
        mouse = self.page.mouse
        x, y = box["x"] + box["width"] / 2, box["y"] + 12
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + by_x / 2, y + by_y / 2, steps=4)
        mouse.move(x + by_x, y + by_y, steps=4)
        mouse.up()

    def lane(self, identity: str) -> Locator:
        """The strip at a lane's left end."""
        return self.page.locator(f".djs-shape[data-element-id='{identity}'] > .djs-hit-all")

    def move_into(self, identity: str, lane: str) -> None:
        """Drag a shape straight down into a lane."""
        box, strip = self.shape(identity).bounding_box(), self.lane(lane).bounding_box()
        assert box is not None
        assert strip is not None
        self.drag(identity, 0, round(strip["y"] + strip["height"] / 2 - box["y"] - box["height"] / 2))

    def begin_form(self, identity: str, key: str) -> None:
        """A form of its own for a step."""
        self.shape(identity).click()
        self.page.get_by_role("button", name="為這一步新建表單").click()
        self.page.locator("dialog").get_by_label("代碼").fill(key)
        self.page.get_by_role("button", name="建立").click()
        expect(self.field("form")).to_have_value(key)

    def choose_flow(self, identity: str) -> None:
        """Click the middle of a line."""
        x, y = self.page.locator(f".djs-connection[data-element-id='{identity}'] path.djs-hit").first.evaluate("""path => {
          const middle = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
          return [middle.x, middle.y];
        }""")
        self.page.mouse.click(x, y)

    def finding(self, words: str) -> Locator:
        """What the check says, by some of its words."""
        return self.page.locator(".designer-finding").filter(has_text=words)

    def field(self, name: str) -> Locator:
        """A field of the panel."""
        return self.page.locator(f"#bio-properties-panel-our-{name}")

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=15_000)
