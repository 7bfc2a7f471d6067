"""What a draft's diagrams can name, in the caller's language."""

from __future__ import annotations

from typing import Any

from engine.content import Role
from engine.designing.catalogue import Catalogue
from engine.i18n import SOURCE_LOCALE, translate


def catalogue_view(found: Catalogue, locale: str) -> dict[str, Any]:
    """As the interface shows it."""
    def worded(text: str) -> str:
        return translate(locale, text, found.english)

    return {
        "roles": [{"id": role.id, "name": _role_name(role, locale), "is_outside": role.is_outside} for role in found.roles],
        "forms": [
            {"key": form.key, "title": worded(form.title),
             "fields": [
                 {"name": field.name, "title": worded(field.title), "kind": field.kind,
                  "choices": [{"value": each.value, "title": worded(each.title)} for each in field.choices]}
                 for field in form.fields]}
            for form in found.forms],
        "records": [{"key": key, "title": worded(title)} for key, title in found.records],
        "clauses": [
            {"number": clause.number, "text": clause.texts.get(locale) or translate(locale, clause.texts.get(SOURCE_LOCALE, ""))}
            for clause in found.clauses],
        "operators": [
            {"name": each.name, "parameters": [{"name": name, "is_required": needed} for name, needed in each.parameters]}
            for each in found.operators],
        "processes": [{"key": key, "name": worded(name)} for key, name in found.processes],
        "decisions": [{"id": identity, "name": worded(name)} for identity, name in found.decisions],
        "series": found.series, "collections": found.collections,
    }


def _role_name(role: Role, locale: str) -> str:
    return role.name_en if locale == "en" and role.name_en else translate(locale, role.name)
