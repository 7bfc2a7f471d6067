"""Collects results, says how far it is, prints the table and writes the JSON file."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.targets import PEER_SOURCE, TARGETS


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure."""

    #: what was done, e.g. `complete`
    work: str
    #: `sqlite` or `postgresql`
    backend: str
    #: what of it, e.g. `p50`
    measure: str
    value: float
    #: `ms`, `×`, `KB`, `statements` …
    unit: str
    #: the naive store's figure in the same run
    naive: float | None = None
    #: key of `targets.TARGETS`
    target: str | None = None
    #: a peer's figure, quoted
    peer: str | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        return TARGETS[self.target].holds(self.value) if self.target else None


@dataclass(slots=True)
class Report:
    """All results of a run."""

    results: list[Result] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def add(self, result: Result) -> None:
        """Keep a result and say it."""
        self.results.append(result)
        naive = f" (naive {result.naive:.2f})" if result.naive is not None else ""
        self.progress(f"{result.backend} {result.work} {result.measure}: {result.value:.2f} {result.unit}{naive}")

    def progress(self, text: str) -> None:
        """A line on the terminal, with the time since the start."""
        sys.stderr.write(f"[{time.monotonic() - self.started:6.1f} s] {text}\n")

    def table(self) -> str:
        """Target and reached side by side."""
        header = ("work", "backend", "measure", "reached", "naive", "target", "ok", "peer")
        rows = [header, *(_row(result) for result in self.results)]
        widths = [max(_width(row[column]) for row in rows) for column in range(len(header))]
        lines = ["  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines.insert(1, "  ".join("-" * width for width in widths))
        missed = [result for result in self.results if result.reached is False]
        verdict = f"{len(missed)} target(s) missed." if missed else "Every target that was measured is reached."
        return "\n".join([*lines, "", verdict, PEER_SOURCE])

    def write(self, path: Path) -> None:
        """The JSON file: the machine, the results."""
        path.parent.mkdir(parents=True, exist_ok=True)
        body = {"machine": machine(), "peers": PEER_SOURCE, "results": [{**asdict(each), "reached": each.reached} for each in self.results]}
        path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """What it was measured on, and how busy that was."""
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "cpu": cpu or platform.processor(), "cores": os.cpu_count(),
        "load_1_minute": round(os.getloadavg()[0], 2), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
        "spiffworkflow": version("SpiffWorkflow"), "sqlalchemy": version("SQLAlchemy"),
    }


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.work, result.backend, result.measure, f"{result.value:,.2f} {result.unit}",
        "" if result.naive is None else f"{result.naive:,.2f}", TARGETS[result.target].text if result.target else "",
        {True: "yes", False: "NO", None: ""}[result.reached], result.peer or result.note,
    )


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
