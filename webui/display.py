"""How values look on a page: times in the site's zone and as people say them, states, roles, people."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import zip_longest
from zoneinfo import ZoneInfo

import flask
from babel.dates import format_date, get_month_names
from markupsafe import Markup

from engine.erased import SENTENCE, SIGN, days_in, unmarked
from engine.i18n import translate
from engine.model import InstanceState, WorkItemState
from webui.devices import device_name, is_phone
from webui.language import current_locale, gettext
from webui.unit_of_work import runtime_of

_BABEL = {"zh-Hant": "zh_Hant", "zh-Hans": "zh_Hans", "en": "en_GB"}

INSTANCE_STATES = {
    InstanceState.ACTIVE: "進行中", InstanceState.COMPLETED: "已完成", InstanceState.CANCELLED: "已取消", InstanceState.SUSPENDED: "已暫停",
    InstanceState.INCIDENT: "需處理異常", InstanceState.VOIDED: "已作廢",
}
WORK_ITEM_STATES = {
    WorkItemState.OPEN: "待簽收", WorkItemState.CLAIMED: "辦理中", WorkItemState.DELEGATED: "已委派", WorkItemState.COMPLETED: "已辦結",
    WorkItemState.WITHDRAWN: "已撤回", WorkItemState.SIGNING: "會簽中",
}
OUTSIDE = {"tenant": "業戶", "owner": "業主", "contractor": "施工單位"}
#: from then on the moment itself says more than how long ago it was
_AGO_MINUTES = 14 * 24 * 60
CHANNELS = {"desk": "櫃檯", "phone": "手機", "link": "連結", "paper": "紙本", "api": "介面", "system": "系統"}


@dataclass(frozen=True, slots=True)
class Due:
    """A due time as people read it."""

    #: `late`, `soon`, `fine`
    level: str
    text: str
    at: datetime


def register(app: flask.Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(
        moment=moment, short_moment=short_moment, day=day, clock_time=clock_time, iso=lambda value: value.isoformat(timespec="seconds"),
        ago=ago, role_name=role_name, instance_state=instance_state, work_item_state=work_item_state, outside_name=outside_name,
        channel_name=channel_name, device_name=device_name, is_phone=is_phone,
        duration=duration, initial=initial, hue=hue, file_size=file_size, capped=capped, titled=titled,
    )
    app.jinja_env.globals.update(due=due, file_address=file_address)
    # wherever a page says what was erased by rule, it says so in the reader's language
    app.jinja_env.finalize = _finalized


def titled(words: str) -> str:
    """A word as a heading begins: its first letter large, where it has one."""
    return words[:1].upper() + words[1:]


def _finalized(value: object) -> object:
    """What a template prints: a text with a mark in it in the reader's words, everything else as it is."""
    if not isinstance(value, str) or SIGN not in value:
        return value
    told = unerased(str(value))
    return Markup(told) if isinstance(value, Markup) else told  # noqa: S704 - it was safe, and the sentence is ours


def unerased(text: str) -> str:
    """A text in which marks of what was erased by rule are told in the reader's language."""
    parts, days = unmarked(text), days_in(text)
    if not days:
        return text
    told = [gettext(SENTENCE, date=day) for day in days]
    return "".join(part for pair in zip_longest(parts, told, fillvalue="") for part in pair)


def zone() -> ZoneInfo:
    """The zone that times are shown in: the company's calendar's."""
    if "zone" not in flask.g:
        flask.g.zone = ZoneInfo(runtime_of().organisation.calendar.zone)
    found: ZoneInfo = flask.g.zone
    return found


def local(value: datetime) -> datetime:
    """The moment by the wall clock of the site."""
    return value.astimezone(zone())


def moment(value: datetime) -> str:
    """Date and time in full."""
    return f"{local(value):%Y-%m-%d %H:%M}"


def short_moment(value: datetime) -> str:
    """As short as it stays clear: the time today, else day and time, else with the year."""
    return short_words(current_locale(), local(value), local(runtime_of().clock.now()))


def short_words(locale: str, here: datetime, now: datetime) -> str:
    """As `short_moment`, of a moment by the wall clock of the site."""
    days = (here.date() - now.date()).days
    if -1 <= days <= 1:
        at = f"{here:%H:%M}"
        return at if not days else translate(locale, "昨天 {time}" if days < 0 else "明天 {time}", time=at)
    if here.year != now.year:
        return f"{here:%Y-%m-%d}"
    if locale == "en":
        return f"{here.day} {_month(here.month)} {here:%H:%M}"
    return f"{here.month}月{here.day}日 {here:%H:%M}"  # not a message


