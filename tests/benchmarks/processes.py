"""What a second process brings on PostgreSQL: the same work by one and by two."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from engine.bootstrap import open_runtime
from engine.instances import run_step, start
from engine.work_items import complete
from tests.benchmarks import workload
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, settings
from tests.builders import make_user

_ROOT = Path(__file__).parent.parent.parent


def measure(stage: Stage) -> None:
    """Steps a second, every process with cases of its own."""
    if stage.database.is_sqlite:
        return
    rates = {}
    for count in (1, 2):
        stage.report.progress(f"{stage.backend} {count} process(es)")
        rates[count] = _rate(stage, count)
        stage.report.add(Result("throughput", stage.backend, f"{count} process(es)", rates[count], "steps/s"))
    stage.report.add(Result("throughput", stage.backend, "two ÷ one", rates[2] / rates[1], "×"))


def _rate(stage: Stage, count: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.processes", stage.runtime.settings.db, str(stage.folder / "files"),
               str(stage.scale.instances * 2)]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT) for _ in range(count)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "ready"
    begun = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    steps = sum(int(worker.communicate()[0]) for worker in workers)
    return steps / (time.perf_counter() - begun)


def work(url: str, files: str, count: int) -> None:
    """Be one of the processes: warm up, say so, wait for the start, work, say how many steps it was."""
    with open_runtime(settings(url, Path(files)), is_trusted=True) as runtime:
        actor = make_user(runtime, *workload.ROLES, username=f"worker-{os.getpid()}").actor

        def case() -> int:
            items = [*run_step(runtime, lambda uow: start(runtime, uow, actor, "procedure", {})).work_item_ids]
            for number in range(1, workload.STEPS + 1):
                item, data = items.pop(0), workload.answer(number)
                items += run_step(runtime, lambda uow: complete(runtime, uow, actor, item, data)).new_work_items  # noqa: B023
            return workload.STEPS + 1

        case()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(str(sum(case() for _ in range(count))))


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
