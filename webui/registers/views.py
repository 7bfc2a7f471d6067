"""The list of registers, one register, its files."""

from __future__ import annotations

from itertools import groupby

import flask
from flask.typing import ResponseReturnValue

from engine import register_files, registers
from engine.queries import sites as site_queries
from webui import exports, session
from webui.language import current_locale
from webui.registers.reading import Reading, read
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """The registers that the person's roles may read, by procedure."""
    entries = sorted(registers.listed(runtime_of(), current(), session.actor()), key=lambda entry: entry.process)
    groups = [list(group) for _, group in groupby(entries, key=lambda entry: entry.process)]
    return flask.render_template("registers/overview.html", groups=groups)


def show(process: str, key: str) -> ResponseReturnValue:
    """One register: rows page by page, what they come to, and a summary."""
    reading = read(process, key)
    return flask.render_template("registers/show.html", **_shown(reading))


def download(process: str, key: str, kind: str) -> ResponseReturnValue:
    """Every row of the same view as a file; written aside first, so that nothing of it stays in memory."""
    reading = read(process, key)
    write = register_files.write_csv if kind == "csv" else register_files.write_xlsx
    return exports.send_list(
        "register", kind, reading.texts.of(reading.opened.entry.title),
        lambda target: write(reading.opened, reading.reader, current(), reading.texts, target, sort=reading.sort))


def _shown(reading: Reading) -> dict[str, object]:
    uow = current()
    return {
        "reading": reading,
        "page": reading.reader.page(uow, sort=reading.sort, after=reading.after),
        "totals": reading.reader.totals(uow),
        "summary": reading.reader.summary(uow, reading.summary_by) if reading.summary_by else (),
        "places": site_queries.places(uow, session.actor()),
        "locale": current_locale(),
    }
