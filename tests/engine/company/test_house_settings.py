"""Settings that an administrator changes while the program runs: checked, on record, followed by every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import house_rules, live_settings
from engine.clock import MovableClock
from engine.company import house_settings, users
from engine.company.changes import EntryChangedError
from engine.errors import ForbiddenError, FormInvalidError
from engine.live_settings import LIVE
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from engine.steps import run_step
from tests import builders
from tests.builders import Person


@pytest.fixture
def admin(runtime: Runtime) -> Person:
    return builders.make_user(runtime, "administrator")


def change(runtime: Runtime, who: Person, stamp: int = 0, **values: object) -> list[str]:
    return run_step(runtime, lambda uow: house_settings.change(runtime, uow, who.actor, values, stamp))


def test_a_change_holds_at_once_here_and_with_the_next_look_in_another_process(runtime: Runtime, admin: Person) -> None:
    other = replace(runtime)
    assert change(runtime, admin, session_hours=8, outside_link_always=True, public_address="https://pm.example/") == [
        "session_hours", "outside_link_always", "public_address"]
    assert (runtime.settings.session_hours, runtime.settings.public_address) == (8, "https://pm.example")
    assert other.settings.session_hours == Settings().session_hours
    with UnitOfWork(other.database) as uow:
        house_rules.catch_up(other, uow)
    assert other.settings == runtime.settings
    told = {row.entry: row.changes for row in builders.rows(runtime, tables.directory_change)}
    assert told["session_hours"] == '{"value":[12,8]}'
    with UnitOfWork(runtime.database) as uow:
        shown, stamp = house_settings.listing(runtime, uow, admin.actor)
    assert stamp == 3
    assert {each.name for each in shown if each.source == "stored"} == {"session_hours", "outside_link_always", "public_address"}


@pytest.mark.databases("sqlite")
def test_what_cannot_be_is_named_beside_each_field_and_nothing_is_set(runtime: Runtime, admin: Person) -> None:
    with pytest.raises(FormInvalidError) as refused:
        change(runtime, admin, session_hours=0, upload_bytes="much", public_address="nonsense", outside_link_always="x", case_attachments=5)
    assert {each.field for each in refused.value.errors} == {"session_hours", "upload_bytes", "public_address", "outside_link_always"}
    assert builders.rows(runtime, tables.setting) == []
    with pytest.raises(FormInvalidError):
        change(runtime, admin, db="sqlite:///elsewhere.db")
    with pytest.raises(ForbiddenError):
        change(runtime, builders.make_user(runtime, "manager"), session_hours=8)


@pytest.mark.databases("sqlite")
def test_whoever_is_second_is_told(runtime: Runtime, admin: Person) -> None:
    change(runtime, admin, session_hours=8)
    with pytest.raises(EntryChangedError):
        change(runtime, admin, session_hours=9)
    assert change(runtime, admin, 1, session_hours=8) == []


@pytest.mark.databases("sqlite")
def test_what_the_environment_names_is_the_machines(runtime: Runtime, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    change(runtime, admin, session_hours=8)
    monkeypatch.setenv("GUICHENG_SESSION_HOURS", "4")
    with UnitOfWork(runtime.database) as uow:
        assert house_rules.settings_in_force(runtime, uow).session_hours == Settings().session_hours
        shown = {each.name: each for each in house_settings.listing(runtime, uow, admin.actor)[0]}
    assert (shown["session_hours"].source, shown["session_hours"].live) == ("environment", None)
    with pytest.raises(FormInvalidError):
        change(runtime, admin, 1, session_hours=9)


@pytest.mark.databases("sqlite")
def test_throttling_follows_the_settings(runtime: Runtime, admin: Person, clock: MovableClock) -> None:
    change(runtime, admin, sign_in_attempts=3, sign_in_minutes=30)

    def fail() -> None:
        run_step(runtime, lambda uow: users.authenticate(runtime, uow, admin.username, "no", "10.0.0.1"))

    for _ in range(3):
        fail()
    clock.advance(timedelta(minutes=20))
    with pytest.raises(users.TooManyAttemptsError):
        fail()
    clock.advance(timedelta(minutes=11))
    fail()


@pytest.mark.databases("sqlite")
def test_every_live_setting_takes_its_own_default_and_secrets_are_never_shown(runtime: Runtime, admin: Person) -> None:
    for name in LIVE:
        default = Settings.__dataclass_fields__[name].default
        assert live_settings.checked(name, default) == (default, None)
    with UnitOfWork(runtime.database) as uow:
        shown = {each.name: each.value for each in house_settings.listing(runtime, uow, admin.actor)[0]}
    assert {name: shown[name] for name in ("secret_key", "smtp", "db")} == {"secret_key": True, "smtp": False, "db": True}
