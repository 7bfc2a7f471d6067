"""Addresses inside this application that a request may name to go on to: never another site's."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_next(wanted: str | None, otherwise: str) -> str:
    """The wanted path if it is one of ours, else the other one."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable() or len(wanted) > 2_000:
        return otherwise
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else otherwise
