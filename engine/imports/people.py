"""Sheets of people and of the roles they hold. Passwords are never in a workbook: an administrator sets the first one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from engine.company import users
from engine.company.users import USERNAME
from engine.folding import fold
from engine.imports import keeping
from engine.imports.columns import Column, Problem, Values
from engine.imports.places import ACTIVE
from engine.imports.plan import Book, Key, Kind, Origin
from engine.imports.tenants import LANGUAGES
from engine.model import Actor, RoleGrant
from engine.persistence.tables import role_grant, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


class People(Kind):
    """People with an account."""

    id, title, english = "person", "人員", "People"
    columns = (
        Column("username", "登入名", "Sign-in name", is_required=True, longest=60, note="小寫英文字母、數字、句點、減號或底線"),
        Column("name", "姓名", "Name", is_required=True, longest=100),
        Column("phone", "電話", "Phone", longest=40),
        Column("email", "電子郵件", "E-mail"),
        Column("locale", "語言", "Language", "choice", choices=LANGUAGES, default="zh-Hant"),
        ACTIVE,
    )
    key = ("username",)

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(user)
        if keys is not None:
            query = query.where(user.c.username.in_([name for (name,) in keys]))
        return {
            (row.username,): {
                "username": row.username, "name": row.display_name, "phone": row.phone, "email": row.email, "locale": row.locale,
                "active": row.deactivated_at is None,
            }
            for row in uow.reading.execute(query.order_by(user.c.username))
        }

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not USERNAME.fullmatch(str(values["username"])):
            yield Problem("登入名只能用小寫英文字母、數字、句點、減號和底線，最長 60 個字元。", column="登入名")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        name, phone, email, locale = str(values["name"]), _text(values["phone"]), _text(values["email"]), str(values["locale"])
        if before is None:
            identity = users.create(
                runtime, uow, actor, username=str(values["username"]), display_name=name, phone=phone, email=email, locale=locale,
            )
        else:
            identity = keeping.id_of(uow, user, user.c.username == values["username"])
            users.set_profile(runtime, uow, actor, identity, display_name=name, phone=phone, email=email, locale=locale)
        was_active = before is None or before["active"]
        if was_active and not values["active"]:
            users.deactivate(runtime, uow, actor, identity)
        elif values["active"] and not was_active:
            users.reactivate(runtime, uow, actor, identity)
        return identity


class Roles(Kind):
    """Which person holds which role at which site."""

    id, title, english = "role", "角色", "Roles"
    columns = (
        Column("username", "登入名", "Sign-in name", is_required=True, longest=60),
        Column("role", "角色", "Role", is_required=True, longest=60, note="角色名稱或代碼"),
        Column("site", "園區", "Site", longest=20, note="園區編號；留空表示所有園區"),
        Column("held", "擔任", "Held", "yes_no", default=True, note="填「否」即不再擔任"),
    )
    key = ("username", "role", "site")

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = (
            select(user.c.username, role_grant.c.role, site.c.code)
            .join(user, user.c.id == role_grant.c.user_id)
            .outerjoin(site, site.c.id == role_grant.c.site_id)
        )
        if keys is not None:
            query = query.where(user.c.username.in_([name for name, _, _ in keys]))
        return {
            (row.username, row.role, row.code): {"username": row.username, "role": row.role, "site": row.code, "held": True}
            for row in uow.reading.execute(query.order_by(user.c.username, role_grant.c.role, site.c.code))
        }

    def complete(self, book: Book, values: Values) -> Iterator[Problem]:
        wanted = fold(str(values["role"]))
        roles = book.runtime.organisation.roles
        named = {fold(name): role.id for role in roles.values() for name in (role.name_en or role.id, role.name, role.id)}
        found = named.get(wanted)
        if found is None or roles[found].is_outside:
            yield Problem("沒有角色「{value}」。", {"value": values["role"]}, "角色")
        else:
            values["role"] = found

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not book.has("person", values["username"]):
            yield Problem("沒有人員「{value}」。請先在「人員」工作表填寫。", {"value": values["username"]}, "登入名")
        if values["site"] is not None and not book.has("site", values["site"]):
            yield Problem("沒有園區「{value}」。請先在「園區」工作表填寫。", {"value": values["site"]}, "園區")
        if before is None and not values["held"]:
            yield Problem("此人本來就不擔任這個角色。", column="擔任")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        identity = keeping.id_of(uow, user, user.c.username == values["username"])
        site_id = None if values["site"] is None else keeping.id_of(uow, site, site.c.code == values["site"])
        grant = RoleGrant(str(values["role"]), site_id)
        held = set(users.get(uow, identity).grants)
        users.set_grants(runtime, uow, actor, identity, held | {grant} if values["held"] else held - {grant})
        return identity


def _text(value: object) -> str | None:
    return None if value is None else str(value)
