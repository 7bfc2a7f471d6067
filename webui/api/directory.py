"""The directory for other programs: entries with their history, substitutes, the caller's sessions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.company import directory, sessions, substitutes, users
from engine.company.entries import KINDS, Kind, clean
from engine.errors import NotFoundError
from engine.permissions import may, require
from engine.queries import entries
from engine.queries import substitutes as substitute_queries
from engine.queries.entries import Entry, Filters
from webui.api import directory_schemas as schemas
from webui.api.calls import CLOSED, ID, Call, Calls
from webui.api.schemas import Paging

calls = Calls("directory", "Sites, buildings, units, tenants, tenancies and people; substitutes; sessions", scope="directory")

_KIND = "/directory/<string:kind>"
_ENTRY = f"{_KIND}/<{ID}:entry_id>"


@calls.lookup(_KIND, query=schemas.EntryQuery, gives=schemas.EntryList)
def list_entries(call: Call, query: dict[str, Any], kind: str) -> dict[str, Any]:
    """Entries of one kind (`site`, `building`, `unit`, `tenant`, `tenancy`, `person`) at the caller's sites."""
    found = _kind(kind)
    require(call.actor, "directory:read")
    filters = Filters(q=query["q"], is_active=query["active"])
    page = entries.listing(call.uow, call.actor, found.id, filters=filters, after=query.get("after"), limit=query["limit"])
    return {"items": [_view(call, found, entry) for entry in page.rows], "next": page.after}


@calls.command(_KIND, takes=schemas.NewEntry, gives=schemas.EntryView, status=201)
def add_entry(call: Call, body: dict[str, Any], kind: str) -> dict[str, Any]:
    """Add an entry."""
    found = _kind(kind)
    if found.id == "person":
        require(call.actor, found.permission)
        identity = users.create(call.runtime, call.uow, call.actor, **clean(found, body["values"], _zone(call), is_new=True))
    else:
        identity = directory.create(call.runtime, call.uow, call.actor, found.id, body["values"])
    return _view(call, found, entries.show(call.uow, call.actor, found.id, identity))


@calls.lookup(_ENTRY, gives=schemas.EntryView)
def get_entry(call: Call, kind: str, entry_id: int) -> dict[str, Any]:
    """One entry, also a deactivated one."""
    found = _kind(kind)
    require(call.actor, "directory:read")
    return _view(call, found, entries.show(call.uow, call.actor, found.id, entry_id))


@calls.command(_ENTRY, takes=schemas.EntryChange, gives=schemas.EntryView, method="PATCH")
def change_entry(call: Call, body: dict[str, Any], kind: str, entry_id: int) -> dict[str, Any]:
    """Change an entry, if it is still at the version that was looked at."""
    found = _kind(kind)
    require(call.actor, found.permission)
    entry = entries.show(call.uow, call.actor, found.id, entry_id)
    if found.id == "person":
        kept = {field.name: entry.values[field.name] for field in found.fields if not field.is_fixed}
        values = {**kept, **clean(found, body["values"], _zone(call), is_new=False)}
        users.set_profile(call.runtime, call.uow, call.actor, entry_id, version=body["version"], **values)
    else:
        directory.change(call.runtime, call.uow, call.actor, found.id, entry_id, body["values"], body["version"])
    return _view(call, found, entries.show(call.uow, call.actor, found.id, entry_id))


@calls.command(f"{_ENTRY}/deactivate", takes=schemas.SwitchReason, gives=schemas.EntryView)
def deactivate_entry(call: Call, body: dict[str, Any], kind: str, entry_id: int) -> dict[str, Any]:
    """Offer it no longer. A tenancy is ended by its `ended_at` instead."""
    return _switch(call, kind, entry_id, body["reason"], is_active=False)


@calls.command(f"{_ENTRY}/reactivate", takes=schemas.SwitchReason, gives=schemas.EntryView)
def reactivate_entry(call: Call, body: dict[str, Any], kind: str, entry_id: int) -> dict[str, Any]:
    """Offer it again."""
    return _switch(call, kind, entry_id, body["reason"], is_active=True)


