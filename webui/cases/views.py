"""The list of cases, one case, its whole story, its papers."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import attention, files, instances, personal_data, records
from engine.model import InstanceState
from engine.permissions import may
from engine.queries import history
from engine.queries import instances as queries
from webui import session, unit_of_work
from webui.approvals.panel import signature_notes
from webui.cases import page
from webui.cases.narrowing import case_narrowing_of, choices
from webui.cases.papers import note_paper
from webui.cases.story import tell
from webui.inbox.views import case_list
from webui.language import current_locale
from webui.listing.narrowing import narrowing
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Cases of the person's sites, last moved first."""
    narrow, mine = narrowing(flask.request.args), case_narrowing_of(flask.request.args)
    filters, problem = mine.filters(narrow)
    is_shown = "HX-Request" not in flask.request.headers and (mine.has_further or "more" in flask.request.args)
    around = choices(narrow, mine) if is_shown else {}
    return case_list("cases", narrow, filters, mine=mine, problem=problem, states=list(InstanceState), **around)


def further() -> ResponseReturnValue:
    """Filters that are folded away, once somebody opens them: what they offer is in every procedure's files."""
    narrow, mine = narrowing(flask.request.args), case_narrowing_of(flask.request.args)
    return flask.render_template("cases/further_fields.html", narrow=narrow, mine=mine, problem="", **choices(narrow, mine))


def show(instance_id: int) -> ResponseReturnValue:
    """One case."""
    gathered = page.gather(session.actor(), instance_id)
    if any(file.personal == files.UNSETTLED for file in gathered.files):
        unit_of_work.step(lambda uow: personal_data.settle(runtime_of(), uow, instance_id))
        gathered = page.gather(session.actor(), instance_id)
    if any(reader.user_id == session.actor().user_id and reader.read_at is None for reader in gathered.readers):
        # looking at a copy is reading it: who sent it sees so
        unit_of_work.step(lambda uow: attention.mark_read(runtime_of(), uow, session.actor(), instance_id))
    return flask.render_template("cases/show.html", page=gathered)


def story(instance_id: int) -> ResponseReturnValue:
    """Everything that happened, newest first, page by page."""
    case = queries.get(current(), session.actor(), instance_id)
    found = history.page(current(), instance_id, after=flask.request.args.get("after"), newest_first=True)
    may_correct = may(session.actor(), "time:correct", case.site_id)
    events = tell(found.rows, instance_id, case.definition_id, may_correct=may_correct)
    return flask.render_template("cases/story.html", case=case, events=events, after=found.after)


def paper(record_id: int) -> ResponseReturnValue:
    """A record as it is printed on A4."""

    def picture(file_id: int) -> str:
        return flask.url_for("files.show", file_id=file_id)

    record, article = records.printed(runtime_of(), current(), session.actor(), record_id, locale=current_locale(), image=picture)
    case = queries.get(current(), session.actor(), record.instance_id)
    if record.shows_identity:
        note_paper(record, case)
    data = instances.inspect(runtime_of(), current(), case.id).variables
    # only what is signed on this paper
    signed = signature_notes(case.id, data, case.definition_id, with_chains=True)
    notes = [note for note in signed if f'"{picture(note.row.file_id)}"' in article]
    return flask.render_template(
        "cases/paper.html", case=case, record=record, article=Markup(article), notes=notes,  # noqa: S704 - filled by `records`
    )
