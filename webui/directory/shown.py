"""How the directory's entries look: which fields a list shows, a field's value in words, what a line of history says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.company.entries import KINDS, Field, Kind
from engine.i18n import LOCALE_NAMES
from engine.permissions import may
from engine.queries import directory
from engine.queries.entries import Entry
from webui import session
from webui.display import local, role_name
from webui.language import gettext
from webui.unit_of_work import current, runtime_of

#: the fields of a list; the first leads to the entry
COLUMNS = {
    "site": ("code", "name", "time_zone"), "building": ("code", "name", "site_id"), "unit": ("code", "building_id", "floor", "area"),
    "tenant": ("name", "code", "contact", "phone"), "tenancy": ("unit_id", "tenant_id", "started_at", "ended_at", "fee_rate"),
    "person": ("display_name", "username", "roles", "phone"),
}
ACTIONS = {
    "created": "已新增", "changed": "已修改", "deactivated": "已停用", "reactivated": "已恢復使用", "password": "已更改密碼",
    "link": "已產生設定密碼的連結", "ended": "已提前結束", "linked": "已連結單一登入帳號", "raised": "已調高下一個編號",
    "restored": "已恢復原設定", "rescheduling": "已要求重算期限", "rescheduled": "已重算期限",
}
#: fields of history that no entry's form has
_OTHER = {
    "roles": "擔任的角色", "starts_at": "起始時間", "ends_at": "結束", "substitute": "代理人", "next": "下一個編號", "pattern": "編號格式",
    "procedures": "適用流程", "name": "名稱", "person": "代誰存取", "expires_at": "到期", "moved": "已更改的期限數",
    "monday": "星期一", "tuesday": "星期二", "wednesday": "星期三", "thursday": "星期四",
    "friday": "星期五", "saturday": "星期六", "sunday": "星期日", "holidays": "公眾假期", "extra_holidays": "另外放假",
    "extra_working_days": "另外上班", "days": "保存天數", "is_on": "啟用",
    "scopes": "權限範圍", "sites": "園區", "from_tenancy": "業戶遷出之後才起算", "case": "案件",
    "unit": "單元", "tenant": "業戶",
    # a text of messages, by language
    **LOCALE_NAMES,
}
_HIDDEN = "•••"


def sees_personal() -> bool:
    """Whether telephone numbers and addresses are the reader's to see."""
    return may(session.actor(), "directory:personal")


def cell(entry: Entry, kind: Kind, name: str) -> str:
    """A field's value in words; empty where there is none."""
    if name == "roles":
        return roles_text(entry)
    field = kind.field(name)
    if name in entry.names:
        return entry.names[name]
    return words(field, entry.values.get(name))


def words(field: Field, value: Any) -> str:
    """A value in words; a personal one only for who may see it."""
    if value is None or value == "":
        return ""
    if field.is_personal and not sees_personal():
        return _HIDDEN
    if field.kind == "date" and isinstance(value, datetime):
        return local(value).date().isoformat()
    if field.kind == "choice":
        return gettext(dict(field.choices).get(value, str(value)))
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def column_title(kind: Kind, name: str) -> str:
    """A column's heading, source language."""
    return "擔任的角色" if name == "roles" else kind.field(name).label


def roles_text(entry: Entry) -> str:
    """Roles as people say them, with the site where it is one."""
    sites = site_names()
    together = [role_name(role) + (f"（{sites.get(site, site)}）" if site else "") for role, site in entry.roles]
    return "、".join(together)


def site_names() -> dict[int, str]:
    """The reader's sites by id."""
    return {site.id: site.name for site in directory.sites(current(), session.actor())}


def changed_words(kind_id: str, name: str, value: Any) -> str:
    """A value of history in words."""
    if value in (None, "", []):
        return "—"
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, list):
        return "、".join(_role_words(str(part)) for part in value)
    field = next((each for each in KINDS[kind_id].fields if each.name == name), None) if kind_id in KINDS else None
    if field is not None and field.is_personal and not sees_personal():
        return _HIDDEN
    if field is not None and field.kind == "choice":
        return gettext(dict(field.choices).get(value, str(value)))
    if (field is None or field.kind == "date") and isinstance(value, str) and "T" in value:
        try:
            return f"{local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}".removesuffix(" 00:00")
        except ValueError:
            return value
    return str(value)


def _role_words(part: str) -> str:
    """`manager@3` in words."""
    role, _, site = part.partition("@")
    return role_name(role) + (f"（{site_names().get(int(site), site)}）" if site.isdigit() else "")


def changed_label(kind_id: str, name: str) -> str:
    """A field of history by its label, source language."""
    field = next((each for each in KINDS[kind_id].fields if each.name == name), None) if kind_id in KINDS else None
    return field.label if field is not None else _OTHER.get(name, name)


def staff_roles() -> list[str]:
    """Roles that people with an account hold."""
    return [role.id for role in runtime_of().organisation.roles.values() if not role.is_outside]
