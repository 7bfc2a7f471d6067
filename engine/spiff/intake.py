"""Takes the files of a deployment from outside: names, sizes, encodings and the shape of the XML, before a tree is built.

A streaming pass over each XML file refuses what could hurt (DOCTYPE, depth, number of nodes, long ids) at its first byte; only
what has passed is parsed into a tree. Nothing here knows what the elements mean.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from lxml import etree

from engine.diagram import BPMN, FLOW_NODE_KINDS, parse_xml
from engine.errors import Finding
from engine.settings import Settings

#: what a deployment may hold, and where: the other folders hold data, never code
SUFFIXES = frozenset({".bpmn", ".dmn", ".json", ".html", ".toml", ".yaml", ".yml", ".po", ".txt", ".md", ".svg"})
XML_SUFFIXES = frozenset({".bpmn", ".dmn"})
MAX_FILES = 300
MAX_NAME_LENGTH = 200
#: XML elements for each flow node that the settings allow: shapes, edges and waypoints are elements too
ELEMENTS_PER_NODE = 40
MAX_ATTRIBUTES = 60
#: encodings that modelers and editors write; the others are refused rather than guessed
ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
}  # fmt: skip
_NAME = re.compile(r"^[\w][\w .()\-]*(/[\w][\w .()\-]*)*$")
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*?\?>")
_DECLARED = re.compile(rb"""^[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NAMESPACED_FLOW_NODES = {f"{BPMN} {kind}" for kind in FLOW_NODE_KINDS}


class RefusedError(Exception):
    """One file cannot be taken at all; carries the finding that says why."""

    def __init__(self, rule: str, sentence: str, element_id: str | None = None, **data: Any) -> None:
        self.finding = Finding(rule=rule, severity="error", element_id=element_id, sentence=sentence, data=data)
        super().__init__(self.finding.source_text())


def check_files(files: Mapping[str, bytes], settings: Settings) -> Iterator[Finding]:
    """What is wrong with the set of files as such. Anything yielded means: read no further."""
    total = sum(len(content) for content in files.values())
    if total > settings.deploy_bytes:
        yield _finding("deployment-too-large", "這次部署共 {bytes} 位元組，上限為 {limit}。", bytes=total, limit=settings.deploy_bytes)
    if len(files) > MAX_FILES:
        yield _finding("too-many-files", "這次部署有 {count} 個檔案，上限為 {limit}。", count=len(files), limit=MAX_FILES)
        return
    seen: dict[str, str] = {}
    for name in files:
        if problem := name_problem(name):
            yield _finding("file-name", "檔案名稱「{name}」不能使用：{reason}。", name=name[:MAX_NAME_LENGTH], reason=problem)
        elif name.casefold() in seen:
            yield _finding("file-name", "檔案名稱「{name}」不能使用：{reason}。", name=name, reason="與另一個檔案只差大小寫")
        seen[name.casefold()] = name
    if not any(name.endswith(".bpmn") for name in files):
        yield _finding("no-diagram", "部署中沒有流程圖（.bpmn 檔案）。")


def name_problem(name: str) -> str | None:
    """Why a file name cannot be used; None when it can. Names are relative, with forward slashes, and stay inside the deployment."""
    if not name or len(name) > MAX_NAME_LENGTH:
        return "名稱為空或過長"
    if any(part in ("", ".", "..") for part in name.split("/")) or not _NAME.match(name):
        return "只能是部署之內的相對路徑，且不含特殊字元"
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return "不認得這種檔案類型"
    return None


def read_xml(content: bytes, settings: Settings) -> tuple[etree._Element, bool]:
    """The tree of one XML file, and whether its bytes had to be re-encoded; RefusedError says why there is none."""
    text = to_utf8(content)
    _scan(text, settings)
    try:
        return parse_xml(text, remove_comments=False), text is not content
    except etree.XMLSyntaxError as error:
        raise _malformed(str(error.msg), error.lineno or 0) from error


def to_utf8(content: bytes) -> bytes:
    """The document as UTF-8 without a declaration of another encoding; the very same object where it is UTF-8 already."""
    if not content.strip():
        raise RefusedError("empty-file", "檔案是空的。")
    encoding = _encoding(content)
    if encoding in ("utf-8", "ascii"):
        return content
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise RefusedError("encoding", "檔案內容與所宣告的編碼「{encoding}」不符。", encoding=encoding) from error
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _DECLARATION.sub("", text, count=1).strip().encode("utf-8")


def _encoding(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if content[:4] == b"<\0?\0":
        return "utf-16-le"
    if content[:4] == b"\0<\0?":
        return "utf-16-be"
    declared = _DECLARED.match(content) if content.lstrip().startswith(b"<?xml") else None
    if declared is None:
        return "utf-8"
    name = declared.group(1).decode("ascii").lower()
    if name not in ENCODINGS:
        raise RefusedError("encoding", "不支援檔案的編碼「{encoding}」，請以 UTF-8 儲存。", encoding=name)
    if ENCODINGS[name].startswith("utf-16"):
        # The declaration was read as single bytes, so the file cannot be what it says.
        raise RefusedError("encoding", "檔案內容與所宣告的編碼「{encoding}」不符。", encoding=name)
    return ENCODINGS[name]


def _scan(text: bytes, settings: Settings) -> None:
    """Walk through the document without building it, and stop at the first thing that is not allowed."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = False
    counts = {"depth": 0, "elements": 0, "nodes": 0}

    def start(tag: str, attributes: dict[str, str]) -> None:
        counts["depth"] += 1
        counts["elements"] += 1
        counts["nodes"] += tag in _NAMESPACED_FLOW_NODES
        element_id = attributes.get("id", "")
        if len(element_id) > settings.id_length:
            raise RefusedError(
                "id-too-long", "元素的 id 過長（上限 {limit} 個字元）：{start}…", start=element_id[:40], limit=settings.id_length
            )
        if counts["depth"] > settings.diagram_depth:
            raise RefusedError("too-deep", "XML 的巢狀層數超過上限 {limit}。", element_id or None, limit=settings.diagram_depth)
        if counts["nodes"] > settings.diagram_nodes:
            raise RefusedError("too-many-nodes", "流程圖的節點數超過上限 {limit}。", limit=settings.diagram_nodes)
        if counts["elements"] > settings.diagram_nodes * ELEMENTS_PER_NODE or len(attributes) > MAX_ATTRIBUTES:
            raise RefusedError("too-many-nodes", "流程圖的 XML 元素或屬性過多。")

    def end(_tag: str) -> None:
        counts["depth"] -= 1

    def doctype(*_: object) -> None:
        raise RefusedError("doctype", "檔案含有 DOCTYPE 或實體宣告，基於安全不予接受。請刪除後再部署。")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _malformed(expat.ErrorString(error.code), error.lineno) from error


def _malformed(reason: str, line: int) -> RefusedError:
    return RefusedError("not-xml", "檔案不是有效的 XML（第 {line} 行：{reason}）。", line=line, reason=reason)


def _finding(rule: str, sentence: str, **data: Any) -> Finding:
    return Finding(rule=rule, severity="error", element_id=None, sentence=sentence, data=data)
