"""Puts the web application together: one runtime, the shared parts in their order, one blueprint a feature, the REST API."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter, Map

from engine.runtime import Runtime
from webui import (
    access_log,
    api,
    assets,
    compression,
    display,
    error_pages,
    first_steps,
    language,
    layout,
    metrics,
    security,
    session,
    unit_of_work,
    wording,
)
from webui.account import blueprint as account
from webui.approvals import blueprint as approvals
from webui.audit import blueprint as audit
from webui.board import blueprint as board
from webui.cases import blueprint as cases
from webui.delivery import blueprint as delivery
from webui.designer import blueprint as designer
from webui.desk import blueprint as desk
from webui.directory import blueprint as directory
from webui.dossier import blueprint as dossier
from webui.files import blueprint as files
from webui.heat import blueprint as heat
from webui.help import blueprint as help_pages
from webui.house_rules import blueprint as house_rules
from webui.imports import blueprint as imports
from webui.inbox import blueprint as inbox
from webui.jobs import blueprint as jobs
from webui.ledger import blueprint as ledger
from webui.limits import blueprint as limits
from webui.links import blueprint as links
from webui.listing import words as listing_words
from webui.lists import blueprint as lists
from webui.month_pack import blueprint as month_pack
from webui.notifications import blueprint as notifications
from webui.outside import blueprint as outside
from webui.paper_numbers import blueprint as paper_numbers
from webui.phone import blueprint as phone_shell
from webui.phone import keeping
from webui.phone import signed_in as phone
from webui.phone_calls import blueprint as phone_calls
from webui.prices import blueprint as prices
from webui.registers import blueprint as registers
from webui.retention import blueprint as retention
from webui.rollouts import blueprint as rollouts
from webui.runs import blueprint as runs
from webui.secret_key import secret_key
from webui.sessions import blueprint as sessions
from webui.settings import blueprint as settings_page
from webui.sign_in import blueprint as sign_in
from webui.start import blueprint as start
from webui.streams import Streams
from webui.substitutes import blueprint as substitutes
from webui.talk import blueprint as talk
from webui.today import blueprint as today
from webui.tokens import blueprint as tokens
from webui.what_if import blueprint as what_if
from webui.work_item import blueprint as work_item


class RowId(IntegerConverter):
    """An id in an address; one that no database could hold is an unknown address."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - Werkzeug's own parameter name
        super().__init__(map, min=1, max=2**63 - 1)


class Application(flask.Flask):
    """Flask, with one commit a request: after the view, before the answer is sent, inside the reach of the error pages."""

    def dispatch_request(self) -> ResponseReturnValue:
        """The view's answer, once what it wrote stands."""
        answer = super().dispatch_request()
        unit_of_work.commit()
        return answer


def create_app(runtime: Runtime) -> flask.Flask:
    """The application over an open runtime. The caller closes the runtime after the last request."""
    app = Application("webui")
    serve(app, runtime)
    app.url_map.converters["row_id"] = RowId
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (access_log, metrics, assets, compression, language, session, security, display, wording, layout, first_steps, keeping,
                 error_pages):
        _register(part, app)
    _register(listing_words, app)
    for blueprint in (outside, links, sign_in, inbox, work_item, approvals, start, cases, directory, files, ledger, account):
        app.register_blueprint(blueprint)
    for blueprint in (imports, paper_numbers, registers, limits, heat, what_if, month_pack):
        app.register_blueprint(blueprint)
    for blueprint in (talk, notifications, phone_calls, delivery, phone_shell, phone):
        app.register_blueprint(blueprint)
    for blueprint in (desk, dossier):
        app.register_blueprint(blueprint)
    app.register_blueprint(board)
    app.register_blueprint(substitutes)
    app.register_blueprint(lists)
    app.register_blueprint(help_pages)
    app.register_blueprint(prices)
    app.register_blueprint(house_rules)
    app.register_blueprint(today)
    app.register_blueprint(designer)
    app.register_blueprint(rollouts)
    app.register_blueprint(audit)
    app.register_blueprint(tokens)
    app.register_blueprint(sessions)
    app.register_blueprint(retention)
    app.register_blueprint(settings_page)
    app.register_blueprint(runs)
    app.register_blueprint(jobs)
    api.register(app)
    app.before_request(_limit_body)
    app.teardown_request(lambda _error: unit_of_work.close())
    return app


def serve(app: flask.Flask, runtime: Runtime) -> None:
    """Let the application answer out of this runtime, and forget what it knew of another one.

    The other one must have had the same settings but for its store, files and keys: which addresses there are depends on some of them.
    """
    settings = runtime.settings
    app.config.update(
        SECRET_KEY=secret_key(settings, runtime.database),
        # files travel in the form that holds them
        MAX_CONTENT_LENGTH=settings.form_bytes + 5 * settings.upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.form_bytes + 2**20,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["guicheng"] = runtime
    app.extensions["guicheng.streams"] = Streams(runtime, settings.open_pages)
    wording.forget(app)


def _limit_body() -> None:
    """How much a form with its files may hold; the settings may say otherwise since the program was started."""
    settings = unit_of_work.runtime_of().settings
    flask.request.max_content_length = settings.form_bytes + 5 * settings.upload_bytes


def _register(part: Any, app: flask.Flask) -> None:
    part.register(app)
