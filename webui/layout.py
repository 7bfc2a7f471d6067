"""The frame around every page: the menu, who is signed in, the numbers on the menu. A new feature adds its line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask
from flask_login import current_user

from engine.company.account_rows import Substitute
from engine.model import StandIn
from engine.permissions import PERMISSIONS
from engine.queries import inbox
from webui import session
from webui.unit_of_work import current, runtime_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    endpoint: str
    #: source language
    label: str
    #: name in the icon sprite
    icon: str
    #: whether it stands in the phone's bar while there is room; else it is found under "more"
    on_phone: bool = True
    #: roles that see it; empty for everybody
    roles: frozenset[str] = frozenset()
    #: blueprints whose pages are reached through it, besides its own
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a heading."""

    entries: tuple[Entry, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class PhoneMenu:
    """The same for a thumb."""

    #: what stands in the bar
    bar: tuple[Entry, ...]
    #: what opens above it
    more: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in person, as the frame shows them."""

    display_name: str
    roles: tuple[str, ...]
    #: colleagues for whom the person acts now, and who acts for the person
    stand_ins: tuple[StandIn, ...] = ()
    substitutes: tuple[Substitute, ...] = ()


#: the whole menu, in order
MENU = (
    Group((
        Entry("today.show", "今天", icon="gauge", roles=PERMISSIONS["today:read"]),
        Entry("inbox.todo", "待辦", icon="inbox", also=frozenset({"work_item", "lists"})),
        Entry("desk.screen", "前台", icon="phone-call", roles=PERMISSIONS["desk:use"]),
        Entry("start.overview", "發起", icon="circle-plus"),
        Entry("cases.overview", "全部案件", icon="folders"),
        Entry("board.show", "派單看板", icon="layout-kanban", roles=PERMISSIONS["board:read"]),
        Entry("dossier.search", "業戶檔案", icon="folder-open", on_phone=False),
        Entry("ledger.overview", "收費", icon="receipt", roles=PERMISSIONS["ledger:read"]),
    )),
    Group((
        Entry("registers.overview", "台帳", icon="table"),
        Entry("limits.overview", "時限與指標", icon="clock", on_phone=False),
        Entry("heat.choose", "流程熱圖", icon="flame", on_phone=False, roles=PERMISSIONS["process-heat:read"]),
        Entry("what_if.overview", "推演", icon="chart-histogram", on_phone=False, roles=PERMISSIONS["what-if:play"]),
        Entry("month_pack.latest", "月報", icon="report", on_phone=False, roles=PERMISSIONS["month-pack:read"]),
    ), "統計"),
    Group((
        Entry("designer.overview", "流程設計", icon="git-branch", on_phone=False, roles=PERMISSIONS["procedure:read-drafts"]),
        Entry("rollouts.overview", "版本與影響", icon="route", on_phone=False, roles=PERMISSIONS["procedure:read-drafts"]),
        Entry("directory.overview", "目錄", icon="address-book", on_phone=False, roles=PERMISSIONS["directory:personal"],
              also=frozenset({"house_rules", "prices"})),
        Entry("substitutes.overview", "代理", icon="users", on_phone=False, roles=PERMISSIONS["substitution:administer"]),
        Entry("imports.overview", "匯入與啟用", icon="file-spreadsheet", on_phone=False, roles=PERMISSIONS["import:read"],
              also=frozenset({"paper_numbers"})),
        Entry("delivery.overview", "傳送", icon="send", on_phone=False, roles=PERMISSIONS["delivery:administer"]),
    ), "管理"),
    Group((
        Entry("jobs.overview", "背景作業", icon="settings", on_phone=False, roles=PERMISSIONS["job:administer"]),
        Entry("sessions.overview", "登入中的裝置", icon="device-desktop", on_phone=False, roles=PERMISSIONS["user:administer"]),
        Entry("tokens.overview", "API 權杖", icon="key", on_phone=False, roles=PERMISSIONS["user:administer"]),
        Entry("settings.overview", "系統設定", icon="adjustments", on_phone=False, roles=PERMISSIONS["settings:administer"]),
        Entry("retention.overview", "個人資料", icon="shield-lock", on_phone=False, roles=PERMISSIONS["retention:administer"]),
        Entry("audit.overview", "操作記錄", icon="history", on_phone=False, roles=PERMISSIONS["audit:read"]),
    ), "系統"),
)
_ACCOUNT = Entry("account.page", "我", icon="user", also=frozenset({"phone"}))
#: beside "more"; with a fifth, English words no longer stand beside each other at 360 px
_IN_BAR = 4


def register(app: flask.Flask) -> None:
    """Give templates the menu."""
    app.jinja_env.globals.update(nav=nav, nav_phone=nav_phone, nav_is_current=nav_is_current, nav_counts=nav_counts)
    app.context_processor(_me)


def nav() -> list[Group]:
    """The menu as the signed-in person sees it."""
    held = session.actor().roles()
    groups = [Group(tuple(entry for entry in group.entries if not entry.roles or entry.roles & held), group.title) for group in MENU]
    return [group for group in groups if group.entries]


def nav_phone() -> PhoneMenu:
    """The phone's bar, and what it has no room for."""
    groups = nav()
    bar = tuple(entry for group in groups for entry in group.entries if entry.on_phone)[:_IN_BAR]
    rest = [Group(tuple(entry for entry in group.entries if entry not in bar), group.title) for group in groups]
    return PhoneMenu(bar, (*(group for group in rest if group.entries), Group((_ACCOUNT,))))


def nav_is_current(entry: Entry) -> bool:
    """Whether the page belongs to that line."""
    return flask.request.blueprint in (entry.endpoint.partition(".")[0], *entry.also)


def nav_counts() -> inbox.InboxCounts:
    """Numbers of the person's own work; asked once a page."""
    if "counts" not in flask.g:
        flask.g.counts = inbox.counts(current(), session.actor(), runtime_of().clock.now())
    counts: inbox.InboxCounts = flask.g.counts
    return counts


def _me() -> dict[str, Any]:
    if flask.request and flask.request.blueprint == "outside":
        # pages of links know nobody
        return {"me": None}
    if not current_user or not current_user.is_authenticated:
        return {"me": None}
    account = session.signed_in()
    return {"me": Me(account.display_name, tuple(sorted({grant.role for grant in account.grants})), account.stand_ins, account.substitutes)}
