"""The front desk for other programs: figures of the day, shifts, notes for the next one, the roster."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import definitions, desk_counters
from engine.company import shifts as services
from engine.desk_counters import NAMES, Counter
from engine.errors import NotFoundError
from engine.i18n import CATALOGUE_FILE, read_catalogue, translate
from engine.permissions import may, require
from engine.queries import directory, shifts
from engine.queries.shifts import NoteRow, ShiftRow
from webui.api import desk_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import Paging

calls = Calls("desk", "The front desk: figures of the day, shifts, notes, the roster", scope="work")

_SITE = f"/sites/<{ID}:site_id>"


@calls.lookup("/desk/counters", gives=schemas.CounterList)
def list_counters(call: Call) -> dict[str, Any]:
    """What the day still needs at the caller's sites; 100 stands for 100 or more."""
    zone = ZoneInfo(call.runtime.organisation.calendar.zone)
    return {"items": [_counter(call, each) for each in desk_counters.counters(call.runtime, call.uow, call.actor, zone)]}


@calls.lookup(f"{_SITE}/shift", gives=schemas.CurrentShift)
def get_shift(call: Call, site_id: int) -> dict[str, Any]:
    """Who has a site's desk."""
    _reach(call, site_id)
    return {"shift": _shift(shifts.current(call.uow, site_id))}


@calls.lookup(f"{_SITE}/shifts", query=Paging, gives=schemas.ShiftList)
def list_shifts(call: Call, query: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Shifts that are over, latest first, with what was handed over."""
    _reach(call, site_id)
    page = shifts.past(call.uow, site_id, after=query.get("after"), limit=query["limit"])
    return {"items": [_shift(each) for each in page.rows], "next": page.after}


@calls.command(f"{_SITE}/shift/take-over", takes=schemas.TakeOverDesk, gives=schemas.CurrentShift)
def take_over_desk(call: Call, body: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Sign for the desk."""
    services.take_over(call.runtime, call.uow, call.actor, site_id, **body)
    return {"shift": _shift(shifts.current(call.uow, site_id))}


@calls.command(f"{_SITE}/shift/hand-over", takes=schemas.HandOverDesk, gives=schemas.DeskDone)
def hand_over_desk(call: Call, body: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Sign the desk away, with the day's figures and the open notes as they stand."""
    figures = list_counters(call)["items"]
    summary = {
        "needs": [{"label": each["name"], "count": each["count"], "late": each["late"]} for each in figures],
        "notes": [{"id": note.id, "text": note.text} for note in shifts.notes(call.uow, site_id)], "said": body["said"].strip(),
    }
    return {"id": services.hand_over(call.runtime, call.uow, call.actor, site_id, summary)}


@calls.lookup(f"{_SITE}/shift-notes", query=schemas.NoteQuery, gives=schemas.NoteList)
def list_notes(call: Call, query: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Word left for the shifts to come."""
    _reach(call, site_id)
    return {"items": [_note(each) for each in shifts.notes(call.uow, site_id, since=query["since"])]}


@calls.command(f"{_SITE}/shift-notes", takes=schemas.WriteNote, gives=schemas.DeskDone, status=201)
def write_note(call: Call, body: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Leave word."""
    return {"id": services.write_note(call.runtime, call.uow, call.actor, site_id, body["text"], body["process_instance_id"])}


@calls.command(f"/shift-notes/<{ID}:note_id>/tick", gives=schemas.DeskDone)
def tick_note(call: Call, note_id: int) -> dict[str, Any]:
    """Say that it has been seen to."""
    services.tick_note(call.runtime, call.uow, call.actor, note_id)
    return {"id": note_id}


@calls.lookup(f"{_SITE}/roster", query=schemas.RosterQuery, gives=schemas.DutyList)
def list_roster(call: Call, query: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Who is on duty at any time between two moments."""
    _reach(call, site_id)
    since = query["since"] or call.runtime.clock.now()
    found = shifts.roster(call.uow, site_id, since=since, until=query["until"] or since + timedelta(days=7))
    hidden = {} if may(call.actor, "directory:personal", site_id) else {"phone": None}
    return {"items": [{**asdict(each), **hidden} for each in found]}


@calls.command(f"{_SITE}/roster", takes=schemas.PutOnDuty, gives=schemas.DeskDone, status=201)
def put_on_duty(call: Call, body: dict[str, Any], site_id: int) -> dict[str, Any]:
    """Put somebody on the roster."""
    return {"id": services.put_on_duty(call.runtime, call.uow, call.actor, site_id=site_id, **body)}


@calls.command(f"/roster/<{ID}:duty_id>", gives=schemas.DeskDone, method="DELETE")
def take_off_duty(call: Call, duty_id: int) -> dict[str, Any]:
    """Take an entry off the roster; that it stood there stays on record."""
    services.take_off_duty(call.runtime, call.uow, call.actor, duty_id)
    return {"id": duty_id}


def _reach(call: Call, site_id: int) -> None:
    require(call.actor, "desk:use", site_id)
    if site_id not in {site.id for site in directory.sites(call.uow, call.actor)}:
        raise NotFoundError(kind="園區", id=site_id)


def _counter(call: Call, counter: Counter) -> dict[str, Any]:
    limit = counter.limit
    name = NAMES.get(counter.what) or (limit.name if limit else counter.limit_id or "")
    catalogue = None
    if limit is not None and call.locale == "en":
        catalogue = read_catalogue(definitions.content(call.runtime, call.uow, limit.definition_id).files.get(CATALOGUE_FILE, b""))
    return {"what": counter.what, "limit_id": counter.limit_id, "name": translate(call.locale, name, catalogue), "count": counter.count,
            "late": counter.late}


def _shift(row: ShiftRow | None) -> dict[str, Any] | None:
    return asdict(row) if row is not None else None


def _note(row: NoteRow) -> dict[str, Any]:
    return {**asdict(row), "process_instance_id": row.instance_id}
