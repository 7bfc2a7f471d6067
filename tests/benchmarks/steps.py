"""Complete and start, in process, committed: ours and the naive store in turns, so that both meet the same machine."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from tests.benchmarks import workload
from tests.benchmarks.naive import NaiveStore
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, counted, median, percentile, settle, timed
from tests.benchmarks.targets import PEERS


def measure(stage: Stage) -> None:
    """Medians over all steps of each round, then over rounds; the ratio is taken round by round."""
    naive = NaiveStore(stage.database, workload.procedure(), "procedure")
    _ours(stage, "procedure", 2)
    _theirs(stage, naive, 2)
    rounds: list[dict[str, list[float]]] = []
    for number in range(stage.scale.rounds):
        settle()
        stage.report.progress(f"{stage.backend} complete and start: round {number + 1} of {stage.scale.rounds}")
        times: dict[str, list[float]] = {}
        begun = time.process_time()
        times["start"], times["complete"] = _ours(stage, "procedure", stage.scale.instances)
        between = time.process_time()
        times["naive start"], times["naive complete"] = _theirs(stage, naive, stage.scale.instances)
        steps = stage.scale.instances * (workload.STEPS + 1)
        times["processor"] = [(between - begun) * 1000 / steps]
        times["naive processor"] = [(time.process_time() - between) * 1000 / steps]
        _, times["conditional"] = _ours(stage, "conditional", stage.scale.instances)
        rounds.append(times)
    _say(stage, rounds)
    _statements(stage)
    stage.report.add(Result("state", stage.backend, "naive, an instance", naive.stored_bytes() / 1024, "KB", note="whole JSON"))


def _ours(stage: Stage, key: str, count: int) -> tuple[list[float], list[float]]:
    starts, completes, cases = [], [], []
    for _ in range(count):
        took, started = timed(lambda: stage.start(key))
        starts.append(took)
        cases.append(([*started.work_item_ids], 1))
    for items, number in _in_turns(cases):
        chosen, data = items.pop(0), workload.answer(number)
        took, result = timed(lambda: stage.complete(chosen, data))  # noqa: B023 - called at once
        completes.append(took)
        items.extend(result.new_work_items)
        assert items or result.state == "completed", result
    return starts, completes


def _theirs(stage: Stage, naive: NaiveStore, count: int) -> tuple[list[float], list[float]]:
    starts, completes, cases = [], [], []
    instance_of: dict[int, int] = {}
    for _ in range(count):
        took, (instance_id, opened) = timed(naive.start)
        starts.append(took)
        cases.append(([item for item, _ in opened], 1))
        instance_of.update(dict.fromkeys(cases[-1][0], instance_id))
    for items, number in _in_turns(cases):
        chosen, data = items.pop(0), workload.answer(number)
        instance_id = instance_of[chosen]
        took, opened = timed(lambda: naive.complete(instance_id, chosen, data))  # noqa: B023 - called at once
        completes.append(took)
        items.extend(item for item, _ in opened)
        instance_of.update(dict.fromkeys(items, instance_id))
    return starts, completes


def _in_turns(cases: list[tuple[list[int], int]]) -> Iterator[tuple[list[int], int]]:
    """A random case that still has open items, with the number of its next step; as people work, not case by case."""
    chooser = random.Random(len(cases))
    while cases:
        place = chooser.randrange(len(cases))
        items, number = cases[place]
        cases[place] = (items, number + 1)
        yield items, number
        if not items:
            cases.pop(place)


def _say(stage: Stage, rounds: list[dict[str, list[float]]]) -> None:
    def middle(name: str) -> float:
        return median([median(each[name]) for each in rounds])

    def add(work: str, measure_name: str, value: float, unit: str, **more: Any) -> None:
        stage.report.add(Result(work, stage.backend, measure_name, value, unit, **more))

    ratio = median([median(each["naive complete"]) / median(each["complete"]) for each in rounds])
    add("complete", "p50", middle("complete"), "ms", naive=middle("naive complete"), peer=PEERS["complete"][1])
    add("complete", "naive ÷ ours", ratio, "×", target="complete.ratio")
    add("complete", "p99", median([percentile(each["complete"], 0.99) for each in rounds]), "ms",
        naive=median([percentile(each["naive complete"], 0.99) for each in rounds]))
    add("complete", "processor time a step", middle("processor"), "ms", naive=middle("naive processor"),
        note="this process's; says more than the clock where others work beside it")
    add("complete", "one condition adds", middle("conditional") - middle("complete"), "ms", note="sandboxed expression, timed apart")
    add("start", "p50", middle("start"), "ms", naive=middle("naive start"), peer=PEERS["start"][1])
    add("start", "Spiff-Arena ÷ ours", PEERS["start"][0] / middle("start"), "×", target="start.peer")


def _statements(stage: Stage) -> None:
    started = stage.start("procedure")
    item = started.work_item_ids[0]
    item = stage.complete(item, workload.answer(1)).new_work_items[0]
    with counted(stage.database) as statements:
        stage.complete(item, workload.answer(2))
    stage.report.add(Result("complete", stage.backend, "SQL statements", len(statements), "statements", target="complete.statements",
                            peer=PEERS["complete"][1]))
    with counted(stage.database) as statements:
        stage.start("procedure")
    stage.report.add(Result("start", stage.backend, "SQL statements", len(statements), "statements"))
