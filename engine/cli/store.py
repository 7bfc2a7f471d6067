"""`guicheng db upgrade`, `settings`, `bench`: the store's schema, what can be set, how fast it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click

from engine.cli.console import say, worded
from engine.cli.opening import db_option, open_store
from engine.errors import UsageError
from engine.settings import Settings, environment_name, load_settings, purposes


@click.group(help="資料庫的維護。")
def db() -> None:
    """Commands on the store as a whole."""


@db.command(help="把資料庫結構升級到本程式的版本。")
@db_option
def upgrade(db: str | None) -> None:
    """Migrate; nothing happens where there is nothing to do."""
    from engine.persistence import schema

    with open_store(load_settings(db=db)) as database:
        changed = schema.upgrade(database)
    say("資料庫結構已升級到版本 {revision}。" if changed else "資料庫結構已是最新版本 {revision}。", revision=schema.head_revision())


@click.command(help="列出所有設定：環境變數、目前的值和用途。")
def settings() -> None:
    """Exactly the fields of `Settings`; a secret's value isn't shown."""
    present, about = load_settings(), purposes()
    for entry in fields(Settings):
        value = getattr(present, entry.name)
        if entry.name in ("secret_key", "oidc_client_secret", "s3_secret_key", "metrics_token") and value:
            value = worded("（已設定）")
        elif entry.name == "db":
            from sqlalchemy import make_url

            value = make_url(value).render_as_string(hide_password=True)
        click.echo(f"{environment_name(entry.name)}={value}\n    {worded(about[entry.name])}")


@click.command(context_settings={"ignore_unknown_options": True}, help="執行效能基準（需要原始碼目錄）。")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> int:
    """Run the benchmarks of a source checkout; they are no part of the installed program."""
    root = Path(__file__).parents[2]
    if not (root / "tests" / "benchmarks").is_dir():
        raise UsageError(reason="效能基準只隨原始碼提供，請在原始碼目錄中執行。")
    # our own program and what the user typed after it; no shell is involved
    return subprocess.run([sys.executable, "-m", "tests.benchmarks", *arguments], cwd=root, check=False).returncode  # noqa: S603
