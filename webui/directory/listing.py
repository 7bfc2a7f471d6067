"""The directory's lists and the page of one entry with its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.company import sessions
from engine.company.entries import KINDS, Kind
from engine.errors import InvalidError
from engine.permissions import may, require
from engine.queries import directory, entries
from engine.queries.entries import Filters
from webui import session
from webui.directory import shown
from webui.unit_of_work import current, runtime_of

_PAGE = 50
_STATES = {"": True, "ended": False, "all": None}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the directory, as its tabs name it. Texts in the source language."""

    endpoint: str
    kind: str
    label: str
    icon: str
    text: str
    #: permission to look at it
    permission: str = "directory:read"

    def address(self) -> str:
        """Where it begins."""
        return flask.url_for(self.endpoint, kind=self.kind) if self.endpoint == "directory.listing" else flask.url_for(self.endpoint)


SECTIONS = (
    Section("directory.listing", "person", "人員", icon="users", text="帳號、角色、登入。"),
    Section("directory.listing", "tenant", "業戶", icon="building-store", text="租用單元的公司和個人。"),
    Section("directory.listing", "tenancy", "租期", icon="key", text="誰從哪一天起租用哪個單元。"),
    Section("directory.listing", "unit", "單元", icon="door", text="樓宇內的房間、鋪位、車位。"),
    Section("directory.listing", "building", "樓宇", icon="building", text="園區內的各座樓宇。"),
    Section("prices.overview", "price", "收費標準", icon="receipt", text="特約服務的價格，按生效日期分版。"),
    Section("directory.listing", "site", "園區", icon="map-pin", text="管理項目及其時區。"),
    Section("house_rules.calendars", "calendar", "工作曆", icon="calendar", text="工作時間、節假日、例外日期。"),
    Section("house_rules.numbering", "numbering", "編號規則", icon="hash", text="各類單據的編號格式和下一個號碼。"),
)


def sections() -> list[Section]:
    """Those that the reader may look at."""
    return [section for section in SECTIONS if may(session.actor(), section.permission)]


def kind_of(name: str) -> Kind:
    """The kind of an address; 404 for another."""
    if name not in shown.COLUMNS:
        flask.abort(404)
    return KINDS[name]


def overview() -> ResponseReturnValue:
    """What the directory holds."""
    require(session.actor(), "directory:read")
    return flask.render_template("directory/overview.html", sections=sections())


def listing(kind: str) -> ResponseReturnValue:
    """Entries of one kind: searched, narrowed, sorted, a page at a time."""
    found, actor = kind_of(kind), session.actor()
    require(actor, "directory:read")
    filters, state, sort = narrowing()
    page = entries.listing(current(), actor, kind, filters=filters, sort=sort, after=flask.request.args.get("after"), limit=_PAGE)
    return flask.render_template(
        "directory/list.html", kind=found, columns=shown.COLUMNS[kind], page=page, filters=filters, state=state, sort=sort,
        sorts=entries.sorts(kind), sites=directory.sites(current(), actor), may_write=may(actor, found.permission), sections=sections(),
        may_import=may(actor, "import:apply"),
        is_narrowed=bool(filters.q or state or filters.site_id or filters.role or filters.unit_id or filters.tenant_id))


def narrowing() -> tuple[Filters, str, str]:
    """What the address asks of a list: its filters, their state as the form names it, the order."""
    args = flask.request.args
    state = args.get("state", "") if args.get("state", "") in _STATES else ""
    filters = Filters(
        q=args.get("q", "")[:60], is_active=_STATES[state], site_id=_number("site"), role=args.get("role") or None,
        unit_id=_number("unit"), tenant_id=_number("tenant"))
    return filters, state, args.get("sort", "")[:40]


def show(kind: str, entry_id: int) -> ResponseReturnValue:
    """One entry: what is known, what belongs to it, who changed what."""
    return page(kind_of(kind), entry_id)


def page(kind: Kind, entry_id: int, **further: Any) -> str:
    """The page of one entry."""
    actor, uow = session.actor(), current()
    require(actor, "directory:read")
    entry = entries.show(uow, actor, kind.id, entry_id)
    history = entries.history(uow, kind.id, entry_id, after=flask.request.args.get("after"))
    may_write = may(actor, kind.permission)
    values: dict[str, Any] = {}
    if kind.id in ("unit", "tenant"):
        wanted = Filters(is_active=None, unit_id=entry_id) if kind.id == "unit" else Filters(is_active=None, tenant_id=entry_id)
        values["tenancies"] = entries.listing(uow, actor, "tenancy", filters=wanted, sort="-started_at", limit=20)
    if kind.id == "person":
        values["may_stand_in"] = may(actor, "substitution:administer")
    if kind.id == "person" and may_write:
        values["sessions"] = sessions.of_person(runtime_of(), uow, actor, entry_id)
    return flask.render_template("directory/show.html", kind=kind, entry=entry, history=history, may_write=may_write, **values, **further,
                                 may_erase=kind.id == "tenant" and may(actor, "retention:administer"))


def _number(name: str) -> int | None:
    text = flask.request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidError(reason="篩選條件不正確。")
    return int(text)
