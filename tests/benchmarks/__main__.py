"""`python -m tests.benchmarks`: run, show progress, print the table, write the JSON file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import structlog

from tests.benchmarks import cases, drawing, growth, http, inbox, limits, managers, paint, processes, steps, stored, survey, what_if
from tests.benchmarks.report import Report
from tests.benchmarks.stage import FULL, QUICK, stages
from tests.postgres import find_binaries

SUITES = {
    "steps": steps.measure, "growth": growth.measure, "http": http.measure, "processes": processes.measure, "stored": stored.measure,
    "inbox": inbox.measure, "paint": paint.measure, "limits": limits.measure, "survey": survey.measure,
    "whatif": what_if.measure, "designer": drawing.measure,
    # last, as they leave the store full
    "cases": cases.measure, "managers": managers.measure,
}


def main() -> int:
    """Exit code 0: measured, whatever was reached; a figure on a busy machine is no failure."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure guicheng beside a naive SpiffWorkflow store.")
    parser.add_argument("--quick", action="store_true", help="small sizes, about a minute")
    parser.add_argument("--only", action="append", choices=list(SUITES), help="run only this; may be given several times")
    parser.add_argument("--backend", action="append", choices=["sqlite", "postgresql"], help="default: both")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where to write the results")
    given = parser.parse_args()
    # the log of what is measured is not what is measured
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    report = Report()
    backends = given.backend or ["sqlite", "postgresql"]
    if "postgresql" in backends and find_binaries() is None:
        report.progress("PostgreSQL is not installed: SQLite only (Debian: apt-get install postgresql)")
        backends.remove("postgresql")
    with stages(backends, QUICK if given.quick else FULL, report) as opened:
        for stage in opened:
            for name in given.only or SUITES:
                SUITES[name](stage)
    report.write(given.json)
    sys.stdout.write(f"{report.table()}\n\n{given.json}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
