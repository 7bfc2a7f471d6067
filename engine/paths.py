"""Reads values out of data by dotted paths, and fills one-line templates with them. No logic, no code of a designer's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIELD = re.compile(r"\{([A-Za-z_][\w.]*)\}")


def lookup(data: Any, path: str) -> Any:
    """The value at `form.field.0.part`; None where the path leads nowhere."""
    for part in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def fill(template: str, data: Mapping[str, Any], limit: int = 300) -> str:
    """`{registration.unit.label} {registration.items}` with its values; what is missing is left out, the whole cut at `limit`."""

    def value(match: re.Match[str]) -> str:
        found = lookup(data, match.group(1))
        if isinstance(found, Mapping):
            found = found.get("label", "")
        if isinstance(found, list):
            found = "、".join(str(item.get("label", "")) if isinstance(item, Mapping) else str(item) for item in found)
        return "" if found is None else str(found)

    return " ".join(_FIELD.sub(value, template).split())[:limit]
