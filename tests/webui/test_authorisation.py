"""Every page and every write against everybody: who gets in, who is refused. A route that is missing from the matrix fails."""

from __future__ import annotations

import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engine import attachments, comments, work_items
from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.company import ledger, users
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime
from engine.settings import Settings
from tests.builders import Person, deploy, make_site, make_tenant, make_unit, make_user, rows, simple_process, start
from tests.conftest import MONDAY_MORNING
from tests.webui.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite")

#: `clerk` holds the item's role; `worker` another one at the same site; `elsewhere` the item's role at another site; `nobody` none at all
PEOPLE = ("stranger", "nobody", "worker", "elsewhere", "clerk", "dispatcher", "manager", "administrator")
#: sent to the sign-in page
_OUT = 302
_numbers = itertools.count()
_START_ROLES = (
    b'</documentation><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="start_roles" value="customer_service"/></s:properties></extensionElements>'
)

_WITH_FORM = (
    b'<userTask id="do_errand" name="do_errand"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="errand"/></s:properties></extensionElements></userTask>'
)
_REGISTER = b'title = "errands"\nroles = ["customer_service"]\n[[column]]\nid = "number"\nvalue = "case.number"\n'
_LIMITS = (
    b'[[limit]]\nid = "done"\nname = "done"\nclause = "errand 1"\nfrom = "instance:started"\nto = "do_errand:completed"\ntarget = "PT1H"\n'
)
_BOARD = b"""title = "errands"
roles = ["customer_service", "dispatcher", "manager"]
worker_role = "repair_worker"
[assign]
element = "do_errand"
field = "who"
[[column]]
id = "open"
title = "open"
elements = ["do_errand"]
"""
_ERRAND_FORM = b"""{"title": "errand", "type": "object", "properties": {
 "who": {"type": "object", "format": "person", "title": "who"}}}"""


def everybody(status: int, **others: int) -> dict[str, int]:
    """The same for all who are signed in, but for those named."""
    return {**dict.fromkeys(PEOPLE, status), "stranger": _OUT, **others}


#: of an item: its role's people, those who hand out work at its site, and those who may read any
_READERS = {"clerk": 200, "dispatcher": 200, "manager": 200, "administrator": 200}
_ITEM_READ = everybody(404, **_READERS)
_OF_SITE = everybody(200, nobody=404, elsewhere=404)
_STEERING = everybody(403, nobody=404, elsewhere=404, manager=200, administrator=200)
_STEERED = everybody(403, nobody=404, elsewhere=404, manager=303, administrator=303)

#: of an account: those who read the books at its site; those who post
_BOOKS = everybody(403, elsewhere=404, clerk=200, manager=200, administrator=200)
_POSTING = everybody(403, elsewhere=404)
#: of a board: the roles that it names
_ON_BOARD = everybody(403, clerk=200, elsewhere=200, dispatcher=200, manager=200, administrator=404)

#: of the directory's places: who keeps them
_KEEPING = everybody(403, administrator=200)

#: of the company's working time: who keeps it
_CALENDAR = everybody(403, manager=200, administrator=200)

#: of workbooks: who reads what was imported; one that isn't there
_READING_IMPORTS = everybody(403, manager=200, administrator=200)
_NO_IMPORT = everybody(403, manager=404, administrator=404)
_DESK = everybody(403, clerk=200, elsewhere=200, dispatcher=200, manager=200, administrator=200)

