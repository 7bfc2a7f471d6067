"""What a deployed definition and the company's organisation.toml say, as values. Pure: reads bytes, runs nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.calendars import WorkingCalendar
from engine.diagram import Diagram, Element
from engine.errors import InvalidError

if TYPE_CHECKING:
    from engine.forms import Form
    from engine.limit_rules import Limit


class OrganisationInvalidError(InvalidError):
    """organisation.toml cannot be used."""

    code = "organisation_invalid"
    sentence = "organisation.toml 有誤：{reason}"


@dataclass(frozen=True, slots=True)
class DefinitionContent:
    """One version of a definition with everything that was deployed beside it."""

    id: int
    key: str
    version: int
    name: str
    deployment_id: int
    diagram: Diagram
    #: by form key
    forms: Mapping[str, Form]
    #: template source by record key
    records: Mapping[str, bytes]
    #: of the deployment
    limits: tuple[Limit, ...]
    #: what runs, where normalising changed something; else the author's file
    xml: bytes
    #: every file of the deployment as the author sent it, by name
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class InstanceContent:
    """The definition of an instance and those of the processes bound to it."""

    own: DefinitionContent
    called: Mapping[str, DefinitionContent] = field(default_factory=dict)

    def of(self, process_key: str) -> DefinitionContent:
        """The definition that holds an element of that process."""
        return self.called.get(process_key, self.own)

    def limits(self) -> list[Limit]:
        """Those of its own deployment and of the called ones, each once."""
        every = (limit for definition in (self.own, *self.called.values()) for limit in definition.limits)
        return list({(limit.full_id, limit.effective_from): limit for limit in every}.values())

    def element(self, process_key: str, element_id: str) -> Element | None:
        """An element; None where the id is one of the engine's own."""
        return self.of(process_key).diagram.elements.get(element_id)

    def filled_in(self) -> frozenset[str]:
        """Keys of the forms that people fill in: at steps, and at the case's own start. What a called process would ask at a start of its
        own comes from the caller's scripts.
        """
        own = (element.form for element in self.own.diagram.elements.values() if element.kind == "startEvent")
        every = (element for definition in (self.own, *self.called.values()) for element in definition.diagram.elements.values())
        return frozenset(form for form in (*own, *(element.form for element in every if element.is_human)) if form)

    def form(self, process_key: str, form_key: str | None) -> Form | None:
        """A form by key; None where there is none."""
        return None if form_key is None else self.of(process_key).forms.get(form_key)


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the company: a lane, a candidate group."""

    id: str
    #: source language
    name: str
    name_en: str = ""
    department: str = ""
    #: a person without an account: tenant, owner, contractor
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """organisation.toml: who there is, how records are numbered, when the company works."""

    roles: Mapping[str, Role]
    #: series → pattern, e.g. `R{yyyy}{mm}-{seq:04}`
    numbering: Mapping[str, str]
    calendar: WorkingCalendar
    #: role that gets work items for which a diagram names nobody
    fallback_role: str = "manager"
    #: of sites that keep a calendar of their own
    site_calendars: Mapping[int, WorkingCalendar] = field(default_factory=dict)
    #: what the house asks for instead of limits.toml: full id → (from which day, demand), in the order of days
    limit_targets: Mapping[str, tuple[tuple[date, str], ...]] = field(default_factory=dict)
    #: what the file says by itself, where rows lie over it
    written: Organisation | None = None

    def calendar_at(self, site_id: int | None) -> WorkingCalendar:
        """The working time that counts at a site."""
        return self.calendar if site_id is None else self.site_calendars.get(site_id, self.calendar)


def read_organisation(raw: bytes) -> Organisation:
    """From organisation.toml; an empty one gives a company without roles that works around the clock in Shanghai."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OrganisationInvalidError(reason=str(error)) from error
    roles = document.get("roles", document.get("role", {}))
    if not isinstance(roles, dict) or not all(isinstance(entry, dict) for entry in roles.values()):
        raise OrganisationInvalidError(reason="roles 應是以角色代碼為名的表格")
    return Organisation(
        roles={role_id: _role(role_id, entry) for role_id, entry in roles.items()},
        numbering={series: str(pattern) for series, pattern in document.get("numbering", {}).items()},
        calendar=WorkingCalendar.from_config(document.get("calendar", {})),
        fallback_role=str(document.get("fallback_role", "manager")),
    )


def _role(role_id: str, entry: Mapping[str, Any]) -> Role:
    return Role(
        id=role_id,
        name=str(entry.get("name", role_id)),
        name_en=str(entry.get("en", entry.get("name_en", ""))),
        department=str(entry.get("department", "")),
        is_outside=bool(entry.get("outside", False)),
    )
