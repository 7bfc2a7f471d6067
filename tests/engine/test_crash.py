"""`kill -9` in the middle of random steps: what was said to stand stands, once, and the store is consistent at any moment."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import history, instances
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests import crash_driver
from tests.builders import ROOT, make_user, rows


@dataclass(slots=True)
class Told:
    """What the killed processes said."""

    stands: list[dict[str, Any]] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    #: at most one a kill: begun, and nobody knows how it ended
    open_ended: list[dict[str, Any]] = field(default_factory=list)


def _run_and_kill(runtime: Runtime, seed: int, steps: int, kill_after: int | None, told: Told) -> None:
    """Run the driver and kill it right after its `kill_after`-th step was said to stand, which is somewhere inside the next one."""
    command = [sys.executable, "-m", "tests.crash_driver", runtime.settings.db, str(runtime.settings.files), str(seed), str(steps)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stderr is not None
    about_to: dict[str, Any] | None = None
    stood = 0
    for line in process.stdout:
        said = json.loads(line)
        about_to = said.get("about_to")
        if "stands" in said:
            told.stands.append(said["stands"])
            told.results.append(said["result"])
            stood += 1
            if stood == kill_after:
                process.kill()
    complaints = process.stderr.read()
    code = process.wait(30)
    process.stdout.close()
    process.stderr.close()
    assert code == (0 if kill_after is None else -9), complaints
    if about_to is not None:
        told.open_ended.append(about_to)


def _check(runtime: Runtime, told: Told) -> None:
    """Everything that stood is there once, and nothing is there that nobody did."""
    with UnitOfWork(runtime.database) as uow:
        read = uow.reading
        begun = {result for said, result in zip(told.stands, told.results, strict=True) if said["does"] == "start"}
        there = set(read.execute(select(tables.instance.c.id)).scalars())
        assert begun <= there
        assert len(there - begun) <= sum(each["does"] == "start" for each in told.open_ended)

        completed = {said["item"] for said in told.stands if said["does"] == "complete"}
        done = set(read.execute(select(tables.work_item.c.id).where(tables.work_item.c.state == "completed")).scalars())
        assert completed <= done
        assert done - completed <= {each.get("item") for each in told.open_ended}

        event = tables.history_event.c
        twice = read.execute(select(event.instance_id, event.token, func.count()).where(event.type == "work_item.completed")
                             .group_by(event.instance_id, event.token).having(func.count() > 1)).all()
        assert twice == []
        counted = dict(read.execute(select(event.type, func.count()).group_by(event.type)).all())
        assert counted.get("work_item.completed", 0) == len(done)
        assert counted["instance.started"] == len(there)

        keys = Counter(read.execute(select(tables.instance.c.business_key)).scalars())
        numbers = sorted(int(key.rpartition("-")[2]) for key in keys)
        assert numbers == list(range(1, len(there) + 1)), "numbers have gaps or repeats"

        for row in rows(runtime, tables.instance):
            assert history.verify(uow, row.id) is None
            assert row.history_seq == read.execute(select(func.max(event.seq)).where(event.instance_id == row.id)).scalar()
            waiting = {token.token for token in instances.inspect(runtime, uow, row.id).tokens if token.state == "ready"}
            live = set(read.execute(select(tables.work_item.c.token).where(
                tables.work_item.c.instance_id == row.id, tables.work_item.c.completed_at.is_(None),
                tables.work_item.c.state != "withdrawn")).scalars())
            assert live == (waiting if row.state in ("active", "suspended") else set())


def _drill(runtime: Runtime, kills: int, steps: int, seed: int) -> None:
    chance = random.Random(seed)
    crash_driver.prepare(runtime)
    for _ in range(3):
        make_user(runtime, "customer_service", "dispatcher", "manager")
    told = Told()
    for number in range(kills):
        _run_and_kill(runtime, seed * 1000 + number, steps, chance.randrange(1, steps // kills), told)
        _check(runtime, told)
    _run_and_kill(runtime, seed, 40, None, told)
    _check(runtime, told)
    assert len(told.stands) > steps / 10


def test_nothing_is_lost_and_nothing_happens_twice(runtime: Runtime) -> None:
    """Four kills on the way through two hundred steps, then the rest undisturbed."""
    _drill(runtime, kills=4, steps=200, seed=20261123)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_lost_over_many_kills(runtime: Runtime, seed: int) -> None:
    """Ten runs of forty kills on each database."""
    _drill(runtime, kills=40, steps=800, seed=seed)
