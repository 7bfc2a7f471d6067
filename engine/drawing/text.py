"""Measures and breaks text for SVG, which wraps nothing by itself.

Chinese may break anywhere but before closing punctuation; other scripts break at spaces.
"""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape

#: width of a narrow character as a part of the font size; wide ones (Chinese, full-width punctuation) take the whole
_NARROW = 0.56
#: what may not begin a line
_CLOSING = frozenset("，。、；：？！）】」』》〉,.;:?!)")
#: height of a line as a part of the font size
LEADING = 1.25


def width(text: str, size: float) -> float:
    """Width in pixels, near enough to keep text inside its shape."""
    return sum(size if unicodedata.east_asian_width(character) in "WF" else size * _NARROW for character in text)


def wrap(text: str, room: float, size: float) -> list[str]:
    """The lines of a text in a box `room` pixels wide. A word too long for a line is cut."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(" ".join(text.split())):
        if not line or width((line + piece).rstrip(), size) <= room:
            line += piece
        elif piece[0] in _CLOSING and len(line) > 1:
            # The character before goes down with the punctuation that may not begin a line.
            lines.append(line[:-1])
            line = line[-1] + piece
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
        while width(line.rstrip(), size) > room and len(line.rstrip()) > 1:
            fit = max(1, next((count for count in range(len(line), 0, -1) if width(line[:count], size) <= room), 1))
            lines.append(line[:fit].rstrip())
            line = line[fit:].lstrip()
    if line.strip():
        lines.append(line.rstrip())
    return _balanced(lines, text, room, size)


def _balanced(lines: list[str], text: str, room: float, size: float) -> list[str]:
    """Two lines of Chinese of which the second holds one character look torn: even them out."""
    joined = "".join(lines)
    if len(lines) != 2 or " " in text or width(lines[1], size) > 2 * size:
        return lines
    half = -(-len(joined) // 2)
    if joined[half : half + 1] in _CLOSING or width(joined[:half], size) > room:
        return lines
    return [joined[:half], joined[half:]]


def _pieces(text: str) -> list[str]:
    """Where a line may break: after each wide character, after each space."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            if word:
                pieces.append(word)
                word = ""
            pieces.append(character)
        elif character == " ":
            pieces.append(word + " ")
            word = ""
        else:
            word += character
    return [*pieces, word] if word else pieces


def centred(text: str, x: float, y: float, room: float, size: float, *, css: str) -> str:
    """`<text>` elements whose lines are centred on the point; nothing for an empty text."""
    lines = wrap(text, room, size)
    top = y - (len(lines) - 1) * size * LEADING / 2 + size * 0.36
    return _lines(lines, x, top, size, css)


def below(text: str, x: float, y: float, room: float, size: float, *, css: str) -> str:
    """`<text>` elements whose lines begin under the point and are centred on it."""
    return _lines(wrap(text, room, size), x, y + size * 0.86, size, css)


def _lines(lines: list[str], x: float, top: float, size: float, css: str) -> str:
    return "".join(line_at(line, x, top + index * size * LEADING, size, css) for index, line in enumerate(lines))


def grown(text: str, x: float, y: float, room: float, size: float, *, anchor: str, upward: bool, css: str) -> str:
    """Lines that start, end or are centred (`anchor`) at `x` and grow away from `y`, up or down: for a label that outgrows its place."""
    lines = wrap(text, room, size)
    top = y - ((len(lines) - 1) * LEADING + 0.22) * size if upward else y + size * 0.86
    return "".join(line_at(line, x, top + index * size * LEADING, size, css, anchor) for index, line in enumerate(lines))


def line_at(text: str, x: float, y: float, size: float, css: str, anchor: str = "middle") -> str:
    """One line of text that stands on `y`; `x` is its middle, `start` or `end`."""
    return f'<text class="{css}" x="{x:g}" y="{round(y, 2):g}" font-size="{size:g}" text-anchor="{anchor}">{escape(text)}</text>'
