"""Takes the files of another tool in: told apart by what is in them, never by their names, and refused like a deployment's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import orjson
from lxml import etree

from engine import archives
from engine.archives import ArchiveRefusedError
from engine.diagram import BPMN
from engine.errors import InvalidError
from engine.settings import Settings
from engine.spiff.intake import MAX_FILES, RefusedError, read_xml

_DMN = re.compile(r"^https?://www\.omg\.org/spec/DMN/")
MAX_JSON = 500_000
#: what is read of a packed folder: pictures and texts beside the diagrams stay out
_READ = (".bpmn", ".xml", ".dmn", ".form", ".json")
#: Signavio's own way of keeping a model, and how a diagram begins
_STENCILS, _DIAGRAM = b'"stencilset"', re.compile(rb"<(?:\w+:)?definitions[\s>]")


class ForeignRefusedError(InvalidError):
    """A file cannot be taken; nothing was kept of any of them."""

    code = "foreign_refused"

    def __init__(self, sentence: str, file: str, **data: Any) -> None:
        #: what is wrong, without the file's name
        self.sentence = sentence  # type: ignore[misc]  # each has its own
        super().__init__(file=file, **data)


@dataclass(slots=True)
class Taken:
    """What was brought, by kind."""

    #: by file name
    diagrams: dict[str, etree._Element] = field(default_factory=dict)
    decisions: dict[str, tuple[bytes, etree._Element]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)


def take(files: Mapping[str, bytes], settings: Settings) -> Taken:
    """ForeignRefusedError names the first file that cannot be taken, and why."""
    first = next(iter(files), "—")
    files = _opened(files)
    if len(files) > MAX_FILES:
        raise ForeignRefusedError("檔案過多（上限 {limit} 個）。", first, limit=MAX_FILES)
    if sum(map(len, files.values())) > settings.deploy_bytes:
        raise ForeignRefusedError("檔案過大（上限共 {limit} KB）。", first, limit=settings.deploy_bytes // 1024)
    taken = Taken()
    for path, body in files.items():
        name = PurePosixPath(path.replace("\\", "/")).name[:120]
        if name in taken.diagrams or name in taken.decisions or name in taken.documents:
            raise ForeignRefusedError("有兩個同名的檔案。", name)
        try:
            _take_one(taken, name, body, settings)
        except RefusedError as error:
            raise ForeignRefusedError(error.finding.sentence, name, **error.finding.data) from error
    if not taken.diagrams:
        raise ForeignRefusedError("檔案中沒有 BPMN 流程圖。", first)
    return taken


def _opened(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """With the diagrams, tables and forms of packed files in the place of the packed ones."""
    found: dict[str, bytes] = {}
    for name, body in files.items():
        inside = {name: body}
        if archives.is_archive(body):
            try:
                inside = {path: each for path, each in archives.unpack(body).items() if path.lower().endswith(_READ)}
            except ArchiveRefusedError as error:
                raise ForeignRefusedError(error.data["reason"], name) from error
            models = [path for path, each in inside.items() if path.endswith(".json") and _STENCILS in each]
            if models and not any(_DIAGRAM.search(each) for each in inside.values()):
                sentence = "這個存檔裡只有 Signavio 自己的格式。請在 Signavio 選「匯出為 BPMN 2.0 XML」，再帶入匯出的檔案。"
                raise ForeignRefusedError(sentence, name)
            inside = {path: each for path, each in inside.items() if path not in models}
        if found.keys() & inside.keys():
            raise ForeignRefusedError("有兩個同名的檔案。", name)
        found |= inside
    return found


def _take_one(taken: Taken, name: str, body: bytes, settings: Settings) -> None:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        taken.documents[name] = _document(name, body)
        return
    if archives.is_archive(body):
        raise ForeignRefusedError("壓縮檔裡還有壓縮檔，請先解開。", name)
    if b"\0" in body[:4] and body[:2] not in (b"\xff\xfe", b"\xfe\xff") and body[:4] not in (b"<\0?\0", b"\0<\0?"):
        raise ForeignRefusedError("這不是流程圖、決策表或表單。", name)
    root, _ = read_xml(body, settings)
    tag = etree.QName(root)
    if tag.namespace == BPMN and tag.localname == "definitions":
        taken.diagrams[name] = root
    elif _DMN.match(tag.namespace or "") and tag.localname == "definitions":
        taken.decisions[name] = (body, root)
    else:
        raise ForeignRefusedError("這是 XML，但不是 BPMN 或 DMN（{root}）。", name, root=tag.localname[:60])


def _document(name: str, body: bytes) -> dict[str, Any]:
    if len(body) > MAX_JSON:
        raise ForeignRefusedError("表單過大（上限 {limit} KB）。", name, limit=MAX_JSON // 1000)
    try:
        found = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ForeignRefusedError("不是有效的 JSON（第 {line} 行）。", name, line=error.lineno) from error
    if not isinstance(found, dict):
        raise ForeignRefusedError("不是表單。", name)
    return found
