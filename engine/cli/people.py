"""`guicheng user …` and `guicheng token …`: accounts and bearer tokens, for the machine's administrator."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.cli.console import language, say, worded
from engine.cli.opening import db_option, open_engine
from engine.errors import NotFoundError, UsageError
from engine.model import SYSTEM, RoleGrant
from engine.settings import load_settings

if TYPE_CHECKING:
    from engine.company.account_rows import Account
    from engine.persistence.unit_of_work import UnitOfWork


@click.group(help="使用者帳戶。")
def user() -> None:
    """Accounts."""


@user.command("add", help="新增使用者。密碼由標準輸入讀取，或在終端機上輸入。")
@click.argument("name")
@click.option("--roles", required=True, metavar="A,B", help="角色代碼，以逗號分隔。")
@click.option("--site", metavar="CODE", help="只在這個園區擔任這些角色；不指定則為所有園區。")
@click.option("--display-name", metavar="NAME", help="姓名；不指定則與登入名相同。")
@click.option("--password-stdin", is_flag=True, help="由標準輸入的第一行讀取密碼。")
@db_option
def add_user(name: str, roles: str, site: str | None, display_name: str | None, password_stdin: bool, db: str | None) -> None:
    """The way in for the first administrator."""
    from sqlalchemy import select

    from engine.company import users
    from engine.persistence.tables import site as site_table
    from engine.persistence.unit_of_work import UnitOfWork

    password = _password(password_stdin)
    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        site_id = None
        if site is not None:
            site_id = uow.reading.execute(select(site_table.c.id).where(site_table.c.code == site)).scalar()
            if site_id is None:
                raise NotFoundError(kind="園區", id=site)
        grants = [RoleGrant(role.strip(), site_id) for role in roles.split(",") if role.strip()]
        if not grants:
            raise UsageError(reason="至少需要一個角色。")
        users.create(runtime, uow, SYSTEM, username=name, display_name=display_name or name, password=password, grants=grants,
                     locale=language())
        uow.commit()
    say("已新增使用者「{name}」。", name=name.strip().lower())


@user.command("list", help="列出使用者及其角色。")
@db_option
def list_users(db: str | None) -> None:
    """One line each: name, display name, roles, whether deactivated; tabs between."""
    from sqlalchemy import select

    from engine.company import users
    from engine.persistence.tables import site
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        codes = {row.id: row.code for row in uow.reading.execute(select(site.c.id, site.c.code))}
        for account in users.list_all(uow):
            held = sorted(grant.role if grant.site_id is None else f"{grant.role}@{codes[grant.site_id]}" for grant in account.grants)
            state = worded("已停用") if account.deactivated_at else ""
            click.echo("\t".join([account.username, account.display_name, ",".join(held), state]).rstrip())


@user.command("deactivate", help="停用使用者：立即登出，並撤銷其 API 權杖。")
@click.argument("name")
@db_option
def deactivate_user(name: str, db: str | None) -> None:
    """End an account; what the person did stays on record."""
    from engine.company import users
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        users.deactivate(runtime, uow, SYSTEM, _account(uow, name).id)
        uow.commit()
    say("已停用使用者「{name}」。", name=name)


@click.group(help="REST API 的權杖。")
def token() -> None:
    """Bearer tokens."""


@token.command("add", help="為使用者建立 API 權杖；權杖只顯示這一次。")
@click.argument("name")
@click.option("--label", default="cli", show_default=True, metavar="TEXT", help="權杖的名稱，撤銷時使用。")
@click.option("--days", type=int, metavar="N", help="多少天後自動失效；不指定則直到撤銷。")
@click.option("--read-only", is_flag=True, help="只能查看。")
@click.option(
    "--scope", "scopes", multiple=True, metavar="NAME", help="查看之外只能做這些事（start、work、steer、directory、ledger、design）。")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="只用這些角色。")
@db_option
def add_token(
    name: str, label: str, days: int | None, read_only: bool, scopes: tuple[str, ...], roles: tuple[str, ...], db: str | None,
) -> None:
    """Prints the token alone, so that a script can take it."""
    from engine.company import users
    from engine.company.token_limits import TokenLimits
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        limits = TokenLimits(frozenset(roles) or None, None, frozenset(scopes) if scopes or read_only else None)
        made = users.add_token(runtime, uow, SYSTEM, _account(uow, name).id, label, days, limits)
        uow.commit()
    click.echo(made)


@token.command("revoke", help="撤銷使用者的 API 權杖。")
@click.argument("name")
@click.option("--label", metavar="TEXT", help="只撤銷這個名稱的權杖；不指定則全部撤銷。")
@db_option
def revoke_token(name: str, label: str | None, db: str | None) -> None:
    """NotFoundError where there was none to revoke."""
    from engine.company import users
    from engine.persistence.unit_of_work import UnitOfWork

    with open_engine(load_settings(db=db)) as runtime, UnitOfWork(runtime.database) as uow:
        count = users.revoke_tokens(runtime, uow, SYSTEM, _account(uow, name).id, label)
        uow.commit()
    if not count:
        raise NotFoundError(kind="權杖", id=label or name)
    say("已撤銷 {count} 個權杖。", count=count)


def _account(uow: UnitOfWork, name: str) -> Account:
    from engine.company import users

    account = users.find_by_name(uow, name)
    if account is None:
        raise NotFoundError(kind="使用者", id=name)
    return account


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError(reason="沒有終端機可輸入密碼，請使用 --password-stdin。")
    prompted: str = click.prompt(worded("密碼"), hide_input=True, confirmation_prompt=worded("再輸入一次"))
    return prompted
