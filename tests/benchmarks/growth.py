"""Whether a step costs the same after ten rounds and after ten thousand."""

from __future__ import annotations

from tests.benchmarks import workload
from tests.benchmarks.naive import NaiveStore
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed

#: steps around a mark that its median is taken over
_WINDOW = 41


def measure(stage: Stage) -> None:
    """One instance that goes round: the median step near 10, near 1,000, near 10,000 finished tasks."""
    settle()
    marks = stage.scale.loops
    times: list[float] = []
    item = stage.start("rounds").work_item_ids[0]
    for number in range(marks[-1] + _WINDOW):
        took, result = timed(lambda current=item: stage.complete(current, {"work": {"enough": False}}))  # type: ignore[misc]
        times.append(took)
        item = result.new_work_items[0]
        if number and number % 1_000 == 0:
            stage.report.progress(f"{stage.backend} growth: {number:,} of {marks[-1]:,} rounds")
    middles = [_middle(times, mark) for mark in marks]
    for mark, middle in zip(marks, middles, strict=True):
        stage.report.add(Result("step after finished tasks", stage.backend, f"{mark:,}", middle, "ms"))
    stage.report.add(Result("step after finished tasks", stage.backend, f"{marks[-1]:,} ÷ {marks[0]:,}", middles[-1] / middles[0], "×",
                            target="growth.ratio"))
    _naive(stage)


def _middle(times: list[float], mark: int) -> float:
    first = max(0, mark - _WINDOW // 2) if mark > _WINDOW else mark // 2
    return median(times[first:first + _WINDOW])


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