#: endpoint → who gets what
MATRIX: dict[str, dict[str, int]] = {
    "sign_in.form": {**everybody(302), "stranger": 200},
    "sign_in.submit": {**everybody(422), "stranger": 422},
    # no provider in the settings
    "sign_in.oidc": dict.fromkeys(PEOPLE, 404),
    "sign_in.oidc_callback": dict.fromkeys(PEOPLE, 404),
    # a guessed link is nobody's
    "sign_in.choose_form": dict.fromkeys(PEOPLE, 404),
    "sign_in.choose": dict.fromkeys(PEOPLE, 404),
    "sign_in.sign_out": {**everybody(303), "stranger": 303},
    "sign_in.language": {**everybody(303), "stranger": 303},
    "inbox.todo": everybody(200),
    "inbox.done": everybody(200),
    "inbox.started": everybody(200),
    "inbox.copied": everybody(200),
    "start.overview": everybody(200),
    "start.form": everybody(403, clerk=200, elsewhere=200, manager=200, administrator=200),
    "start.submit": everybody(403, clerk=303, elsewhere=303, manager=303, administrator=303),
    "lists.calendar": everybody(200),
    "lists.download": everybody(200),
    "lists.preview": everybody(200),
    "lists.run": everybody(200),
    "lists.save": everybody(303),
    "lists.open_plainly": everybody(303),
    "lists.choose": everybody(404),
    "lists.remove": everybody(404),
    "help.page": everybody(200),
    "help.glossary": everybody(200),
    "help.keys": everybody(200),
    # of procedures' drafts: their lookers-on, and those who draw
    "designer.overview": everybody(403, manager=200, administrator=200),
    "designer.mine": everybody(403, manager=200, administrator=200),
    "designer.reopen": everybody(403, manager=404, administrator=404),
    "designer.bring_in": everybody(403, administrator=200),
    "designer.bring_in_look": everybody(403, administrator=422),
    "designer.bring_in_begin": everybody(403, administrator=422),
    "designer.words": everybody(200),
    "designer.editor": everybody(403, manager=200, administrator=200),
    "designer.new": everybody(403, administrator=200),
    "designer.begin": everybody(403, administrator=422),
    # there is none
    "designer.close": everybody(403, manager=404, administrator=404),
    "designer.parts": everybody(403, manager=404, administrator=404),
    "designer.begin_part": everybody(403, manager=404, administrator=404),
    "designer.part": everybody(403, manager=404, administrator=404),
    "designer.preview": everybody(403, manager=404, administrator=404),
    **{f"designer.{name}": everybody(403, administrator=404) for name in (
        "play", "play_begin", "play_act", "play_send", "play_forward", "play_undo", "play_save", "play_drop")},
    "designer.access": everybody(403, administrator=200),
    "designer.grant": everybody(403, administrator=303),
    "help.dismiss": everybody(303),
    "help.show_again": everybody(303),
    # whoever uses no board is told so on a page
    "board.show": {**_ON_BOARD, "administrator": 200},
    "board.column": _ON_BOARD,
    "board.assign_form": {**_ON_BOARD, "elsewhere": 404},
    "board.assign": {**_ON_BOARD, "clerk": 303, "elsewhere": 404, "dispatcher": 403, "manager": 303},
    "board.undo": {**_ON_BOARD, "clerk": 409, "elsewhere": 404, "dispatcher": 409, "manager": 409},
    **dict.fromkeys(("today.show", "today.cases", "today.work", "today.clocks"), everybody(403, manager=200, administrator=200)),
    # on to the first procedure
    "heat.choose": everybody(403, manager=302, administrator=302),
    **dict.fromkeys(("heat.show", "heat.cases", "heat.download"), everybody(403, manager=200, administrator=200)),
    **dict.fromkeys(("what_if.overview", "what_if.ask"), everybody(403, manager=200, administrator=200)),
    # no procedure is named
    "what_if.begin": everybody(403, manager=422, administrator=422),
    **dict.fromkeys((f"what_if.{name}" for name in ("show", "progress", "stop", "delete_form", "delete", "download")),
                    everybody(403, manager=404, administrator=404)),
    "cases.overview": everybody(200),
    "cases.further": everybody(200),
    # a verb has to be named
    **dict.fromkeys(("cases.intervene_form", "cases.intervene", "cases.intervene_now"), everybody(404)),
    **dict.fromkeys(("cases.interventions", "cases.interventions_file"), everybody(403, dispatcher=200, manager=200, administrator=200)),
    **dict.fromkeys(("cases.intervention", "cases.undo_intervention", "cases.stop_intervention"), everybody(404)),
    "cases.show": _OF_SITE,
    "cases.story": _OF_SITE,
    "cases.element": _OF_SITE,
    "cases.paper": everybody(404),
    "cases.pdf": everybody(404),
    "cases.move_form": _STEERING,
    "cases.move": _STEERING,
    "cases.migrate_form": _STEERING,
    "cases.migrate": _STEERING,
    "cases.undo_migration": everybody(403, nobody=404, elsewhere=404, manager=404, administrator=404),
    "cases.undo_move": everybody(403, nobody=404, elsewhere=404, manager=404, administrator=404),
    "cases.suspend_form": _STEERING,
    "cases.suspend": _STEERED,
    "cases.resume_form": _STEERING,
    "cases.resume": everybody(403, nobody=404, elsewhere=404, manager=409, administrator=409),
    "cases.cancel_form": _STEERING,
    "cases.cancel": _STEERED,
    "cases.retry": everybody(404),
    "cases.correct_form": everybody(403, nobody=404, elsewhere=404, manager=200),
    "cases.correct": everybody(403, nobody=404, elsewhere=404, manager=422),
    # entered by none of these
    "cases.void_form": _STEERING,
    "cases.void": everybody(403, nobody=404, elsewhere=404, manager=422, administrator=422),
    "work_item.show": _ITEM_READ,
    # before anybody has signed in
    "phone_shell.manifest": dict.fromkeys(PEOPLE, 200),
    "phone_shell.worker": dict.fromkeys(PEOPLE, 200),
    "phone_shell.icon": dict.fromkeys(PEOPLE, 200),
    "phone.queue": everybody(200),
    "phone.who": everybody(200),
    "phone.keep": everybody(303),
    # of the item's role's people only the clerk goes on to the next step
    "work_item.ahead_form": everybody(404, clerk=200),
    # the case has not come to it
    "work_item.ahead": everybody(404, clerk=409, dispatcher=409, manager=409, administrator=409),
    "work_item.paper": _ITEM_READ,
    # nobody but the one who can open the item has anything to keep
    "work_item.draft": _ITEM_READ,
    "work_item.drop_draft": everybody(404, clerk=204, dispatcher=204, manager=204, administrator=204),
    "talk.comment": everybody(303, nobody=404, elsewhere=404),
    "talk.mentionable": _OF_SITE,
    # the clerk's own comment and attachment
    "talk.edit": everybody(403, nobody=404, elsewhere=404, clerk=303),
    "talk.strike_form": _OF_SITE,
    "talk.strike": everybody(403, nobody=404, elsewhere=404, clerk=303, manager=303, administrator=303),
    "talk.attach": everybody(422),
    "talk.strike_attachment_form": _OF_SITE,
    "talk.strike_attachment": everybody(403, nobody=404, elsewhere=404, clerk=303, manager=303, administrator=303),
    "work_item.claim": everybody(403, clerk=303, manager=303, administrator=303),
    "work_item.unclaim": everybody(409, dispatcher=303, clerk=303, manager=303, administrator=303),
    "work_item.complete": everybody(404, clerk=303, dispatcher=409, manager=409, administrator=409),
    "work_item.resolve": everybody(404, clerk=409, dispatcher=409, manager=409, administrator=409),
    "work_item.return_form": _ITEM_READ,
    "work_item.return_to": everybody(404, clerk=409, dispatcher=409, manager=409, administrator=409),
    "work_item.delegate_form": _ITEM_READ,
    "work_item.delegate": everybody(404, clerk=303, dispatcher=409, manager=409, administrator=409),
    "work_item.assign_form": _ITEM_READ,
    "work_item.assign": everybody(404, clerk=403, dispatcher=303, manager=303, administrator=303),
    # the item is no signer's
    "approvals.add_form": _ITEM_READ,
    "approvals.add": everybody(404, clerk=422, dispatcher=422, manager=422, administrator=422),
    "approvals.hand_over_form": _ITEM_READ,
    "approvals.hand_over": everybody(404, clerk=422, dispatcher=422, manager=422, administrator=422),
    "approvals.remove_form": everybody(404),
    "approvals.remove": everybody(404),
    "approvals.withdraw": everybody(404),
    "approvals.nudge": everybody(303, nobody=404, elsewhere=404),
    "approvals.copy_form": _OF_SITE,
    "approvals.copy": everybody(303, nobody=404, elsewhere=404),
    # nobody of these has started the case
    "approvals.revoke_form": everybody(403, nobody=404, elsewhere=404),
    "approvals.revoke": everybody(403, nobody=404, elsewhere=404),
    # without an account: nobody's sign-in opens or closes them, only the link itself does
    "outside.show": dict.fromkeys(PEOPLE, 404),
    "outside.submit": dict.fromkeys(PEOPLE, 404),
    "outside.file": dict.fromkeys(PEOPLE, 404),
    # of an item that staff does there are no links
    "links.create": everybody(404, clerk=409, dispatcher=403, manager=409, administrator=409),
    "links.revoke": everybody(404, clerk=409, dispatcher=403, manager=409, administrator=409),
    "directory.search": everybody(200, nobody=403),
    "directory.overview": everybody(200, nobody=403),
    "directory.listing": everybody(200, nobody=403),
    "directory.download": everybody(200, nobody=403),
    "directory.show": everybody(200, nobody=403, elsewhere=404),
    "directory.new": _KEEPING,
    "directory.create": everybody(403, administrator=422),
    "directory.edit": _KEEPING,
    # made from another version than stands
    "directory.change": everybody(403, administrator=409),
    "directory.deactivate_form": _KEEPING,
    "directory.deactivate": everybody(403, administrator=303),
    "directory.reactivate_form": _KEEPING,
    "directory.reactivate": everybody(403, administrator=303),
    "directory.roles_form": _KEEPING,
    "directory.roles": everybody(403, administrator=409),
    "directory.password_link": everybody(403, administrator=200),
    "directory.reset_password": everybody(403, administrator=422),
    "directory.end_sessions": everybody(403, administrator=303),
    "directory.end_session": everybody(403, administrator=404),
    # the desk's people: here the front desk of either site, the dispatcher and those above
    "desk.screen": _DESK,
    "desk.find": _DESK,
    "desk.place": _DESK,
    "desk.needs": _DESK,
    "desk.needs_today": _DESK,
    "desk.needs_limit": _DESK,
    "desk.needs_untold": _DESK,
    "desk.shift": _DESK,
    # the procedure isn't taken at the desk
    "desk.form": everybody(403, clerk=404, elsewhere=404, manager=404, administrator=404),
    "desk.alike": everybody(403, clerk=404, elsewhere=404, manager=404, administrator=404),
    "desk.submit": everybody(403, clerk=404, elsewhere=404, manager=404, administrator=404),
    # of a case of another site nobody is told whether there is one
    "desk.join": everybody(403, clerk=303, elsewhere=404, manager=303, administrator=303),
    "desk.reporter_form": _OF_SITE,
    "desk.add_reporter": everybody(303, nobody=404, elsewhere=404),
    "desk.told_form": everybody(404),
    "desk.told": everybody(404),
    "desk.take_over": {**_DESK, **dict.fromkeys(("clerk", "dispatcher", "elsewhere", "manager", "administrator"), 303)},
    "desk.hand_over": everybody(403, clerk=404, dispatcher=404, elsewhere=404, manager=404, administrator=404),
    "desk.write_note": everybody(403, clerk=422, dispatcher=422, elsewhere=422, manager=422, administrator=422),
    "desk.tick_note": everybody(403, clerk=404, dispatcher=404, elsewhere=404, manager=404, administrator=404),
    "desk.put_on_duty": everybody(403, clerk=422, dispatcher=422, elsewhere=422, manager=422, administrator=422),
    "desk.take_off_duty": everybody(403, clerk=404, dispatcher=404, elsewhere=404, manager=404, administrator=404),
    "dossier.search": everybody(200, nobody=403),
    "dossier.unit": everybody(200, nobody=403, elsewhere=404),
    "dossier.tenant": everybody(200, nobody=403, elsewhere=404),
    "dossier.cases": everybody(200, nobody=403, elsewhere=404),
    "dossier.files": everybody(200, nobody=403, elsewhere=404),
    "dossier.looks": everybody(403, administrator=200),
    "dossier.identity_form": everybody(403, nobody=404, elsewhere=404, clerk=200, manager=200, administrator=200),
    "dossier.identity": everybody(403, nobody=404, elsewhere=404, clerk=200, manager=200, administrator=200),
    "files.show": everybody(404),
    "files.thumbnail": everybody(404),
    # a paper that is none; the list is for everybody who may start cases
    "imports.blanks": everybody(200, nobody=403),
    "imports.blank": everybody(404, nobody=403),
    "imports.blank_pdf": everybody(404, nobody=403),
    "imports.overview": _READING_IMPORTS,
    "imports.upload": everybody(403, administrator=422),
    "imports.template": _READING_IMPORTS,
    "imports.present": everybody(403, administrator=200),
    "imports.show": _NO_IMPORT,
    "imports.progress": _NO_IMPORT,
    "imports.confirm": _NO_IMPORT,
    "imports.discard": _NO_IMPORT,
    "imports.reconciliation": _NO_IMPORT,
    "imports.reconciliation_file": _NO_IMPORT,
    "imports.sign": _NO_IMPORT,
    # numbers on papers: at a desk; a block that there is not
    "paper_numbers.overview": everybody(200, nobody=403),
    "paper_numbers.show": everybody(404, nobody=403),
    **dict.fromkeys(
        (f"paper_numbers.{name}" for name in ("form", "reserve", "void", "paper", "pdf")), everybody(404, nobody=403, worker=403)
    ),
    "ledger.overview": everybody(403, clerk=200, elsewhere=200, manager=200, administrator=200),
    "ledger.account": _BOOKS,
    "ledger.pay": {**_POSTING, "clerk": 422},
    "ledger.receipt": _BOOKS,
    "ledger.void_form": {**_POSTING, "clerk": 200},
    "ledger.void": {**_POSTING, "clerk": 303},
    "ledger.correct_form": {**_POSTING, "clerk": 200},
    "ledger.correct": {**_POSTING, "clerk": 303},
    "ledger.close_form": everybody(403, clerk=200, elsewhere=200),
    "ledger.close": everybody(403, clerk=422, elsewhere=422),
    "ledger.bank": everybody(403, clerk=200, elsewhere=200),
    "ledger.bank_export": everybody(403, clerk=422, elsewhere=422),
    "ledger.bank_answer": everybody(403, clerk=422, elsewhere=422),
    "ledger.bank_file": everybody(403, clerk=404, elsewhere=404),
    "registers.overview": everybody(200, nobody=403),
    # for the register's own roles and for managers
    "registers.show": everybody(403, clerk=200, elsewhere=200, manager=200, administrator=200),
    "registers.download": everybody(403, clerk=200, elsewhere=200, manager=200, administrator=200),
    "limits.overview": everybody(200, nobody=403),
    "limits.show": everybody(200, nobody=403),
    "limits.charts": everybody(200, nobody=403),
    # the company's
    "month_pack.latest": everybody(403, administrator=302),
    "month_pack.show": everybody(403, administrator=200),
    "month_pack.download": everybody(403, administrator=200),
    # the company's: not for the manager of one site
    "limits.target": everybody(403, administrator=200),
    "limits.set_target": everybody(403, administrator=422),
    "limits.withdraw_target": everybody(403, administrator=404),
    **dict.fromkeys(("audit.overview", "audit.download"), everybody(403, manager=200, administrator=200)),
    # a job that there is not
    "jobs.overview": _KEEPING,
    **dict.fromkeys(("jobs.ask", "jobs.act"), everybody(403, administrator=404)),
    "settings.overview": _KEEPING,
    "settings.save": everybody(403, administrator=422),
    **dict.fromkeys(("retention.overview", "retention.rule", "retention.ask_run", "retention.runs", "retention.holds",
                     "retention.lift_form"), _KEEPING),
    **dict.fromkeys(("retention.run", "retention.tenant", "retention.erase_tenant"), everybody(403, administrator=404)),
    "retention.save": everybody(403, administrator=422),
    "retention.drop": everybody(403, administrator=422),
    **dict.fromkeys(("retention.begin", "retention.stop", "runs.resume"), everybody(403, administrator=409)),
    "retention.place": everybody(403, administrator=422),
    "retention.lift": everybody(403, administrator=404),
    **dict.fromkeys(("tokens.overview", "tokens.revoke_form"), _KEEPING),
    "sessions.overview": _KEEPING,
    # one that there is not
    **dict.fromkeys(("sessions.end_form", "sessions.end"), everybody(403, administrator=404)),
    "tokens.create": everybody(403, administrator=200),
    "tokens.revoke": everybody(403, administrator=303),
    "delivery.overview": everybody(403, administrator=200),
    "delivery.handle": everybody(403, administrator=303),
    "delivery.channels": everybody(403, administrator=200),
    "delivery.new": everybody(403, administrator=200),
    "delivery.create": everybody(403, administrator=422),
    "delivery.channel": everybody(403, administrator=404),
    "delivery.change": everybody(403, administrator=404),
    "delivery.attempt": everybody(403, administrator=404),
    **dict.fromkeys(("delivery.templates", "delivery.template", "delivery.preview", "delivery.reset_form"), _KEEPING),
    **dict.fromkeys(("delivery.change_template", "delivery.reset"), everybody(403, administrator=303)),
    "notifications.overview": everybody(200),
    "notifications.news": everybody(200),
    # this client cannot hold an answer
    "notifications.stream": everybody(204, stranger=401),
    # tells of the item of this role at this site
    "notifications.follow": everybody(404, clerk=303),
    "notifications.read": everybody(303),
    "notifications.read_all": everybody(303),
    "notifications.wishes": everybody(200),
    "notifications.save_wishes": everybody(303),
    "phone_calls.form": _OF_SITE,
    "phone_calls.record": everybody(422, nobody=404, elsewhere=404),
    "limits.download": everybody(200, nobody=403),
    # hangs in the lobby as well
    "prices.public": dict.fromkeys(PEOPLE, 200),
    "prices.overview": everybody(200, nobody=403),
    "prices.new": everybody(403, manager=200, administrator=200),
    "prices.create": everybody(403, manager=422, administrator=422),
    "prices.show": everybody(404, nobody=403),
    "prices.switch_form": everybody(403, manager=404, administrator=404),
    "prices.switch": everybody(403, manager=404, administrator=404),
    "house_rules.calendars": everybody(200, nobody=403),
    "house_rules.calendar": everybody(200, nobody=403),
    "house_rules.edit_calendar": _CALENDAR,
    "house_rules.save_calendar": everybody(403, manager=422, administrator=422),
    "house_rules.restore_form": _CALENDAR,
    "house_rules.restore": everybody(403, manager=303, administrator=303),
    "house_rules.reschedule_form": _CALENDAR,
    "house_rules.reschedule": everybody(403, manager=303, administrator=303),
    "house_rules.numbering": everybody(200, nobody=403),
    "house_rules.series": everybody(404, nobody=403),
    "house_rules.pattern_form": everybody(403, administrator=404),
    "house_rules.set_pattern": everybody(403, administrator=404),
    "house_rules.next_form": everybody(403, administrator=404),
    "house_rules.raise_next": everybody(403, administrator=404),
    # packages and moves that there are not; who designs or manages looks, who designs proposes, who grants sets the rule
    "rollouts.overview": _READING_IMPORTS,
    "rollouts.propose": everybody(403, administrator=422),
    "rollouts.selection": _READING_IMPORTS,
    "rollouts.count": everybody(403, manager=303, administrator=303),
    "rollouts.counted": _READING_IMPORTS,
    "rollouts.from_draft": everybody(403, administrator=404),
    **dict.fromkeys(
        (f"rollouts.{name}" for name in ("show", "differences", "preview", "deploy", "ask", "approve", "refuse", "withdraw", "version",
                                         "migrate", "run", "progress", "stop", "undo")), _NO_IMPORT),
    "rollouts.procedure": _READING_IMPORTS,
    "rollouts.rule": everybody(403, administrator=303),
    "rollouts.restore": everybody(403, administrator=404),
    "rollouts.compare": everybody(404, nobody=403),
    # one's own, whoever one is
    "substitutes.overview": everybody(200),
    "substitutes.new": everybody(200),
    "substitutes.create": everybody(422),
    "substitutes.end_form": everybody(200),
    "substitutes.end": everybody(404),
    "account.page": everybody(200),
    "account.password": everybody(422),
    "account.sign_out_everywhere": everybody(303),
    "account.end_session": everybody(404),
}
#: not pages of ours: bundles, and the API, which has a matrix of its own
NOT_PAGES = ("static", "static_dist", "api", "health", "metrics")
#: endpoints that need an item that the clerk has claimed
NEEDS_CLAIMED = {
    "work_item.unclaim",
    "work_item.complete",
    "work_item.resolve",
    "work_item.return_to",
    "work_item.delegate",
    "work_item.assign",
}


