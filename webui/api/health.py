"""Whether the server can do its work, for whatever watches it. Needs no sign-in and tells nothing else."""

from __future__ import annotations

import flask
import orjson

from engine.queries import health as store
from webui.api.calls import guard
from webui.api.parsing import JSON
from webui.unit_of_work import runtime_of

blueprint = flask.Blueprint("api_health", __name__)
guard(blueprint)


@blueprint.get("/health")
@blueprint.get("/api/v1/health")
def health() -> flask.Response:
    """200 when the store answers; 503 (a problem) when it doesn't."""
    store.ask(runtime_of().database)
    return flask.Response(orjson.dumps({"status": "ok"}), mimetype=JSON)