@lru_cache(maxsize=12)
def _month(number: int) -> str:
    return str(get_month_names("abbreviated", locale=_BABEL["en"])[number])


def day(value: datetime) -> str:
    """The date in words."""
    return format_date(local(value), "long", locale=_babel())


def clock_time(value: datetime) -> str:
    """Hours and minutes."""
    return f"{local(value):%H:%M}"


def duration(value: timedelta | float) -> str:
    """A length of time in its two largest units."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    return _duration(current_locale(), abs(seconds) // 60)


# a list says hundreds of lengths of time, and tomorrow's are the same words
@lru_cache(maxsize=8192)
def _duration(locale: str, minutes: int) -> str:
    if minutes < 60:
        return translate(locale, "{n} 分鐘", n=minutes) if minutes else translate(locale, "不到 1 分鐘")
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        is_short = minutes and hours < 6
        return translate(locale, "{h} 小時 {m} 分", h=hours, m=minutes) if is_short else translate(locale, "{n} 小時", n=hours)
    days, hours = divmod(hours, 24)
    return translate(locale, "{d} 天 {h} 小時", d=days, h=hours) if hours and days < 3 else translate(locale, "1 天") if days == 1 else (
        translate(locale, "{n} 天", n=days))


def ago(value: datetime) -> str:
    """How long since."""
    return ago_words(current_locale(), local(value), local(runtime_of().clock.now()))


def ago_words(locale: str, here: datetime, now: datetime) -> str:
    """As `ago`, of a moment by the wall clock of the site."""
    minutes = (now - here) // timedelta(minutes=1)
    return short_words(locale, here, now) if minutes >= _AGO_MINUTES else _ago(locale, max(0, minutes))


@lru_cache(maxsize=8192)
def _ago(locale: str, minutes: int) -> str:
    return translate(locale, "{duration}前", duration=_duration(locale, minutes)) if minutes else translate(locale, "剛剛")


def due(at: datetime | None, warn_at: datetime | None = None, *, stopped_at: datetime | None = None) -> Due | None:
    """How a due time stands now, or stood when the work was done; None without one."""
    return due_words(current_locale(), at, warn_at, stopped_at or runtime_of().clock.now()) if at is not None else None


def due_words(locale: str, at: datetime, warn_at: datetime | None, now: datetime) -> Due:
    """As `due`, at a moment."""
    left = at - now
    minutes = abs(left) // timedelta(minutes=1)
    if left <= timedelta(0):
        return Due("late", _late(locale, minutes), at)
    is_soon = (warn_at is not None and now >= warn_at) or left < timedelta(minutes=30)
    return Due("soon" if is_soon else "fine", _left(locale, minutes), at)


@lru_cache(maxsize=8192)
def _late(locale: str, minutes: int) -> str:
    return translate(locale, "逾期 {duration}", duration=_duration(locale, minutes))


@lru_cache(maxsize=8192)
def _left(locale: str, minutes: int) -> str:
    return translate(locale, "還有 {duration}", duration=_duration(locale, minutes))


def role_name(role: str | None) -> str:
    """What people call a role."""
    found = runtime_of().organisation.roles.get(role or "")
    if found is None:
        return role or "—"
    return found.name_en if current_locale() == "en" and found.name_en else gettext(found.name)


def instance_state(state: str) -> str:
    """The state of a case in words."""
    return gettext(INSTANCE_STATES[InstanceState(state)])


def work_item_state(state: str) -> str:
    """The state of a work item in words."""
    return gettext(WORK_ITEM_STATES[WorkItemState(state)])


def outside_name(kind: str | None) -> str:
    """Who without an account does it."""
    return gettext(OUTSIDE.get(kind or "", kind or ""))


def file_address(file_id: int) -> str:
    """Where a file of a form lies for the reader: behind the sign-in, or behind the link whose page it is on."""
    if flask.request.blueprint == "outside":
        return flask.url_for("outside.file", file_id=file_id, **(flask.request.view_args or {}))
    return flask.url_for("files.show", file_id=file_id)


def channel_name(channel: str) -> str:
    """The way by which an act reached the system."""
    return gettext(CHANNELS.get(channel, channel))


def initial(name: str | None) -> str:
    """What stands in a person's circle: the first character, for Latin names the capital."""
    return (name or "?").strip()[:1].upper()


def hue(name: str | None) -> int:
    """One of eight colours for a person, always the same."""
    return zlib.crc32((name or "").encode()) % 8


def file_size(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, size // 1024)} KB"


def capped(count: int) -> str:
    """A count on a tab."""
    return "99+" if count > 99 else str(count)


def _babel() -> str:
    return _BABEL[current_locale()]
