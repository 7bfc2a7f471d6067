"""How values look on a page: times in the site's zone and as people say them, states, roles, people."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import flask
from babel.dates import format_date, format_datetime, format_time

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
        duration=duration, initial=initial, hue=hue, file_size=file_size, capped=capped,
    )
    app.jinja_env.globals.update(due=due, file_address=file_address)


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
    return format_datetime(local(value), "yyyy-MM-dd HH:mm", locale=_babel())


def short_moment(value: datetime) -> str:
    """As short as it stays clear: the time today, else day and time, else with the year."""
    here, now = local(value), local(runtime_of().clock.now())
    if here.date() == now.date():
        return f"{here:%H:%M}"
    if here.date() == now.date() - timedelta(days=1):
        return gettext("昨天 {time}", time=f"{here:%H:%M}")
    if here.date() == now.date() + timedelta(days=1):
        return gettext("明天 {time}", time=f"{here:%H:%M}")
    if here.year == now.year:
        return format_datetime(here, "d MMM HH:mm" if current_locale() == "en" else "M月d日 HH:mm", locale=_babel())  # not a message
    return f"{here:%Y-%m-%d}"


def day(value: datetime) -> str:
    """The date in words."""
    return format_date(local(value), "long", locale=_babel())


def clock_time(value: datetime) -> str:
    """Hours and minutes."""
    return format_time(local(value), "HH:mm", locale=_babel())


def duration(value: timedelta | float) -> str:
    """A length of time in its two largest units."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    minutes = abs(seconds) // 60
    if minutes < 60:
        return gettext("{n} 分鐘", n=minutes) if minutes else gettext("不到 1 分鐘")
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return gettext("{h} 小時 {m} 分", h=hours, m=minutes) if minutes and hours < 6 else gettext("{n} 小時", n=hours)
    days, hours = divmod(hours, 24)
    return gettext("{d} 天 {h} 小時", d=days, h=hours) if hours and days < 3 else gettext("{n} 天", n=days)


def ago(value: datetime) -> str:
    """How long since."""
    passed = runtime_of().clock.now() - value
    if passed < timedelta(minutes=1):
        return gettext("剛剛")
    if passed > timedelta(days=14):
        return short_moment(value)
    return gettext("{duration}前", duration=duration(passed))


def due(at: datetime | None, warn_at: datetime | None = None, *, stopped_at: datetime | None = None) -> Due | None:
    """How a due time stands now, or stood when the work was done; None without one."""
    if at is None:
        return None
    now = stopped_at or runtime_of().clock.now()
    if now >= at:
        return Due("late", gettext("逾期 {duration}", duration=duration(now - at)), at)
    left = at - now
    level = "soon" if (warn_at is not None and now >= warn_at) or left < timedelta(minutes=30) else "fine"
    return Due(level, gettext("還有 {duration}", duration=duration(left)), at)


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
