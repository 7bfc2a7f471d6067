"""Forms of Spiff-Arena: a JSON Schema beside a file that says how it is shown (react-jsonschema-form)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.foreign.notes import Notes
from engine.foreign.questions import ForeignForm, Question

_FORMATS = {"date": "date", "date-time": "date_time", "time": "time", "email": "email", "data-url": "files", "file": "files"}
_WIDGETS = {"textarea": "long_text", "date": "date", "datetime": "date_time", "date-time": "date_time", "time": "time", "file": "files",
            "typeahead": "text", "markdown": "long_text"}
_LIMITS = ("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems",
           "maxItems")
#: keywords that are understood, or say nothing
_KNOWN = frozenset({"title", "description", "type", "format", "default", "enum", "enumNames", "oneOf", "anyOf", "items", "properties",
                    "required", "uniqueItems", "readOnly", "$schema", "$id", "$comment", "examples", "const", *_LIMITS})


def is_schema(content: Mapping[str, Any]) -> bool:
    """Whether a JSON document is a form's schema."""
    return isinstance(content.get("properties"), Mapping)


def form(content: Mapping[str, Any], shown: Mapping[str, Any], name: str, notes: Notes) -> ForeignForm:
    """A form from its schema. `shown`: the file beside it, empty where there is none; `name`: the schema's file name."""
    for keyword in sorted(set(content) - _KNOWN - {"definitions", "$defs"}):
        notes.open("form-field", name, "表單的「{keyword}」沒有對應的寫法，已略去。", keyword=keyword)
    found = ForeignForm(name, str(content.get("title") or ""), [], help=str(content.get("description") or ""))
    found.questions = list(_questions(content, shown, name, notes))
    return found


def _questions(content: Mapping[str, Any], shown: Mapping[str, Any], form_name: str, notes: Notes) -> Iterator[Question]:
    properties = content["properties"]
    wanted = content.get("required")
    required = wanted if isinstance(wanted, list) else []
    for name in _in_order(list(properties), shown.get("ui:order")):
        each = properties[name]
        if not isinstance(each, Mapping):
            continue
        hints = shown.get(name)
        question = _question(name, each, hints if isinstance(hints, Mapping) else {}, form_name, notes)
        if question is not None:
            question.required = name in required
            yield question


def _question(
    name: str, each: Mapping[str, Any], hints: Mapping[str, Any], form_name: str, notes: Notes
) -> Question | None:
    kind, choices = _kind(each, hints), _choices(each)
    if kind is None:
        notes.open("form-field", form_name, "表單中的「{type}」沒有對應的欄位，已略去。", type=f"{each.get('type') or '—'} {name}")
        return None
    for keyword in sorted(set(each) - _KNOWN):
        notes.open("form-field", form_name, "表單的「{keyword}」沒有對應的寫法，已略去。", keyword=f"{name}.{keyword}")
    if kind == "choices":
        choices = _choices(each["items"])
    question = Question(
        name, kind, str(each.get("title") or hints.get("ui:title") or ""),
        help=str(each.get("description") or hints.get("ui:help") or hints.get("ui:description") or ""), choices=choices,
        default=each.get("default"), placeholder=str(hints.get("ui:placeholder") or ""),
        read_only=bool(each.get("readOnly") or hints.get("ui:readonly")))
    question.limits = {limit: each[limit] for limit in _LIMITS if limit in each}
    if kind == "rows":
        inner = hints.get("items")
        question.columns = tuple(_questions(each["items"], inner if isinstance(inner, Mapping) else {}, form_name, notes))
    return question


def _kind(each: Mapping[str, Any], hints: Mapping[str, Any]) -> str | None:
    kind, items = each.get("type"), each.get("items")
    if kind == "array" and isinstance(items, Mapping):
        if isinstance(items.get("properties"), Mapping):
            return "rows"
        return "choices" if _choices(items) else "files" if items.get("format") in ("data-url", "file") else None
    if kind == "string" and _choices(each):
        return "choice"
    if kind == "string":
        return _WIDGETS.get(str(hints.get("ui:widget") or ""), _FORMATS.get(str(each.get("format") or ""), "text"))
    return {"number": "number", "integer": "integer", "boolean": "yes_no"}.get(str(kind))


def _choices(each: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    offered = each.get("oneOf") or each.get("anyOf")
    if isinstance(offered, list):
        return tuple((str(entry["const"]), str(entry.get("title") or entry["const"])) for entry in offered
                     if isinstance(entry, Mapping) and "const" in entry)
    values, titles = each.get("enum"), each.get("enumNames")
    if not isinstance(values, list):
        return ()
    told = titles if isinstance(titles, list) and len(titles) == len(values) else values
    return tuple((str(value), str(title)) for value, title in zip(values, told, strict=True))


def _in_order(names: Sequence[str], wanted: Any) -> list[str]:
    """In the order that the form is shown in; `*` stands for those not named."""
    if not isinstance(wanted, list):
        return list(names)
    rest = [name for name in names if name not in wanted]
    ordered = [inner for each in wanted if isinstance(each, str) for inner in (rest if each == "*" else [each])]
    return [name for name in dict.fromkeys([*ordered, *rest]) if name in names]
