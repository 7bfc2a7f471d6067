"""Walks the pages as one person: from the inbox by links, each kind of page once, at a desk's width and at a phone's, with axe on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Error, Page
from werkzeug.exceptions import HTTPException

from tests.conftest import ROOT

AXE = ROOT / "webui/frontend/node_modules/axe-core/axe.min.js"
#: pages that differ from role to role: each role's are looked at
OWN = frozenset({"inbox.todo", "start.overview", "board.show"})
WIDTHS = (1280, 390)
#: parts that are made for a desk: each of their pages is looked at there; of the others one
AT_A_DESK = frozenset({"designer", "board", "inbox", "cases", "heat"})
_RUN = """async (withColours) => {
  const {violations} = await axe.run(document, {
    rules: {"color-contrast": {enabled: withColours}},
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], resultTypes: ["violations"], preload: false,
  });
  const say = (node) => `${node.target.join(" ")} (${[...node.any, ...node.all, ...node.none][0]?.message})`;
  return violations.filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map(say).join("; ")}`);
}"""
# `getAttribute`: links of pictures have an object for their address
_LINKS = """() => [...document.querySelectorAll("a[href]:not([download])")]
  .map((link) => new URL(link.getAttribute("href"), location).href)"""


@dataclass
class Crawl:
    """What was looked at, by everybody together."""

    app: Flask
    address: str
    #: endpoint → the path that stood for it
    seen: dict[str, str] = field(default_factory=dict)
    #: endpoints that answer with something else than a page
    others: set[str] = field(default_factory=set)
    #: parts of the application whose colours were looked at from a desk
    coloured: set[str] = field(default_factory=set)
    #: what is wrong, with where
    found: list[str] = field(default_factory=list)

    def walk(self, page: Page, who: str) -> None:
        """Look at every kind of page that the signed-in person comes to and nobody before has."""
        waiting, own = ["/"], set()
        while waiting:
            path = waiting.pop(0)
            endpoint = self._endpoint(path)
            if endpoint is None or endpoint in own | self.others or (endpoint in self.seen and endpoint not in OWN):
                continue
            own.add(endpoint)
            if self._is_page(page, endpoint, path):
                self.seen[endpoint] = path
                self.look(page, f"{who} {path}")
                waiting += self._paths(page)

    def look(self, page: Page, where: str) -> None:
        """Nothing may reach over the edge at either width; axe at a phone's, and where the page is another one at a desk's."""
        page.evaluate(AXE.read_text())
        part = (self._endpoint(urlsplit(page.url).path) or where).partition(".")[0]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            # colours take half the time and are the same at either width: at a desk's once for each part
            with_colours = width == min(WIDTHS) or part not in self.coloured
            if part in AT_A_DESK or with_colours:
                self.found += [f"{where} at {width}: {each}" for each in page.evaluate(_RUN, with_colours)]
            self.coloured.add(part)
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                self.found.append(f"{where} at {width}: {wide} wide")

    def _is_page(self, page: Page, endpoint: str, path: str) -> bool:
        """Open it."""
        try:
            answer = page.goto(f"{self.address}{path}")
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            self.others.add(endpoint)
            return False
        assert answer is not None
        if "html" not in answer.headers.get("content-type", ""):
            self.others.add(endpoint)
            return False
        if answer.status == 404:
            self.found.append(f"{path}: a link that leads nowhere")
        return answer.status == 200

    def _paths(self, page: Page) -> Iterator[str]:
        for link in page.evaluate(_LINKS):
            if link.startswith(f"{self.address}/"):
                parts = urlsplit(link)
                yield parts.path + (f"?{parts.query}" if parts.query else "")

    def _endpoint(self, path: str) -> str | None:
        try:
            endpoint, _ = self.app.url_map.bind("127.0.0.1").match(urlsplit(path).path, "GET")
        except HTTPException:
            return None
        name: str = endpoint
        return None if name.startswith(("static", "api")) else name
