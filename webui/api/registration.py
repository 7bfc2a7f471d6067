"""Puts the interface into an application, and its OpenAPI 3.1 document at `/api/v1/openapi.json`."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException

from engine.clock import MovableClock
from webui.api import (
    approvals,
    audit,
    boards,
    deliveries,
    designing,
    desk,
    directory,
    dossiers,
    draft_forms,
    draft_manual,
    events,
    files,
    foreign,
    health,
    heat,
    house_rules,
    imports,
    interventions,
    jobs,
    ledger,
    limits,
    links,
    lists,
    message_channels,
    month_packs,
    notifications,
    paper_numbers,
    process_definitions,
    process_instances,
    retention,
    rollouts,
    sessions,
    settings,
    stopped_runs,
    talk,
    test_clock,
    today,
    tokens,
    what_ifs,
    work_items,
)
from webui.api.calls import ID, guard
from webui.api.errors import MethodNotAllowedError, UnknownAddressError
from webui.api.fields import RestConverter, RowIdConverter, person_properties
from webui.api.problems import MEDIA_TYPE
from webui.api.schemas import Problem

_DESCRIPTION = (
    "Start, work and watch processes. Authenticate by a bearer token (`guicheng token add NAME`), or by the session of a "
    "signed-in browser, whose writes carry the page's token in `X-CSRFToken`. Every refusal is a problem (RFC 9457) with a stable `code`. "
    "Every POST takes an `Idempotency-Key`."
)
_ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest has no types
    """The document. Errors are answered by each blueprint, so that the pages keep their own."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """None for the whole application: `calls.guard` has them."""

    def _register_responses(self) -> None:
        for name, description in (("DEFAULT_ERROR", "Problem"), *((status.name, status.phrase) for status in HTTPStatus)):
            response = {"description": description, "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, MEDIA_TYPE)
            self.spec.components.response(name, response, lazy=True)

    def _register_pagination_header(self) -> None:
        """None: lists carry their cursor in the body."""


def register(app: flask.Flask) -> None:
    """Add the interface. `/test-clock` exists only where the runtime's clock can be moved."""
    app.config.setdefault("OPENAPI_URL_PREFIX", "/api/v1")
    resources = [
        process_definitions.calls,
        process_instances.calls,
        interventions.calls,
        work_items.calls,
        approvals.calls,
        links.calls,
        events.calls,
        files.calls,
        talk.calls,
        ledger.calls,
        imports.calls,
        paper_numbers.calls,
        directory.calls,
        house_rules.calls,
        desk.calls,
        notifications.calls,
        deliveries.calls,
        message_channels.calls,
        boards.calls,
        heat.calls,
        limits.calls,
        month_packs.calls,
        lists.calls,
        dossiers.calls,
        today.calls,
        designing.calls,
        foreign.calls,
        rollouts.calls,
        draft_forms.calls,
        draft_manual.calls,
        audit.calls,
        tokens.calls,
        sessions.calls,
        jobs.calls,
        retention.calls,
        settings.calls,
        stopped_runs.calls,
        what_ifs.calls,
    ]
    if isinstance(app.extensions["guicheng"].clock, MovableClock):
        resources.append(test_clock.calls)
    app.url_map.converters.update({ID: RowIdConverter, "api_rest": RestConverter})
    api = _document(app)
    csrf = app.extensions.get("csrf")
    for calls in resources:
        if csrf is not None:
            # `auth.identify` asks for the page's token, and only of sessions
            csrf.exempt(calls)
        api.register_blueprint(calls)
    app.register_blueprint(health.blueprint)
    fallback = _fallback()
    if csrf is not None:
        csrf.exempt(fallback)
    app.register_blueprint(fallback)


def _document(app: flask.Flask) -> Api:
    plugin = MarshmallowPlugin()
    api = Api(app, spec_kwargs={
        "title": "Guicheng 規程", "version": _version(), "openapi_version": "3.1.0", "marshmallow_plugin": plugin,
        "info": {"description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"bearer": []}, {"session": []}],
    })
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(person_properties)  # type: ignore[no-untyped-call]  # apispec has no types here
    api.register_converter(RowIdConverter, RowIdConverter.document)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]})
    return api


def _fallback() -> flask.Blueprint:
    """Answers what no call answers, as a problem instead of a page."""
    blueprint = flask.Blueprint("api_fallback", __name__, url_prefix="/api/v1")
    guard(blueprint)

    @blueprint.route("/<api_rest:rest>", methods=_ANY_METHOD)
    def unknown(rest: str) -> flask.Response:
        allowed = [method for method in _ANY_METHOD if _exists(method)]
        if allowed:
            raise MethodNotAllowedError(method=flask.request.method, allowed=", ".join(allowed))
        raise UnknownAddressError(path=flask.request.path)

    return blueprint


def _exists(method: str) -> bool:
    try:
        endpoint, _ = flask.current_app.create_url_adapter(flask.request).match(method=method)  # type: ignore[union-attr]
    except HTTPException:
        return False
    return str(endpoint) != "api_fallback.unknown"


def _version() -> str:
    try:
        return version("guicheng")
    except PackageNotFoundError:
        return "0"
