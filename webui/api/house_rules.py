"""What the office keeps, for other programs: prices, working time, series of numbers; roles and password links of people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import flask

from engine.company import calendars, password_links, prices, series, users
from engine.company.calendars import COMPANY, KeptCalendar
from engine.company.entries import PRICE, clean
from engine.errors import NotFoundError
from engine.model import RoleGrant
from engine.permissions import require
from engine.queries import entries
from webui.api import house_rule_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import GivenReason

calls = Calls("house_rules", "Prices, working time, series of numbers; roles and password links of people")

_PRICE = "/prices/<string(maxlength=40):code>"
_CALENDAR = "/calendars/<string(maxlength=20):where>"
_SERIES = "/number-series/<string(maxlength=60):series_id>"
_PERSON = f"/directory/person/<{ID}:person_id>"


@calls.lookup("/prices", query=schemas.PriceQuery, gives=schemas.PriceList)
def list_prices(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The price list as it is or was in force."""
    require(call.actor, "directory:read")
    return {"items": prices.in_force(call.uow, query["at"] or call.runtime.clock.now())}


@calls.command("/prices", takes=schemas.AddPrice, gives=schemas.PriceItemView, status=201, scope="directory")
def add_price(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A new item, or a new price of a known one from a day on. Prices that were in force stay readable."""
    require(call.actor, "price:write")
    values = clean(PRICE, body, ZoneInfo(call.runtime.organisation.calendar.zone), is_new=True)
    prices.add(call.runtime, call.uow, call.actor, **values)
    return _price(call, values["code"])


@calls.lookup(_PRICE, gives=schemas.PriceItemView)
def get_price(call: Call, code: str) -> dict[str, Any]:
    """Every price that an item has or had."""
    require(call.actor, "directory:read")
    return _price(call, code)


@calls.command(f"{_PRICE}/deactivate", takes=GivenReason, gives=schemas.PriceItemView, scope="directory")
def deactivate_price(call: Call, body: dict[str, Any], code: str) -> dict[str, Any]:
    """Offer it no longer."""
    prices.deactivate(call.runtime, call.uow, call.actor, code, body["reason"])
    return _price(call, code)


@calls.command(f"{_PRICE}/reactivate", takes=GivenReason, gives=schemas.PriceItemView, scope="directory")
def reactivate_price(call: Call, body: dict[str, Any], code: str) -> dict[str, Any]:
    """Offer it again, at the prices it had."""
    prices.reactivate(call.runtime, call.uow, call.actor, code, body["reason"])
    return _price(call, code)


@calls.lookup("/calendars", gives=schemas.CalendarList)
def list_calendars(call: Call) -> dict[str, Any]:
    """The company's working time and every site's."""
    require(call.actor, "directory:read")
    return {"items": [_calendar(each) for each in calendars.listing(call.runtime, call.uow)]}


@calls.lookup(_CALENDAR, gives=schemas.CalendarView)
def get_calendar(call: Call, where: str) -> dict[str, Any]:
    """The company's (`company`) or one site's."""
    require(call.actor, "directory:read")
    return _calendar(calendars.show(call.runtime, call.uow, _where(where)))


@calls.command(_CALENDAR, takes=schemas.SaveCalendar, gives=schemas.CalendarView, method="PUT")
def put_calendar(call: Call, body: dict[str, Any], where: str) -> dict[str, Any]:
    """Keep working time. Due times that were set already stay."""
    calendars.save(call.runtime, call.uow, call.actor, _where(where), body["calendar"], body["reason"], body["version"])
    return _calendar(calendars.show(call.runtime, call.uow, _where(where)))


@calls.command(f"{_CALENDAR}/restore", takes=schemas.RestoreCalendar, gives=schemas.CalendarView)
def restore_calendar(call: Call, body: dict[str, Any], where: str) -> dict[str, Any]:
    """Let a site follow the company again, or the company the installed setting."""
    calendars.restore(call.runtime, call.uow, call.actor, _where(where), body["reason"], body["version"])
    return _calendar(calendars.show(call.runtime, call.uow, _where(where)))


@calls.lookup("/number-series", gives=schemas.SeriesList)
def list_series(call: Call) -> dict[str, Any]:
    """How numbers are written, and which comes next."""
    require(call.actor, "directory:read")
    return {"items": series.listing(call.runtime, call.uow)}


@calls.lookup(_SERIES, gives=schemas.SeriesView)
def get_series(call: Call, series_id: str) -> dict[str, Any]:
    """One series."""
    require(call.actor, "directory:read")
    return asdict(series.show(call.runtime, call.uow, series_id))


@calls.command(f"{_SERIES}/pattern", takes=schemas.SetPattern, gives=schemas.SeriesView, method="PUT")
def put_pattern(call: Call, body: dict[str, Any], series_id: str) -> dict[str, Any]:
    """Write numbers in another way from now on."""
    series.set_pattern(call.runtime, call.uow, call.actor, series_id, body["pattern"], body["reason"], body["version"])
    return asdict(series.show(call.runtime, call.uow, series_id))


@calls.command(f"{_SERIES}/raise", takes=schemas.RaiseNext, gives=schemas.SeriesView)
def raise_next(call: Call, body: dict[str, Any], series_id: str) -> dict[str, Any]:
    """Go on at a higher number; never back."""
    series.raise_next(call.runtime, call.uow, call.actor, series_id, body["next"], body["reason"])
    return asdict(series.show(call.runtime, call.uow, series_id))


@calls.command(f"{_PERSON}/roles", takes=schemas.SetRoles, gives=schemas.RolesView, method="PUT")
def put_roles(call: Call, body: dict[str, Any], person_id: int) -> dict[str, Any]:
    """Replace the roles that a person holds, each at one site or at all."""
    grants = [RoleGrant(each["role"], each["site_id"]) for each in body["roles"]]
    users.set_grants(call.runtime, call.uow, call.actor, person_id, grants, body["version"])
    held = sorted(users.get(call.uow, person_id).grants, key=lambda grant: (grant.role, grant.site_id or 0))
    version = entries.show(call.uow, call.actor, "person", person_id).version
    return {"roles": [{"role": grant.role, "site_id": grant.site_id} for grant in held], "version": version}


@calls.command(f"{_PERSON}/password-link", gives=schemas.PasswordLinkView, status=201, once_only=("url",))
def make_password_link(call: Call, person_id: int) -> dict[str, Any]:
    """A one-time link by which a person chooses a password; an earlier one ends."""
    made = password_links.create(call.runtime, call.uow, call.actor, person_id)
    base = call.runtime.settings.public_address.rstrip("/") or flask.request.host_url.rstrip("/")
    return {"url": base + flask.url_for("sign_in.choose_form", secret=made.secret), "expires_at": made.expires_at}


def _price(call: Call, code: str) -> dict[str, Any]:
    found = entries.price_history(call.uow, code)
    if not found:
        raise NotFoundError(kind="收費項目", id=code)
    return {"code": code, "is_active": found[0]["deactivated_at"] is None, "prices": found}


def _where(text: str) -> int | None:
    if text == COMPANY:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFoundError(kind="園區", id=text)
    return int(text)


def _calendar(kept: KeptCalendar) -> dict[str, Any]:
    return {
        "where": kept.entry, "site_name": kept.site_name, "is_own": kept.is_own, "version": kept.version,
        "time_zone": kept.calendar.zone, "calendar": calendars.texts(kept.calendar),
    }
