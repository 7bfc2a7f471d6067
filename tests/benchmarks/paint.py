"""What the inbox costs on a poor line: kilobytes, requests and the time until work can be read, on the first visit and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.benchmarks.http import serving
from tests.benchmarks.line import Line, counted
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle
from tests.builders import PASSWORD, make_user
from tests.conftest import CHROMIUM

#: a poor mobile line: bytes a second each way, milliseconds there and back
_DOWN, _UP, _LATENCY = 1_600_000 // 8, 750_000 // 8, 150
#: milliseconds after which nothing more is fetched by itself
_QUIET = 4_000
_VISITS = 3
_OPEN_ITEMS = 25
_WIDTHS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
        "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
    },
    "desk": {"viewport": {"width": 1280, "height": 844}},
}
#: when the first row stood there and was painted, and how many answers from the line that took one after the other: the page is one, what
#: it names and the painting waits for another
_USEFUL = """() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  if (!paint || !document.querySelector("main .list tbody tr")) return null;
  const awaited = performance.getEntriesByType("resource").filter((each) =>
    each.renderBlockingStatus === "blocking" && each.transferSize > 0 && !each.workerStart);
  return [paint.startTime, awaited.length ? 2 : 1];
}"""


def measure(stage: Stage) -> None:
    """At both widths, with a full first page of work. The database plays no part: SQLite only."""
    if CHROMIUM is None or stage.backend != "sqlite":
        why = "no Chromium" if CHROMIUM is None else "pages do not depend on the store"
        stage.report.progress(f"{stage.backend} paint: left out ({why})")
        return
    for _ in range(_OPEN_ITEMS):
        stage.start("procedure")
    settle()
    with serving(stage) as server, counted(server) as line, _browser() as browser:
        for name, options in _WIDTHS.items():
            _at(stage, line, browser, name, options)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


def _at(stage: Stage, line: Line, browser: Browser, name: str, options: dict[str, Any]) -> None:
    signed_in = _sign_in(stage, line, browser, options)
    firsts, laters = [], []
    for _ in range(_VISITS):
        # nothing is in the new context's cache
        context = browser.new_context(**options, storage_state=signed_in)
        page = context.new_page()
        firsts.append(_visit(page, line))
        laters.append(_visit(page, line))
        context.close()
    for when, found in (("first visit", firsts), ("afterwards", laters)):
        is_first = when == "first visit"
        paths = found[-1][2]
        before = ", ".join(path.rsplit("/", 1)[-1] or "/" for path in paths[:6])
        for measure_name, value, unit, target in (
            ("transferred", median([each[0] for each in found]), "KB", "paint.first" if is_first else "paint.after"),
            ("first useful paint", median([each[1] for each in found]), "ms", None),
            ("round trips before it", max(each[3] for each in found), "", None if is_first else "paint.trips"),
            ("requests", float(len(paths)), "", None),
        ):
            stage.report.add(Result(f"inbox, {name}, 1.6 Mbit/s, 150 ms: {when}", stage.backend, measure_name, value, unit, target=target,
                                    note=before if measure_name == "requests" else ""))


def _visit(page: Page, line: Line) -> tuple[float, float, list[str], float]:
    """Kilobytes and the paths asked for until the line is quiet; milliseconds and round trips to the first useful paint."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions",
                 {"offline": False, "latency": _LATENCY, "downloadThroughput": _DOWN, "uploadThroughput": _UP})
    line.begin()
    page.goto(f"{line.address}/")
    painted, trips = page.wait_for_function(_USEFUL).json_value()
    page.wait_for_timeout(_QUIET)
    session.detach()
    return line.kilobytes, float(painted), list(line.paths), float(trips)


def _sign_in(stage: Stage, line: Line, browser: Browser, options: dict[str, Any]) -> Any:
    person = make_user(stage.runtime, *stage.actor.roles())
    context: BrowserContext = browser.new_context(**options)
    page = context.new_page()
    page.goto(f"{line.address}/sign-in")
    page.locator("[name=username]").fill(person.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_selector("main .list")
    state = context.storage_state()
    context.close()
    return state
