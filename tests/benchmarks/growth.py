"""Whether a step costs the same after ten rounds and after ten thousand."""

from __future__ import annotations

from tests.benchmarks import workload
from tests.benchmarks.naive import NaiveStore
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed

#: steps measured on each instance, in turns
_STEPS = 60


def measure(stage: Stage) -> None:
    """Instances that have gone round 10, 1,000 and 10,000 times, then a step of each in turns, so that all meet the same machine."""
    marks = stage.scale.loops
    items = [_gone_round(stage, mark) for mark in marks]
    settle()
    times: list[list[float]] = [[] for _ in marks]
    for _ in range(_STEPS):
        for place in range(len(marks)):
            took, items[place] = timed(lambda: _round(stage, items[place]))  # noqa: B023 - called at once
            times[place].append(took)
    middles = [median(each) for each in times]
    for mark, middle in zip(marks, middles, strict=True):
        stage.report.add(Result("step after finished tasks", stage.backend, f"{mark:,}", middle, "ms"))
    stage.report.add(Result("step after finished tasks", stage.backend, f"{marks[-1]:,} ÷ {marks[0]:,}", middles[-1] / middles[0], "×",
                            target="growth.ratio"))
    _naive(stage)


def _gone_round(stage: Stage, rounds: int) -> int:
    """The open item of an instance that has finished that many."""
    item = stage.start("rounds").work_item_ids[0]
    for number in range(rounds):
        item = _round(stage, item)
        if number % 1_000 == 999:
            stage.report.progress(f"{stage.backend} growth: {number + 1:,} of {rounds:,} rounds")
    return item


def _round(stage: Stage, item: int) -> int:
    return stage.complete(item, {"work": {"enough": False}}).new_work_items[0]


def _naive(stage: Stage) -> None:
    naive = NaiveStore(stage.database, workload.loop(), "rounds")
    instance_id, [(item, _)] = naive.start()
    times: list[float] = []
    for _ in range(stage.scale.naive_loops):
        took, items = timed(lambda current=item: naive.complete(instance_id, current, {"work": {"enough": False}}))  # type: ignore[misc]
        times.append(took)
        if not items:
            stage.report.progress(f"{stage.backend} growth: the naive store stopped after {len(times)} rounds")
            break
        item = items[0][0]
    stage.report.add(Result("step after finished tasks", stage.backend, f"naive after {len(times)}", median(times[-5:]), "ms",
                            note=f"{median(times[:5]):.2f} ms at its beginning"))
