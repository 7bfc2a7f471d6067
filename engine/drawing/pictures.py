"""Keeps the committed pictures of the procedures: writes them, and says which are no longer what their diagram says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.diagram import read_diagram
from engine.drawing.picture import draw


def write_pictures(bpmn_dir: Path, out_dir: Path) -> list[Path]:
    """Draw every process of every procedure into `<out_dir>/<process_id>.svg`; the files that changed."""
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for process_id, picture in _pictures(bpmn_dir):
        path = out_dir / f"{process_id}.svg"
        if not path.exists() or path.read_text(encoding="utf-8") != picture:
            path.write_text(picture, encoding="utf-8")
            written.append(path)
    return written


def pictures_fresh(bpmn_dir: Path, out_dir: Path) -> list[str]:
    """Process ids whose picture is missing or no longer what the diagram draws; empty when all is well."""
    return [process_id for process_id, picture in _pictures(bpmn_dir) if _stored(out_dir / f"{process_id}.svg") != picture]


def _stored(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _pictures(bpmn_dir: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(bpmn_dir.glob("*/*.bpmn")):
        xml = path.read_bytes()
        for process_id in read_diagram(xml):
            yield process_id, draw(xml, process_id) + "\n"
