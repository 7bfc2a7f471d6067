"""Bearer tokens, for the administrator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.company import users
from engine.company.token_limits import TokenLimits
from engine.permissions import require
from engine.queries import tokens
from webui.api import token_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import Nothing

calls = Calls("tokens", "Bearer tokens")


@calls.lookup("/tokens", query=schemas.BearerQuery, gives=schemas.BearerList)
def list_tokens(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Those in force, or those that were revoked or have run out, newest first."""
    now = call.runtime.clock.now()
    found = tokens.page(call.uow, call.actor, now, ended=query["ended"], after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.command("/tokens", takes=schemas.NewBearer, gives=schemas.MadeBearer, status=201, once_only=("token",))
def create_token(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A new token. It is in this answer and nowhere else."""
    require(call.actor, "user:administer")
    limits = TokenLimits(*(None if body[name] is None else frozenset(body[name]) for name in ("roles", "site_ids", "scopes")))
    return {"token": users.add_token(call.runtime, call.uow, call.actor, body["user_id"], body["name"], body["days"], limits)}


@calls.command(f"/tokens/<{ID}:token_id>/revoke", gives=Nothing)
def revoke_token(call: Call, token_id: int) -> dict[str, Any]:
    """It opens nothing any more."""
    users.revoke_token(call.runtime, call.uow, call.actor, token_id)
    return {}
