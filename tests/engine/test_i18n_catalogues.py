"""Every sentence that a person may see has its English: the sentences are collected from the sources and looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from engine.i18n import own_catalogue, read_catalogue

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: example data and people's names, which are not wording
NOT_WORDING = ("engine/demo", "engine/demo.py")
#: at the end of a line whose Chinese is data
OPT_OUT = "# not a message"


def python_messages(path: Path) -> Iterator[tuple[int, str]]:
    """Every string with Chinese in it that stands by itself in a Python file: not a docstring, not a piece of an f-string."""
    source = path.read_text("utf-8")
    lines = source.split("\n")
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in ast.walk(node))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped and CHINESE.search(node.value):
            written = lines[node.lineno - 1 : node.end_lineno]
            if not any(OPT_OUT in line for line in written):
                yield node.lineno, node.value


def template_messages(path: Path) -> Iterator[tuple[int, str]]:
    """What a Jinja template hands to `_`."""
    with path.open("rb") as file:
        for line, _function, message, _comments in babel_extract(file, ["_", "gettext", "ngettext"], [], {"encoding": "utf-8"}):
            # what is not written there is a word of elsewhere
            if message is not None:
                yield line, message if isinstance(message, str) else str(message[0])


def sources() -> list[Path]:
    """Every file that may hold sentences."""
    found = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "webui").rglob("*.py"), *(ROOT / "webui" / "templates").rglob("*.html")]
    return sorted(path for path in found if "node_modules" not in path.parts and not str(path.relative_to(ROOT)).startswith(NOT_WORDING))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_has_its_english(path: Path) -> None:
    english = own_catalogue()
    messages = python_messages(path) if path.suffix == ".py" else template_messages(path)
    missing = [f"{line}: {message}" for line, message in messages if CHINESE.search(message) and message not in english]
    assert not missing, "no English for:\n" + "\n".join(missing)


def test_translations_use_only_the_fields_of_their_source() -> None:
    fields = re.compile(r"\{(\w+)")
    wrong = [source for source, text in own_catalogue().items() if not set(fields.findall(text)) <= set(fields.findall(source))]
    assert not wrong, wrong


def test_translations_keep_the_printf_fields_of_their_source() -> None:
    fields = re.compile(r"%\(\w+\)[sd]")
    wrong = [source for source, text in own_catalogue().items() if set(fields.findall(text)) != set(fields.findall(source))]
    assert not wrong, wrong


@pytest.mark.parametrize("name", ["engine/locale/en.po", "webui/locale/en.po"])
def test_the_catalogues_are_readable_to_the_end(name: str) -> None:
    raw = (ROOT / name).read_bytes()
    written = len(set(re.findall(r'^msgid "(.+)"$', raw.decode("utf-8"), re.MULTILINE)))
    assert len(read_catalogue(raw)) >= written
