"""Erasing by rule: nothing personal is left anywhere, what is left is still proven, and a forged erasure shows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import zstandard
from sqlalchemy import Executable, delete, insert, select, update

from engine import history, records
from engine.archive import backup, restore
from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.erased import erased_on
from engine.errors import StoreUnavailableError
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.database import Database
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import holds, rules, runs
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from engine.steps import run_step
from engine.verification import verify
from tests import builders
from tests.engine.retention import visits
from tests.engine.retention.visits import ALL, SECRETS, Visit


@pytest.fixture
def visit(runtime: Runtime) -> Visit:
    visits.deploy(runtime)
    return visits.visited(runtime)


def erase_all(runtime: Runtime, visit: Visit, clock: MovableClock) -> None:
    """Switch every rule of cases on, and let a day come on which all are due."""
    for kind in ALL:
        visits.switch_on(runtime, visit.admin, kind)
    visits.age(runtime.settings.files)
    clock.advance(timedelta(days=31))
    visits.carry_out(runtime, runs.daily(runtime))


def texts(value: object) -> Iterator[bytes]:
    """Everything a cell can say: its text, and what is packed in it."""
    if isinstance(value, str):
        yield value.encode()
        # JSON may say the same in another way
        yield value.encode("ascii", "backslashreplace")
    elif isinstance(value, bytes | memoryview):
        raw = bytes(value)
        yield raw
        if raw[:4] == b"\x28\xb5\x2f\xfd":
            yield zstandard.ZstdDecompressor().decompress(raw)


def found_in_store(runtime: Runtime, words: tuple[str, ...]) -> list[str]:
    """Where any of the words stands in any table, file name or file; on SQLite also in the store's file and its log as they lie there."""
    found = []
    wanted = [word.encode() for word in words] + [word.encode("ascii", "backslashreplace") for word in words]
    with runtime.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for name, value in row._mapping.items():
                    found += [f"{table.name}.{name}: {word.decode()}" for each in texts(value) for word in wanted if word in each]
    folders = [runtime.settings.files]
    if runtime.database.is_sqlite:
        folders.append(Path(str(runtime.database.url.database)).parent)
    for path in {path for folder in folders for path in folder.rglob("*") if path.is_file()}:
        found += [f"{path.name}: {word.decode()}" for word in wanted if word in path.read_bytes()]
    return sorted(set(found))


def tampered(runtime: Runtime) -> list[tuple[str, int | None]]:
    return [(each.what, each.seq) for each in verify(runtime)]


