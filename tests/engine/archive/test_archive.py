"""A backup holds everything, also while others write, and comes back into either kind of store."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from engine import files, work_items
from engine.archive import BackupDamagedError, BackupUnsuitableError, backup, restore
from engine.archive.writing import BackupExistsError
from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.jobs.dbos_runner import JobQueue, prepare_store, waiting_jobs
from engine.persistence.database import Database
from engine.persistence.tables import due, history_event, instance, metadata, number_sequence, site
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from engine.steps import run_step
from engine.verification import verify
from tests.builders import deploy, make_site, make_tenant, make_unit, make_user, simple_process, start
from tests.postgres import PostgresServer, find_binaries

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Settings]]:
    """Settings of an empty store of either kind."""
    made: list[tuple[PostgresServer, str]] = []

    def make(kind: str) -> Settings:
        url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
        if kind == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            name = server.create()
            made.append((server, name))
            url = server.url(name)
        return Settings(db=url, files=tmp_path / "elsewhere", secret_key="for tests only", sandbox_workers=1)

    yield make
    for server, name in made:
        server.drop(name)


def busy_company(runtime: Runtime) -> int:
    """Two cases, one of them at its second step, an attachment, a due row that was handed out, a job that waits; the first case's id."""
    deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))})
    here = make_site(runtime)
    make_tenant(runtime, unit_id=make_unit(runtime, site_id=here))
    clerk = make_user(runtime, "customer_service", site_id=here)
    case = start(runtime, "errand", site_id=here)
    start(runtime, "errand", site_id=here)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, clerk.actor, case.work_item_ids[0]))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {"note": "完成"}))
    stored = run_step(runtime, lambda uow: files.store(runtime, uow, clerk.actor, PDF, "收據.pdf", "attachment"))
    run_step(runtime, lambda uow: files.attach(uow, [stored.id], case.id))
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="item_due", due_at=now, instance_id=case.id, subject="x", handed_for=now))
    prepare_store(runtime.database)
    queue = JobQueue(runtime.database)
    with runtime.database.writing() as connection:
        queue.put(connection, "notify", "told-once", {"event": "x"})
        queue.put(connection, "notify", "told-later", {"event": "y"}, delay=3_600)
    queue.close()
    return case.id


def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as connection:
        return {table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
                for table in metadata.sorted_tables}


@pytest.mark.parametrize("kind", [
    "sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(find_binaries() is None, reason="PostgreSQL is not installed"))])
def test_everything_comes_back_in_either_kind_of_store(
    runtime: Runtime, tmp_path: Path, elsewhere: Callable[[str], Settings], clock: MovableClock, kind: str
) -> None:
    case_id = busy_company(runtime)
    counted = backup(runtime, tmp_path / "all.zip")
    there = elsewhere(kind)
    assert restore(there, tmp_path / "all.zip") == counted
    assert counted.files == 1
    assert counted.jobs == 2
    before = contents(runtime.database)
    with open_runtime(there, clock=clock, is_trusted=True) as other:
        after = contents(other.database)
        # it is due again there: nobody else will hand it out
        assert [row[-1] for row in after["due"]] == [None]
        before["due"] = [(*row[:-1], None) for row in before["due"]]
        assert after == before
        assert list(verify(other)) == []
        with other.database.reading() as connection:
            assert sorted(each.key for each in waiting_jobs(connection)) == ["told-later", "told-once"]
        # and it goes on: ids and numbers after the ones that came back
        with UnitOfWork(other.database) as uow:
            (item,) = work_items_of(uow, case_id)
        manager = make_user(other, "manager")
        run_step(other, lambda uow: work_items.claim(other, uow, manager.actor, item))
        run_step(other, lambda uow: work_items.complete(other, uow, manager.actor, item, {}))
        assert start(other, "errand").id > case_id
        assert list(verify(other)) == []


def work_items_of(uow: UnitOfWork, instance_id: int) -> list[int]:
    """Open items of a case."""
    from engine.persistence.tables import work_item

    return list(uow.reading.execute(select(work_item.c.id).where(work_item.c.instance_id == instance_id, work_item.c.is_live)).scalars())


def test_a_backup_is_one_moment_whatever_is_written_meanwhile(runtime: Runtime, tmp_path: Path) -> None:
    """History and its head are taken from the same snapshot, though a case starts between the two tables."""
    busy_company(runtime)
    started = threading.Event()

    def interfere(name: str, _count: int) -> None:
        if name == "site" and not started.is_set():
            started.set()
            start(runtime, "errand")

    backup(runtime, tmp_path / "all.zip", interfere)
    assert started.is_set()
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        cases = [json.loads(line) for line in archive.read("tables/instance.jsonl").splitlines()]
        events = [json.loads(line) for line in archive.read("tables/history_event.jsonl").splitlines()]
        numbers = archive.read("tables/number_sequence.jsonl")
    assert len(cases) == 2
    assert {each["instance_id"] for each in events} == {each["id"] for each in cases}
    assert sum(each["history_seq"] for each in cases) == len(events)
    with UnitOfWork(runtime.database) as uow:
        assert uow.reading.execute(select(func.count()).select_from(instance)).scalar() == 3
        assert (numbers == b"") == (uow.reading.execute(select(func.count()).select_from(number_sequence)).scalar() == 0)


def test_nothing_is_overwritten_and_nothing_half_done_stays(runtime: Runtime, tmp_path: Path) -> None:
    make_site(runtime)
    taken = tmp_path / "taken.zip"
    taken.write_bytes(b"mine")
    with pytest.raises(BackupExistsError):
        backup(runtime, taken)
    assert taken.read_bytes() == b"mine"

    def fail(_name: str, _count: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        backup(runtime, tmp_path / "new.zip", fail)
    assert {path.name for path in tmp_path.iterdir() if "zip" in path.name} == {"taken.zip"}


def test_what_does_not_fit_is_refused_and_leaves_the_store_empty(
    runtime: Runtime, tmp_path: Path, elsewhere: Callable[[str], Settings]
) -> None:
    busy_company(runtime)
    whole = tmp_path / "all.zip"
    backup(runtime, whole)
    with pytest.raises(BackupUnsuitableError, match="不是空的"):
        restore(runtime.settings, whole)
    there = elsewhere("sqlite")
    (tmp_path / "text.zip").write_text("not a backup")
    for name in ("text.zip", "missing.zip"):
        with pytest.raises(BackupUnsuitableError, match="不是備份"):
            restore(there, tmp_path / name)
    for member, change in (("tables/site.jsonl", b"{}\n"), ("jobs.jsonl", b"[]\n")):
        _altered(whole, tmp_path / "changed.zip", member, change)
        with pytest.raises(BackupDamagedError, match=member):
            restore(there, tmp_path / "changed.zip")
    database = Database(there.db)
    with database.reading() as connection:
        assert not database.engine.dialect.has_table(connection, "site")
    database.close()


def _altered(source: Path, target: Path, member: str, content: bytes) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))


def test_later_changes_are_found(runtime: Runtime) -> None:
    case_id = busy_company(runtime)
    assert list(verify(runtime)) == []
    with runtime.database.writing() as connection:
        connection.execute(update(history_event).where(history_event.c.instance_id == case_id, history_event.c.seq == 2).values(type="x"))
        connection.execute(update(site).values(name="another name"))
    (content,) = [path for path in runtime.settings.files.rglob("*") if path.is_file()]
    content.chmod(0o600)
    content.write_bytes(PDF + b" ")
    found = {(each.what, each.seq) for each in verify(runtime)}
    assert found == {("history", 2), ("file", None)}
