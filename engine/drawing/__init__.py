"""Pictures of diagrams: SVG from a file's own coordinates, with the state of an instance on it. No browser, no styles, no scripts."""

from engine.drawing.picture import ElementMark, Status, draw
from engine.drawing.pictures import pictures_fresh, write_pictures

__all__ = ["ElementMark", "Status", "draw", "pictures_fresh", "write_pictures"]