def test_after_all_rules_have_run_nothing_personal_is_left_and_the_rest_is_as_it_was(
    runtime: Runtime, visit: Visit, clock: MovableClock
) -> None:
    assert found_in_store(runtime, SECRETS)
    before = visits.variables(runtime, visit.id)["visit"]
    erase_all(runtime, visit, clock)
    assert found_in_store(runtime, SECRETS) == []
    assert tampered(runtime) == []
    after = visits.variables(runtime, visit.id)["visit"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert {name for name in before if before[name] == after[name]} == {"kind", "score", "sign"}
    assert erased_on(after["guest"]) == "2026-04-02"
    (indexed,) = (row for row in builders.rows(runtime, tables.instance_variable) if row.name == "visit.score")
    assert indexed.number == 4
    (signed,) = builders.rows(runtime, tables.signature)
    assert (signed.signer, signed.field) == (visits.SIGNER, "visit.sign")
    # contents are gone, but for nothing: four files' rows still say who gave them and when
    assert [row.erased_at is not None for row in builders.rows(runtime, tables.file)] == [True] * 4
    assert builders.rows(runtime, tables.content_to_forget) == []
    with UnitOfWork(runtime.database) as uow:
        _, paper = records.printed(runtime, uow, visit.admin.actor, visit.record_id, locale="en", image=str)
    assert paper.count("(erased by rule on 2026-04-02)") == 3
    event = tables.history_event
    told = [orjson.loads(row.detail) for row in builders.rows(runtime, event, event.c.type == history.ERASED)]
    assert {kind for each in told for kind in each["kinds"]} == {kind.value for kind in ALL}
    assert all(set(each) == {"run", "kinds", "files", "values"} for each in told)
    # a second round finds nothing, and says nothing
    clock.advance(timedelta(days=1))
    assert runs.daily(runtime) == []


def test_a_rule_takes_only_what_it_names_and_only_when_its_time_has_come(runtime: Runtime, visit: Visit, clock: MovableClock) -> None:
    assert runs.daily(runtime) == []
    visits.switch_on(runtime, visit.admin, Kind.IDENTITY)
    clock.advance(timedelta(days=29))
    assert runs.daily(runtime) == []
    clock.advance(timedelta(days=2))
    visits.carry_out(runtime, runs.daily(runtime))
    after = visits.variables(runtime, visit.id)["visit"]
    assert isinstance(after, dict)
    assert (after["guest"], after["phone"], after["words"]) == (visits.NAME, visits.PHONE, visits.WORDS)
    assert erased_on(after["paper"])
    assert after["crew"][0]["name"] == visits.CREW
    assert found_in_store(runtime, (visits.PAPER, visits.CREW_PAPER)) == []
    (run,) = builders.rows(runtime, tables.retention_run)
    assert (run.kind, run.state, run.done_count, run.file_count) == ("identity", "finished", 1, 1)


def test_a_hold_keeps_a_case_until_it_is_lifted(runtime: Runtime, visit: Visit, clock: MovableClock) -> None:
    visits.switch_on(runtime, visit.admin, Kind.CONTACTS)
    held = run_step(runtime, lambda uow: holds.place(runtime, uow, visit.admin.actor, "case", "V-1", "訴訟中"))
    clock.advance(timedelta(days=31))
    assert runs.daily(runtime) == []
    run_step(runtime, lambda uow: holds.lift(runtime, uow, visit.admin.actor, held, "已結案"))
    run_id = run_step(runtime, lambda uow: runs.begin(runtime, uow, visit.admin.actor, Kind.CONTACTS, ""))
    # placed after the run began, it still holds
    again = run_step(runtime, lambda uow: holds.place(runtime, uow, visit.admin.actor, "case", "V-1", "又有訴訟"))
    runs.carry_out(runtime, run_id)
    assert found_in_store(runtime, (visits.PHONE,))
    run_step(runtime, lambda uow: holds.lift(runtime, uow, visit.admin.actor, again, "已結案"))
    visits.carry_out(runtime, [run_step(runtime, lambda uow: runs.begin(runtime, uow, visit.admin.actor, Kind.CONTACTS, ""))])
    assert found_in_store(runtime, (visits.PHONE, visits.NAME)) == []


@pytest.mark.databases("sqlite")
def test_a_change_behind_the_programs_back_shows_after_an_erasure(
    runtime: Runtime, visit: Visit, clock: MovableClock, tmp_path: Path
) -> None:
    visits.switch_on(runtime, visit.admin, Kind.IDENTITY)
    visits.age(runtime.settings.files)
    clock.advance(timedelta(days=31))
    visits.carry_out(runtime, runs.daily(runtime))
    assert tampered(runtime) == []
    value, file, listed = tables.history_value, tables.file, tables.retention_erasure
    seqs = [row.seq for row in builders.rows(runtime, value, value.c.instance_id == visit.id)]
    (erased,) = builders.rows(runtime, listed)
    (photo,) = builders.rows(runtime, file, file.c.kind == "photo")

    def put_in(uow: UnitOfWork) -> None:
        # somebody who knows how the chain is made takes values out and appends the event that would say so
        history.erase(uow, SYSTEM, visit.id, {max(seqs): {}}, {"run": 1, "kinds": [], "files": []}, clock.now())

    def run(statement: Executable) -> Callable[[UnitOfWork], object]:
        return lambda uow: uow.writing.execute(statement)

    name = bytes(photo.digest).hex()
    forgeries: list[tuple[Callable[[UnitOfWork], object], list[tuple[str, int | None]]]] = [
        (run(delete(value).where(value.c.seq == max(seqs))), [("history", max(seqs))]),
        (run(update(value).where(value.c.seq == min(seqs)).values(body=b"{}")), [("history", min(seqs))]),
        (put_in, [("history", erased.seq + 1)]),
        (run(delete(listed)), [("history", erased.seq), ("erasures", 1), ("file", None)]),
        (run(update(listed).values(value_count=99)), [("erasures", 1)]),
        # last, for the content is gone for all of them then
        (run(update(file).where(file.c.id == photo.id).values(erased_at=clock.now())), [("file", None)]),
    ]
    for number, (forge, expected) in enumerate(forgeries):
        if number == len(forgeries) - 1:
            (runtime.settings.files / name[:2] / name[2:4] / name).unlink()
        copy = tmp_path / f"copy-{number}.db"
        with runtime.database.writing() as connection:
            connection.exec_driver_sql("SELECT 1")
            shutil.copy(str(runtime.database.url.database), copy)
        with closing(Database(f"sqlite:///{copy}")) as database:
            forged = replace(runtime, database=database)
            run_step(forged, forge)
            assert tampered(forged) == expected


@pytest.mark.databases("sqlite")
def test_a_run_that_was_cut_off_goes_on_and_does_nothing_twice(
    runtime: Runtime, visit: Visit, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [visits.visited(runtime, number=f"V-{number}") for number in (2, 3)]
    visits.switch_on(runtime, visit.admin, Kind.TEXTS)
    clock.advance(timedelta(days=31))
    (run_id,) = runs.daily(runtime)
    real, done = runs.cases.erase, []

    def cut(*given: object, **named: object) -> object:
        if done:
            raise StoreUnavailableError(reason="gone")
        done.append(given[3])
        return real(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(runs.cases, "erase", cut)
        with pytest.raises(StoreUnavailableError):
            runs.carry_out(runtime, run_id)
    runs.carry_out(runtime, run_id)
    (run,) = builders.rows(runtime, tables.retention_run)
    assert (run.state, run.done_count) == ("finished", 3)
    listed = builders.rows(runtime, tables.retention_erasure)
    assert sorted(row.instance_id for row in listed) == sorted([visit.id, *(each.id for each in others)])
    assert tampered(runtime) == []


@pytest.mark.databases("sqlite")
def test_what_comes_into_a_case_after_its_erasure_goes_with_the_next_run(runtime: Runtime, visit: Visit, clock: MovableClock) -> None:
    from engine import comments

    visits.switch_on(runtime, visit.admin, Kind.TEXTS)
    clock.advance(timedelta(days=31))
    visits.carry_out(runtime, runs.daily(runtime))
    run_step(runtime, lambda uow: comments.add(runtime, uow, visit.clerk.actor, visit.id, "後來才想起的一句話"))
    clock.advance(timedelta(days=1))
    visits.carry_out(runtime, runs.daily(runtime))
    assert found_in_store(runtime, ("後來才想起的一句話",)) == []
    assert tampered(runtime) == []


def test_at_a_tenants_request_every_kind_goes_from_closed_cases_and_then_the_entry(
    runtime: Runtime, visit: Visit, clock: MovableClock
) -> None:
    code, name = "T-REQ", "端木蓉蓉"
    person = builders.make_tenant(runtime, code=code, name=name, kind="person", phone="13611112222", contact=None, search=f"{code} {name}")
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance_reference).values(kind="tenant", target_id=person, instance_id=visit.id))
    from engine import comments

    run_step(runtime, lambda uow: comments.add(runtime, uow, visit.clerk.actor, visit.id, f"已打給{name} 13611112222"))
    run_id = run_step(runtime, lambda uow: runs.begin_for_tenant(runtime, uow, visit.admin.actor, person, "本人要求"))
    visits.age(runtime.settings.files)
    runs.carry_out(runtime, run_id)
    assert found_in_store(runtime, (*SECRETS, name, "13611112222")) == []
    (entry,) = builders.rows(runtime, tables.tenant, tables.tenant.c.id == person)
    assert erased_on(entry.name)
    assert tampered(runtime) == []


@pytest.mark.databases("sqlite")
def test_a_rule_is_checked_and_changed_from_the_version_that_was_looked_at(runtime: Runtime, visit: Visit) -> None:
    from engine.company.changes import EntryChangedError
    from engine.errors import FormInvalidError

    admin = visit.admin.actor
    for kind, days in ((Kind.IDENTITY, 0), (Kind.IDENTITY, None), (Kind.SIGN_INS, 182)):
        with pytest.raises(FormInvalidError), UnitOfWork(runtime.database) as uow:
            rules.set_rule(runtime, uow, admin, kind, "", days=days, is_on=True, from_tenancy=False, version=0)
    visits.switch_on(runtime, visit.admin, Kind.IDENTITY)
    with pytest.raises(EntryChangedError), UnitOfWork(runtime.database) as uow:
        rules.set_rule(runtime, uow, admin, Kind.IDENTITY, "", days=5, is_on=True, from_tenancy=False, version=0)


@pytest.mark.databases("sqlite")
def test_after_a_restore_the_rules_run_again_the_same_day(runtime: Runtime, visit: Visit, clock: MovableClock, tmp_path: Path) -> None:
    """An old backup still holds what was erased since: it goes again before anybody waits for the next morning."""
    visits.switch_on(runtime, visit.admin, Kind.CALLS)
    clock.advance(timedelta(days=31))
    run_step(runtime, lambda uow: uow.writing.execute(update(tables.retention_rule).values(is_on=False)))
    # the round of the day has been, and found nothing that is on
    assert runs.daily(runtime) == []
    run_step(runtime, lambda uow: uow.writing.execute(update(tables.retention_rule).values(is_on=True)))
    assert runs.daily(runtime) == []
    backup(runtime, tmp_path / "old.zip")
    elsewhere = replace(runtime.settings, db=f"sqlite:///{tmp_path / 'restored.db'}", files=tmp_path / "restored")
    restore(elsewhere, tmp_path / "old.zip")
    with open_runtime(elsewhere, clock=clock, is_trusted=True) as restored:
        visits.carry_out(restored, runs.daily(restored))
        with restored.database.reading() as connection:
            assert visits.CALLER not in connection.execute(select(tables.phone_call.c.name)).scalars().all()
        assert tampered(restored) == []
