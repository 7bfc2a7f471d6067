"""The command line as a person at a terminal meets it: output, errors in the terminal's language, exit codes."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from engine.cli import guicheng, run
from engine.persistence.database import Database
from engine.settings import Settings, environment_name
from tests.builders import ROOT, simple_process

GOOD_PASSWORD = "月落烏啼霜滿天江楓漁火"
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs one command in English and gives exit code, output and complaints."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("GUICHENG_FILES", str(tmp_path / "files"))

    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = run(arguments)
        output, complaints = capsys.readouterr()
        return code, output, complaints

    return call


@pytest.fixture
def procedure(tmp_path: Path) -> Path:
    """A folder with one procedure."""
    folder = tmp_path / "errand"
    folder.mkdir()
    (folder / "errand.bpmn").write_bytes(simple_process("errand", ("do_errand", "customer_service")))
    return folder


def _add_user(cli: Cli, url: str, name: str = "admin", roles: str = "administrator", *more: str) -> tuple[int, str, str]:
    return cli("user", "add", name, "--roles", roles, "--password-stdin", "--db", url, *more, stdin=GOOD_PASSWORD + "\n")


@pytest.mark.databases("sqlite")
def test_the_first_administrator_is_made_in_an_empty_store(cli: Cli, empty_database_url: str) -> None:
    """The store gets its schema on the way; the password is no argument, so that it stays out of process lists."""
    assert _add_user(cli, empty_database_url) == (0, "Added user “admin”.\n", "")
    assert cli("user", "list", "--db", empty_database_url)[1] == "admin\tadmin\tadministrator\n"


def test_people_and_tokens(cli: Cli, database_url: str) -> None:
    """Add, list, make a token, revoke, deactivate."""
    with_name = ("--display-name", "王建宏")
    assert _add_user(cli, database_url, "admin")[0] == 0
    assert _add_user(cli, database_url, "Wang", "dispatcher, repair_worker", *with_name)[0] == 0
    code, output, _ = cli("token", "add", "wang", "--label", "kiosk", "--db", database_url)
    assert (code, output.startswith("gct_"), output.count("\n")) == (0, True, 1)
    assert cli("token", "revoke", "wang", "--db", database_url)[:2] == (0, "Revoked 1 tokens.\n")
    assert cli("token", "revoke", "wang", "--db", database_url)[0] == 1
    assert cli("user", "deactivate", "wang", "--db", database_url)[0] == 0
    assert "wang\t王建宏\tdispatcher,repair_worker\tdeactivated\n" in cli("user", "list", "--db", database_url)[1]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("arguments", "code", "said"), [
    (("user", "add", "li n", "--roles", "manager"), 1, "small letters"),
    (("user", "add", "lin", "--roles", "managr"), 1, "managr"),
    (("user", "add", "lin", "--roles", " , "), 2, "At least one role"),
    (("user", "add", "lin", "--roles", "manager", "--site", "NOWHERE"), 1, "NOWHERE"),
    (("user", "deactivate", "nobody"), 1, "nobody"),
    (("token", "add", "nobody"), 1, "nobody"),
    (("export", "out", "no_such_process"), 1, "no_such_process"),
    (("serve", "--host", "127.0.0.256"), 2, "127.0.0.256"),
    (("serve", "--port", "99999"), 2, "--port"),
    (("serv",), 2, "serv"),
    (("user", "add"), 2, "NAME"),
    (("serve", "--fast"), 2, "--fast"),
    (("deploy", "/no/such/folder"), 2, "/no/such/folder"),
])
def test_refusals_are_one_line_with_their_exit_code(
    cli: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str,
) -> None:
    """2 for wrong use, 1 for what was refused; never a traceback."""
    monkeypatch.setenv("GUICHENG_DB", database_url)
    password = ("--password-stdin",) if arguments[:2] == ("user", "add") and len(arguments) > 2 else ()
    answer, output, complaints = cli(*arguments, *password, stdin=GOOD_PASSWORD)
    assert (answer, output) == (code, "")
    assert said in complaints
    assert complaints.count("\n") == 1


@pytest.mark.databases("sqlite")
def test_a_weak_password_is_refused(cli: Cli, database_url: str) -> None:
    """And nobody is added."""
    code, _, complaints = cli("user", "add", "lin", "--roles", "manager", "--password-stdin", "--db", database_url, stdin="12345\n")
    assert (code, complaints) == (1, "guicheng: A password needs at least 10 characters.\n")
    assert cli("user", "list", "--db", database_url)[1] == ""


@pytest.mark.databases("sqlite")
def test_without_a_terminal_the_password_must_come_from_stdin(cli: Cli, database_url: str) -> None:
    """Rather than waiting for a prompt that nobody sees."""
    assert cli("user", "add", "lin", "--roles", "manager", "--db", database_url)[0] == 2


@pytest.mark.parametrize(("locale", "sentence"), [
    ("zh_TW.UTF-8", "找不到"), ("zh_HK.UTF-8", "找不到"), ("zh_CN.UTF-8", "找不到使用者「nobody」。它可能已被移除，或您无权查看。"),
    ("en_GB.UTF-8", "No user"), ("C", "No user"), ("de_DE.UTF-8", "No user"),
])
@pytest.mark.databases("sqlite")
def test_errors_speak_the_terminals_language(
    cli: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch, locale: str, sentence: str,
) -> None:
    """LC_ALL before LANG."""
    monkeypatch.setenv("LC_ALL", locale)
    assert sentence in cli("user", "deactivate", "nobody", "--db", database_url)[2]


def test_deploying_a_folder_and_exporting_it_again(cli: Cli, database_url: str, procedure: Path, tmp_path: Path) -> None:
    """Byte for byte; the same again makes no new version."""
    assert cli("deploy", str(procedure), "--db", database_url)[:2] == (0, "errand version 1 (new)\n")
    assert cli("deploy", str(procedure.parent), "--db", database_url)[:2] == (0, "errand version 1 (unchanged)\n")
    assert cli("export", str(tmp_path / "out"), "--db", database_url)[0] == 0
    assert (tmp_path / "out/errand/errand.bpmn").read_bytes() == (procedure / "errand.bpmn").read_bytes()


@pytest.mark.databases("sqlite")
def test_a_refused_diagram_is_told_by_rule_and_element_and_nothing_is_stored(cli: Cli, database_url: str, procedure: Path) -> None:
    """One line a finding; exit code 1."""
    path = procedure / "errand.bpmn"
    path.write_bytes(path.read_bytes().replace(b'targetRef="finish"', b'targetRef="nowhere"'))
    code, output, complaints = cli("deploy", str(procedure), "--db", database_url)
    assert (code, output) == (1, "")
    assert "errand.bpmn:from_do_errand_to_finish: error " in complaints
    assert cli("export", str(procedure.parent / "out"), "--db", database_url)[1].startswith("Exported 0")


@pytest.mark.databases("sqlite")
def test_a_dry_run_stores_nothing(cli: Cli, database_url: str, procedure: Path) -> None:
    """Though it tells what would be made."""
    assert cli("deploy", str(procedure), "--dry-run", "--db", database_url)[0] == 0
    assert cli("export", str(procedure.parent / "out"), "--db", database_url)[1].startswith("Exported 0")


def test_upgrading_an_empty_store_and_one_of_today(cli: Cli, empty_database_url: str) -> None:
    """The second time there is nothing to do."""
    assert cli("db", "upgrade", "--db", empty_database_url)[1].startswith("The store now has schema")
    assert cli("db", "upgrade", "--db", empty_database_url)[1].startswith("The store has schema")


def test_an_outdated_store_is_refused_with_the_command_that_helps(cli: Cli, database_url: str) -> None:
    """By every command that opens it."""
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    database.close()
    code, _, complaints = cli("user", "list", "--db", database_url)
    assert (code, "guicheng db upgrade" in complaints) == (1, True)


@pytest.mark.databases("sqlite")
def test_a_locked_store_is_told_as_such(cli: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds SQLite's only writer: one line, exit code 1, nothing half-done."""
    monkeypatch.setattr("engine.persistence.database.WRITE_TIMEOUT", 0.05)
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        code, output, complaints = _add_user(cli, database_url)
    finally:
        holder.close()
    assert (code, output) == (1, "")
    assert complaints.startswith("guicheng: The store cannot be written")
    assert complaints.count("\n") == 1
    assert cli("user", "list", "--db", database_url)[1] == ""