@dataclass
class Scene:
    """A case at one site with one open item, and everybody."""

    runtime: Runtime
    people: dict[str, Person | None]
    case_id: int
    item_id: int
    colleague: Person

    def address(self, endpoint: str, app: Flask) -> str:
        """The endpoint's address here."""
        chosen: dict[str, dict[str, Any]] = {
            "start.form": {"key": "errand"},
            "start.submit": {"key": "errand"},
            "cases.paper": {"record_id": 99},
            "cases.pdf": {"record_id": 99},
            "phone_shell.icon": {"name": "192"},
            "work_item.ahead_form": {"work_item_id": self.item_id, "key": "errand", "element_id": "check_errand"},
            "work_item.ahead": {"work_item_id": self.item_id, "key": "errand", "element_id": "check_errand"},
            "designer.reopen": {"draft_id": 99},
            **{f"designer.{name}": {"name": "errand"} for name in (
                "editor", "close", "access", "grant", "parts", "begin_part",
                "play", "play_begin", "play_act", "play_send", "play_forward", "play_undo", "play_save", "play_drop")},
            **{f"designer.{name}": {"name": "errand", "kind": "form", "key": "errand"} for name in ("part", "preview")},
            "files.show": {"file_id": 99},
            "files.thumbnail": {"file_id": 99},
            "cases.interventions_file": {"kind": "csv"},
            "cases.retry": {"instance_id": self.case_id, "incident_id": 99},
            "directory.search": {"kind": "unit"},
            "registers.show": {"process": "errand", "key": "errands"},
            "registers.download": {"process": "errand", "key": "errands", "kind": "csv"},
            "lists.download": {"list_name": "todo", "kind": "csv"},
            "lists.save": {"list_name": "todo"},
            "lists.open_plainly": {"list_name": "todo"},
            "lists.choose": {"filter_id": 99},
            "lists.remove": {"filter_id": 99},
            "help.dismiss": {"name": "worker"},
            "board.column": {"process": "errand", "column": "open"},
            "board.undo": {"process": "errand"},
            "heat.show": {"key": "errand"},
            "heat.cases": {"key": "errand"},
            "heat.download": {"key": "errand", "kind": "xes"},
            "what_if.download": {"run_id": 99, "kind": "csv"},
            "limits.show": {"limit_id": "errand.done"},
            "limits.target": {"limit_id": "errand.done"},
            "month_pack.show": {"month": "2026-03"},
            "month_pack.download": {"month": "2026-03", "kind": "xlsx"},
            "limits.set_target": {"limit_id": "errand.done"},
            "limits.withdraw_target": {"limit_id": "errand.done", "target_id": 99},
            "today.clocks": {"limit_id": "errand.done"},
            "directory.listing": {"kind": "unit"},
            "directory.download": {"kind": "unit", "file_kind": "csv"},
            "directory.new": {"kind": "unit"},
            "directory.create": {"kind": "unit"},
            "account.end_session": {"session_id": 9999},
            **{f"house_rules.{name}": {"where": str(self.site_id())} for name in (
                "calendar", "edit_calendar", "save_calendar", "restore_form", "restore", "reschedule_form", "reschedule")},
            **{f"house_rules.{name}": {"series_id": "nothing"} for name in (
                "series", "pattern_form", "set_pattern", "next_form", "raise_next")},
            "rollouts.procedure": {"key": "errand"},
            "rollouts.rule": {"key": "errand"},
            "rollouts.restore": {"key": "errand", "definition_id": 99},
            "prices.show": {"code": "nothing"},
            "prices.switch_form": {"code": "nothing"},
            "prices.switch": {"code": "nothing"},
            "substitutes.end_form": {"substitution_id": 9999},
            "substitutes.end": {"substitution_id": 9999},
            "sign_in.choose_form": {"secret": "guess"},
            "sign_in.choose": {"secret": "guess"},
            "limits.download": {"limit_id": "errand.done"},
            "outside.show": {"token": "guess"},
            "outside.submit": {"token": "guess"},
            "outside.file": {"token": "guess", "file_id": 99},
            **{f"retention.{name}": {"kind": "identity"} for name in ("rule", "save", "drop", "ask_run", "begin")},
            "retention.run": {"run_id": 99},
            "retention.stop": {"run_id": 99},
            "runs.resume": {"kind": "erasures", "run_id": 99},
            **{f"retention.{name}": {"hold_id": 99} for name in ("lift_form", "lift")},
            **{f"retention.{name}": {"tenant_id": 99} for name in ("tenant", "erase_tenant")},
            "jobs.ask": {"verb": "retry"},
            "jobs.act": {"verb": "retry"},
            "audit.download": {"file_kind": "csv"},
            "delivery.new": {"kind": "webhook"},
            "delivery.create": {"kind": "webhook"},
            "delivery.channel": {"channel_id": 99},
            "delivery.change": {"channel_id": 99},
            "delivery.attempt": {"channel_id": 99},
            **{f"delivery.{name}": {"key": "overdue"} for name in ("template", "change_template", "preview", "reset_form", "reset")},
            "notifications.stream": {"background": "1"},
            "notifications.follow": {"notification_id": self.notification()},
            "links.create": {"work_item_id": self.item_id},
            "links.revoke": {"work_item_id": self.item_id, "link_id": 99},
        }
        values = chosen.get(endpoint)
        if endpoint == "cases.element":
            values = {"instance_id": self.case_id, "process": "errand", "element_id": "do_errand"}
        if values is None and endpoint.startswith("cases.") and endpoint not in ("cases.overview", "cases.further"):
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            values = {name: value for name, value in {"instance_id": self.case_id, "seq": 1, "intervention_id": 99}.items()
                      if name in arguments}
        if values is None and endpoint.startswith("phone_calls."):
            values = {"instance_id": self.case_id}
        if values is None and endpoint.startswith("board.assign"):
            values = {"process": "errand", "work_item_id": self.item_id}
        if values is None and endpoint.startswith("work_item."):
            values = {"work_item_id": self.item_id}
        if values is None and endpoint.startswith("approvals."):
            known = {"work_item_id": self.item_id, "instance_id": self.case_id, "approval_id": 99}
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            values = {name: value for name, value in known.items() if name in arguments}
        if endpoint.startswith("sessions.end"):
            values = {"session_id": 9999}
        if endpoint.startswith("tokens.revoke"):
            values = {"token_id": self.token_id()}
        if values is None and endpoint.startswith("talk."):
            values = self.talk(endpoint)
        if values is None and endpoint.startswith("directory."):
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            entry = self.colleague.id if "kind" not in arguments else self.site_id()
            known = {"kind": "site", "entry_id": entry, "session_id": 9999}
            values = {name: value for name, value in known.items() if name in arguments}
        if values is None and endpoint.startswith(("imports.", "paper_numbers.", "rollouts.", "what_if.")):
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            values = dict.fromkeys(arguments, 99)
        if values is None and endpoint.startswith(("desk.", "dossier.")):
            known_here: dict[str, Any] = dict.fromkeys(("reporter_id", "note_id", "duty_id"), 99)
            known_here |= {"key": "errand", "instance_id": self.case_id, "limit_id": "errand.done"}
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            if endpoint.startswith("dossier.") and not {"unit_id", "tenant_id", "kind"}.isdisjoint(arguments):
                books = self.books()
                known_here |= {"unit_id": books["unit_id"], "tenant_id": books["tenant_id"], "kind": "unit", "target_id": books["unit_id"]}
            values = {name: value for name, value in known_here.items() if name in arguments}
        if values is None and endpoint.startswith("ledger."):
            arguments = next(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
            values = {name: value for name, value in self.books().items() if name in arguments}
        with app.test_request_context():
            return app.url_for(endpoint, **(values or {}))

    def talk(self, endpoint: str) -> dict[str, int]:
        """The case, or on it a comment or an attachment of the clerk's."""
        clerk = self.people["clerk"]
        assert clerk is not None
        if endpoint in ("talk.comment", "talk.mentionable", "talk.attach"):
            return {"instance_id": self.case_id}
        if "attachment" in endpoint:
            added = run_step(
                self.runtime, lambda uow: attachments.add(self.runtime, uow, clerk.actor, self.case_id, b"%PDF-1.7", "x.pdf")
            )
            return {"attachment_id": added.id}
        return {"comment_id": run_step(self.runtime, lambda uow: comments.add(self.runtime, uow, clerk.actor, self.case_id, "看過了"))}

    def token_id(self) -> int:
        """A token of the colleague's."""
        run_step(self.runtime, lambda uow: users.add_token(self.runtime, uow, SYSTEM, self.colleague.id, "kiosk"))
        return int(rows(self.runtime, tables.api_token)[-1].id)

    def notification(self) -> int:
        """What told of the item."""
        return int(rows(self.runtime, tables.notification, tables.notification.c.work_item_id == self.item_id)[0].id)

    def site_id(self) -> int:
        """The case's site."""
        clerk = self.people["clerk"]
        assert clerk is not None
        (grant,) = clerk.actor.grants
        assert grant.site_id is not None
        return grant.site_id

    def books(self) -> dict[str, int]:
        """An account of the case's site, something that is owed on it and something that was paid."""
        clerk = self.people["clerk"]
        assert clerk is not None
        (grant,) = clerk.actor.grants
        unit_id = make_unit(self.runtime, site_id=grant.site_id)
        tenant_id = make_tenant(self.runtime, unit_id=unit_id)
        with UnitOfWork(self.runtime.database) as uow:
            of = account(uow, AccountKey(unit_id, tenant_id))
            owed = ledger.charge(self.runtime, uow, clerk.actor, of, "management_fee", Decimal("10.00"), source=Source())
            paid = ledger.pay(self.runtime, uow, clerk.actor, of, Decimal("4.00"), source=Source())
            uow.commit()
        assert paid.receipt_id is not None
        books = {"unit_id": unit_id, "tenant_id": tenant_id, "entry_id": owed.entry_ids[0], "receipt_id": paid.receipt_id}
        return {**books, "collection_id": 99}

    def form(self) -> dict[str, str]:
        """What every form gets."""
        worker = self.people["worker"]
        assert worker is not None
        return {
            "reason": "測試",
            "body": "測試",
            "person": str(self.colleague.id),
            "worker": str(worker.id),
            "case": str(self.case_id),
            "seq": "1",
            "verb": "claim",
            "item": str(self.item_id),
            "name": "測試",
            "locale": "en",
            "element_id": "do_errand",
            "username": f"nobody{next(_numbers)}",
            "password": "y",
        }


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scene for those who only look."""
    folder = tmp_path_factory.mktemp("looked_at")
    shutil.copy(sqlite_template, folder / "store.db")
    address = f"sqlite:///{folder / 'store.db'}"
    settings = Settings(db=address, files=folder / "files", secret_key="for tests only", sandbox_workers=1, web_threads=4)
    with open_runtime(settings, clock=MovableClock(MONDAY_MORNING), is_trusted=True) as runtime:
        yield scenes(runtime)(False)


@pytest.fixture
def scene(runtime: Runtime) -> Callable[[bool], Scene]:
    """Makes a fresh scene; whether the clerk has claimed the item."""
    return scenes(runtime)


def scenes(runtime: Runtime) -> Callable[[bool], Scene]:
    """What the fixtures make."""
    plain = simple_process("errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
    diagram = plain.replace(b"</documentation>", _START_ROLES, 1).replace(b'<userTask id="do_errand" name="do_errand"/>', _WITH_FORM)
    deploy(runtime, {"errand.bpmn": diagram, "registers/errands.toml": _REGISTER, "limits.toml": _LIMITS, "board.toml": _BOARD,
                     "forms/errand.json": _ERRAND_FORM})  # fmt: skip
    here, there = make_site(runtime), make_site(runtime)
    people: dict[str, Person | None] = {
        "stranger": None,
        "nobody": make_user(runtime),
        "worker": make_user(runtime, "repair_worker", site_id=here),
        "elsewhere": make_user(runtime, "customer_service", site_id=there),
        "clerk": make_user(runtime, "customer_service", site_id=here),
        "dispatcher": make_user(runtime, "dispatcher", site_id=here),
        "manager": make_user(runtime, "manager", site_id=here),
        "administrator": make_user(runtime, "administrator"),
    }
    colleague = make_user(runtime, "customer_service", site_id=here)

    def made(is_claimed: bool) -> Scene:
        case = start(runtime, "errand", site_id=here)
        clerk = people["clerk"]
        assert clerk is not None
        if is_claimed:
            run_step(runtime, lambda uow: work_items.claim(runtime, uow, clerk.actor, case.work_item_ids[0]))
        return Scene(runtime, people, case.id, case.work_item_ids[0], colleague)

    return made


def test_every_route_is_in_the_matrix(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(NOT_PAGES)}
    assert pages == set(MATRIX)
    assert all(set(expected) == set(PEOPLE) for expected in MATRIX.values())


@pytest.mark.parametrize("endpoint", sorted(MATRIX))
def test_everybody_gets_what_is_theirs_and_no_more(
    shared: Scene, app_over: Callable[[Runtime], Flask], backend: str, request: pytest.FixtureRequest, endpoint: str
) -> None:
    """What only reads shares a store and its people; what writes has a store of its own, and a fresh case for each person."""
    app = app_over(shared.runtime)
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    if "POST" not in (rule.methods or ()):
        address = shared.address(endpoint, app)
        got = {name: Visitor(app, shared.people[name]).get(address).status_code for name in PEOPLE}
    else:
        scene: Callable[[bool], Scene] = request.getfixturevalue("scene")
        app = app_over(request.getfixturevalue("runtime"))
        got = {}
        for name in PEOPLE:
            here = scene(endpoint in NEEDS_CLAIMED)
            # the item's own form takes its own fields only
            sent = {} if endpoint == "work_item.complete" else here.form()
            got[name] = Visitor(app, here.people[name]).post(here.address(endpoint, app), sent).status_code
    assert got == MATRIX[endpoint]


def test_a_file_is_shown_to_its_uploader_and_then_to_those_who_see_the_case(
    runtime: Runtime, app: Flask, scene: Callable[[bool], Scene]
) -> None:
    from engine import files

    here = scene(False)
    clerk, worker, elsewhere = (here.people[name] for name in ("clerk", "worker", "elsewhere"))
    assert clerk is not None
    picture = io.BytesIO(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6360f8cfc000000301010018dd8db00000000049454e44ae426082"
        )
    )
    stored = run_step(runtime, lambda uow: files.store(runtime, uow, clerk.actor, picture, "x.png", "attachment"))
    address = f"/files/{stored.id}"
    assert [Visitor(app, person).get(address).status_code for person in (clerk, worker, elsewhere)] == [200, 404, 404]
    run_step(runtime, lambda uow: files.attach(uow, [stored.id], here.case_id))
    assert rows(runtime, tables.file)[0].instance_id == here.case_id
    assert [Visitor(app, person).get(address).status_code for person in (clerk, worker, elsewhere)] == [200, 200, 404]
    answer = Visitor(app, clerk).get(address)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.mimetype == "image/png"