@calls.lookup(f"{_ENTRY}/history", query=Paging, gives=schemas.DirectoryChangeList)
def get_history(call: Call, query: dict[str, Any], kind: str, entry_id: int) -> dict[str, Any]:
    """Who changed what, newest first; personal fields only for those who may see them."""
    found = _kind(kind)
    require(call.actor, "directory:read")
    entries.show(call.uow, call.actor, found.id, entry_id)
    page = entries.history(call.uow, found.id, entry_id, after=query.get("after"), limit=query["limit"])
    hidden = set() if may(call.actor, "directory:personal") else {field.name for field in found.fields if field.is_personal}
    items = [{**asdict(change), "changes": {name: list(pair) for name, pair in change.changes.items() if name not in hidden}}
             for change in page.rows]
    return {"items": items, "next": page.after}


@calls.lookup("/substitutes", query=Paging, gives=schemas.SubstituteList)
def list_substitutes(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Absences that last or come: everybody's for a manager, else the caller's own on either side."""
    person_id = None if may(call.actor, "substitution:administer") else call.actor.user_id
    page = substitute_queries.page(
        call.uow, person_id=person_id, now=call.runtime.clock.now(), after=query.get("after"), limit=query["limit"])
    return {"items": page.rows, "next": page.after}


@calls.command("/substitutes", takes=schemas.NewSubstitute, gives=schemas.DirectoryDone, status=201, scope=CLOSED)
def appoint_substitute(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Let somebody act for the caller, or as a manager for somebody else."""
    assert call.actor.user_id is not None
    whom = {**body, "absent_id": body["absent_id"] or call.actor.user_id}
    return {"id": substitutes.appoint(call.runtime, call.uow, call.actor, **whom)}


@calls.command(f"/substitutes/<{ID}:substitution_id>/end", gives=schemas.DirectoryDone, scope=CLOSED)
def end_substitute(call: Call, substitution_id: int) -> dict[str, Any]:
    """End it now."""
    substitutes.end(call.runtime, call.uow, call.actor, substitution_id)
    return {"id": substitution_id}


@calls.lookup("/sessions", gives=schemas.SessionList)
def list_sessions(call: Call) -> dict[str, Any]:
    """The caller's open sessions."""
    assert call.actor.user_id is not None
    return {"items": sessions.of_person(call.runtime, call.uow, call.actor, call.actor.user_id)}


@calls.command(f"/sessions/<{ID}:session_id>", gives=schemas.DirectoryDone, method="DELETE", scope=CLOSED)
def end_session(call: Call, session_id: int) -> dict[str, Any]:
    """End one of the caller's sessions, or anybody's as an administrator."""
    sessions.end(call.runtime, call.uow, call.actor, session_id)
    return {"id": session_id}


def _kind(name: str) -> Kind:
    if name not in KINDS or name == "price":
        raise NotFoundError(kind="目錄", id=name[:40])
    return KINDS[name]


def _zone(call: Call) -> ZoneInfo:
    return ZoneInfo(call.runtime.organisation.calendar.zone)


def _switch(call: Call, kind: str, entry_id: int, reason: str, *, is_active: bool) -> dict[str, Any]:
    found = _kind(kind)
    require(call.actor, found.permission)
    if found.id == "tenancy":
        raise NotFoundError(kind="目錄", id=kind)
    entries.show(call.uow, call.actor, found.id, entry_id)
    if found.id == "person":
        act = users.reactivate if is_active else users.deactivate
        act(call.runtime, call.uow, call.actor, entry_id, reason)
    else:
        switch = directory.reactivate if is_active else directory.deactivate
        switch(call.runtime, call.uow, call.actor, found.id, entry_id, reason)
    return _view(call, found, entries.show(call.uow, call.actor, found.id, entry_id))


def _view(call: Call, kind: Kind, entry: Entry) -> dict[str, Any]:
    hides = not may(call.actor, "directory:personal")
    values = {field.name: None if field.is_personal and hides else _plain(entry.values.get(field.name)) for field in kind.fields}
    if kind.id == "person":
        values["roles"] = [{"role": role, "site_id": site_id} for role, site_id in entry.roles]
    return {"id": entry.id, "label": entry.label, "version": entry.version, "is_active": entry.deactivated_at is None, "values": values}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