@pytest.mark.databases("sqlite")
def test_a_full_store_is_told_as_such(cli: Cli, database_url: str, procedure: Path) -> None:
    """No room for another page: one line, exit code 1, nothing half-done."""

    def cramp(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")

    path = procedure / "errand.bpmn"
    path.write_bytes(path.read_bytes().replace(b"<documentation>", b"<documentation>" + os.urandom(30_000).hex().encode()))
    event.listen(Engine, "connect", cramp)
    try:
        code, output, complaints = cli("deploy", str(procedure), "--db", database_url)
    finally:
        event.remove(Engine, "connect", cramp)
    assert (code, output) == (1, "")
    assert "The store cannot be written" in complaints
    assert cli("export", str(procedure.parent / "out"), "--db", database_url)[1].startswith("Exported 0")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////proc/none/store.db"])
def test_a_store_out_of_reach_is_told_as_such(cli: Cli, url: str) -> None:
    """One line, exit code 1."""
    code, _, complaints = cli("user", "list", "--db", url)
    assert (code, complaints.count("\n")) == (1, 1)


@pytest.mark.parametrize("url", ["mysql://x", "rubbish", "sqlite://"])
def test_an_address_of_no_store_of_ours_is_wrong_use(cli: Cli, url: str) -> None:
    """Exit code 2."""
    code, _, complaints = cli("db", "upgrade", "--db", url)
    assert (code, complaints.count("\n")) == (2, 1)


@pytest.mark.databases("sqlite")
def test_backup_restore_and_verify(cli: Cli, empty_database_url: str, database_url: str, tmp_path: Path) -> None:
    """What was backed up stands in the other store; a second restore finds that store full."""
    _add_user(cli, database_url)
    kept = str(tmp_path / "kept.zip")
    code, output, _ = cli("backup", kept, "--db", database_url)
    assert code == 0
    assert output.startswith(f"Backed up to {kept}: ")
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    code, output, _ = cli("restore", kept, "--db", elsewhere)
    assert (code, output.split()[0]) == (0, "Restored")
    assert cli("user", "list", "--db", elsewhere)[1] == "admin\tadmin\tadministrator\n"
    assert cli("verify", "--db", elsewhere)[:2] == (0, "Everything holds.\n")
    code, _, complaints = cli("restore", kept, "--db", elsewhere)
    assert (code, complaints.count("\n")) == (1, 1)
    assert "the store is not empty" in complaints
    code, _, complaints = cli("backup", kept, "--db", database_url)
    assert (code, complaints.count("\n")) == (1, 1)
    assert "is there already" in complaints


def test_settings_lists_every_setting_and_no_secret(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly the fields of `Settings`, by their environment names."""
    monkeypatch.setenv("GUICHENG_SECRET_KEY", "hush")
    monkeypatch.setenv("GUICHENG_DB", "postgresql://lin:hush@db/guicheng")
    code, output, _ = cli("settings")
    listed = [line.partition("=")[0] for line in output.splitlines() if not line.startswith(" ")]
    assert (code, listed) == (0, [environment_name(entry.name) for entry in fields(Settings)])
    assert "hush" not in output


def test_a_setting_of_the_wrong_kind_is_wrong_use(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its environment variable."""
    monkeypatch.setenv("GUICHENG_PORT", "eighty")
    code, _, complaints = cli("settings")
    assert (code, "GUICHENG_PORT" in complaints) == (2, True)


def _commands(group: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = getattr(group, "commands", {})
    return [path, *(found for name, command in inner.items() for found in _commands(command, (*path, name)))]


def test_the_readme_names_every_command() -> None:
    """A command that nobody can find isn't there."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [path for path in guicheng.commands if f"guicheng {path}" not in readme] == []


def test_every_command_has_help(cli: Cli) -> None:
    """In English without a word of Chinese left."""
    for path in _commands(guicheng):
        code, output, _ = cli(*path, "--help")
        assert (code, "Usage: guicheng" in output) == (0, True)
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in output), output


def test_help_is_quick() -> None:
    """Nothing heavy is loaded for it. Processor time, the best of three, because the machine may be busy."""
    command = [sys.executable, "-m", "engine.cli", "--help"]
    took = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        took.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(took) < 0.3


def test_help_loads_neither_the_engine_nor_the_web() -> None:
    """Which is why it is quick."""
    program = "import sys; from engine.cli import run; run(['--help']); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                            env={**os.environ, "LC_ALL": "zh_TW.UTF-8"}).stdout.split()
    assert {"sqlalchemy", "flask", "SpiffWorkflow", "dbos", "alembic", "lxml"}.isdisjoint(loaded)
