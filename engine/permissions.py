"""Which role may do what, as `scope:action` pairs. The only place that says so; services ask, routes ask the services."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import ForbiddenError
from engine.model import Actor, RoleGrant


class TokenLimitedError(ForbiddenError):
    """Expected a bearer token that may do this, but it was limited when it was made."""

    code = "token_limited"
    sentence = "這個權杖受到限制，不能做這件事（{scope}）。"


#: permission → roles that hold it by themselves. Staff roles act on work items through their candidate group instead.
PERMISSIONS: dict[str, frozenset[str]] = {
    "process-definition:read": frozenset({"*"}),
    "process-definition:deploy": frozenset({"process_designer", "administrator"}),
    # drafts of procedures; lists narrow designing and deploying to people (`procedure_access`)
    "procedure:read-drafts": frozenset({"process_designer", "manager", "general_manager", "administrator"}),
    "procedure:design": frozenset({"process_designer", "administrator"}),
    "procedure:grant": frozenset({"administrator"}),
    "process-instance:start": frozenset({"*"}),
    "process-instance:read": frozenset({"*"}),
    "process-instance:suspend": frozenset({"manager", "general_manager", "administrator"}),
    "process-instance:cancel": frozenset({"manager", "general_manager", "administrator"}),
    # of others' cases; one's own while nobody else has acted on it
    "process-instance:void": frozenset({"cs_supervisor", "manager", "general_manager", "administrator"}),
    "process-instance:report": frozenset({"*"}),
    # the screen for calls, shifts and what the day still needs
    "desk:use": frozenset({"customer_service", "cs_supervisor", "dispatcher", "assistant_manager", "manager", "general_manager",
                           "administrator"}),
    "duty:write": frozenset({"cs_supervisor", "assistant_manager", "manager", "administrator"}),
    "identity:read": frozenset({"customer_service", "cs_supervisor", "manager", "general_manager", "administrator"}),
    "identity:audit": frozenset({"administrator"}),
    # who did what: with cases and places of one's sites; with all else as well
    "audit:read": frozenset({"manager", "general_manager", "administrator"}),
    "audit:read-all": frozenset({"administrator"}),
    # of one's own cases
    "process-instance:revoke": frozenset({"*"}),
    "process-instance:copy": frozenset({"*"}),
    # a field that was filled in wrongly
    "process-instance:correct": frozenset({"manager", "administrator"}),
    "process-instance:move": frozenset({"manager", "general_manager", "administrator"}),
    "process-instance:migrate": frozenset({"process_designer", "manager", "general_manager", "administrator"}),
    # when something is said to have happened, after it was entered
    "time:correct": frozenset({"manager", "cs_supervisor"}),
    "process-instance:retry": frozenset({"manager", "general_manager", "administrator"}),
    "process-instance:send-event": frozenset({"manager", "general_manager", "administrator"}),
    "work-item:read": frozenset({"*"}),
    "work-item:assign": frozenset({"dispatcher", "cs_supervisor", "engineering_supervisor", "security_supervisor",
                                   "cleaning_supervisor", "assistant_manager", "manager", "general_manager", "administrator"}),
    # another due time for an open item
    "work-item:reschedule": frozenset({"assistant_manager", "manager", "general_manager", "administrator"}),
    "work-item:nudge": frozenset({"*"}),
    "phone-call:record": frozenset({"*"}),
    # ways out of the house, and what could not be sent
    "delivery:administer": frozenset({"administrator"}),
    # what runs in the background
    "job:administer": frozenset({"administrator"}),
    "work-item:complete-any": frozenset({"manager", "administrator"}),
    "work-item:read-any": frozenset({"manager", "general_manager", "assistant_manager", "administrator"}),
    # beside the forms of a case that one may read
    "comment:write": frozenset({"*"}),
    "comment:strike-any": frozenset({"manager", "general_manager", "administrator"}),
    "attachment:add": frozenset({"*"}),
    "attachment:strike-any": frozenset({"manager", "general_manager", "administrator"}),
    # a board names its own roles besides
    "board:read": frozenset({"dispatcher", "engineering_supervisor", "cleaning_supervisor", "security_supervisor", "customer_service",
                             "cs_supervisor", "assistant_manager", "manager", "general_manager", "administrator"}),
    # what is late, failed and who has how much, at one's sites
    "today:read": frozenset({"cs_supervisor", "engineering_supervisor", "security_supervisor", "cleaning_supervisor", "assistant_manager",
                             "manager", "general_manager", "administrator"}),
    # what a procedure's cases did at its steps, and the ways that they took
    "process-heat:read": frozenset({"cs_supervisor", "engineering_supervisor", "security_supervisor", "cleaning_supervisor",
                                    "assistant_manager", "manager", "general_manager", "administrator"}),
    # the weeks ahead played with other staff or more cases, learned from one's sites
    "what-if:play": frozenset({"cs_supervisor", "engineering_supervisor", "security_supervisor", "cleaning_supervisor",
                               "assistant_manager", "manager", "general_manager", "administrator"}),
    # who did what, in files for other tools
    "event-log:name-persons": frozenset({"manager", "general_manager", "administrator"}),
    "directory:read": frozenset({"*"}),
    "directory:write": frozenset({"administrator"}),
    # numbers for papers printed beforehand, and what became of them
    "number-block:read": frozenset({"*"}),
    "number-block:reserve": frozenset({"customer_service", "cs_supervisor", "dispatcher", "engineering_supervisor", "security_supervisor",
                                       "cashier", "leasing", "assistant_manager", "manager", "general_manager", "administrator"}),
    # opening a case at a step that it reached on paper
    "case:take-over": frozenset({"administrator"}),
    "import:apply": frozenset({"administrator"}),
    "import:read": frozenset({"administrator", "manager", "general_manager", "cashier"}),
    # that what stands in the system is what stood on paper
    "reconciliation:sign": frozenset({"manager", "cashier"}),
    # telephone numbers and addresses of people
    "directory:personal": frozenset({"customer_service", "cs_supervisor", "dispatcher", "engineering_supervisor", "security_supervisor",
                                     "cashier", "leasing", "assistant_manager", "manager", "general_manager", "administrator"}),
    "tenant:write": frozenset({"administrator", "manager", "assistant_manager"}),
    "price:write": frozenset({"administrator", "manager"}),
    "calendar:write": frozenset({"administrator", "manager"}),
    "numbering:write": frozenset({"administrator"}),
    # what a limit of the manual asks for, from a day on
    # of the whole company
    "month-pack:read": frozenset({"assistant_manager", "manager", "general_manager", "administrator"}),
    "limit:write": frozenset({"manager", "general_manager", "administrator"}),
    # of others; everybody names their own
    "substitution:administer": frozenset({"administrator", "manager", "general_manager"}),
    "user:administer": frozenset({"administrator"}),
    # what can be set while the program runs
    "settings:administer": frozenset({"administrator"}),
    # rules of keeping personal data, what holds them off, and erasing at somebody's request
    "retention:administer": frozenset({"administrator"}),
    "ledger:read": frozenset({"cashier", "customer_service", "cs_supervisor", "assistant_manager", "manager", "general_manager",
                              "administrator"}),
    # payments are taken by the cashier or at the front desk (收費 3.1, 入駐 3.3)
    "ledger:write": frozenset({"cashier", "customer_service"}),
    "ledger:close": frozenset({"cashier", "customer_service"}),
    "test-clock:advance": frozenset({"administrator", "manager"}),
}


#: what a bearer token can be limited to besides reading: scope → the permissions that it leaves. Whatever the interface changes belongs to
#: one of them, or to none and is closed to every limited token.
SCOPES: dict[str, frozenset[str]] = {
    "start": frozenset({"process-instance:start", "process-instance:send-event"}),
    "work": frozenset({"process-instance:copy", "process-instance:revoke", "work-item:nudge", "work-item:complete-any", "desk:use",
                       "process-instance:report", "phone-call:record", "comment:write", "attachment:add"}),
    "steer": frozenset({"process-instance:suspend", "process-instance:cancel", "process-instance:void", "process-instance:correct",
                        "process-instance:move", "process-instance:migrate", "process-instance:retry", "time:correct", "work-item:assign",
                        "work-item:reschedule", "duty:write", "comment:strike-any", "attachment:strike-any"}),
    "directory": frozenset({"directory:write", "tenant:write", "price:write"}),
    "ledger": frozenset({"ledger:write", "ledger:close"}),
    "design": frozenset({"procedure:design", "process-definition:deploy", "process-instance:migrate"}),
}
#: what lets one see, and change nothing
_READING = frozenset({"directory:personal", "event-log:name-persons", "identity:audit", "board:read"}) | {
    name for name in PERMISSIONS if name.partition(":")[2].startswith("read")}


#: a site that nobody has: who holds a permission there holds it at all sites
EVERYWHERE = 0


def may(actor: Actor, permission: str, site_id: int | None = None) -> bool:
    """Whether the actor holds the permission (at the site, where one is named). The system may do everything."""
    if actor.user_id is None and actor.channel == "system":
        return True
    if not _in_scope(actor, permission):
        return False
    return _allowed(actor.powers() if actor.stand_ins else actor.grants, permission, site_id)


def require(actor: Actor, permission: str, site_id: int | None = None) -> Actor:
    """Raise ForbiddenError unless the actor holds the permission. Gives the actor back, on behalf of a colleague who is away where the
    permission is only that colleague's: pass it on to history."""
    if not may(actor, permission, site_id):
        raise ForbiddenError(permission=permission)
    if actor.stand_ins and not _allowed(actor.grants, permission, site_id):
        away = next(each for each in actor.stand_ins if not each.procedures and _allowed(each.grants, permission, site_id))
        return replace(actor, on_behalf_of=away.user_id)
    return actor


def sites_where(actor: Actor, permission: str) -> frozenset[int] | None:
    """The sites at which the actor holds the permission; None means every site."""
    if not _in_scope(actor, permission):
        return frozenset()
    roles = PERMISSIONS[permission]
    held = [grant for grant in (actor.powers() if actor.stand_ins else actor.grants) if "*" in roles or grant.role in roles]
    if any(grant.site_id is None for grant in held):
        return None
    return frozenset(grant.site_id for grant in held if grant.site_id is not None)


def require_scope(actor: Actor, scope: str | None) -> None:
    """Raise TokenLimitedError where the actor came by a bearer token that is limited to less; None is a scope that no limited one has."""
    if actor.scopes is not None and scope not in actor.scopes:
        raise TokenLimitedError(scope=scope or "—")


def require_whole(actor: Actor) -> None:
    """Raise TokenLimitedError where the actor came by a token for some of the person's roles or sites: for what is the person's as such."""
    if actor.is_narrowed:
        raise TokenLimitedError(scope="—")


def _in_scope(actor: Actor, permission: str) -> bool:
    return actor.scopes is None or permission in _READING or any(permission in SCOPES[scope] for scope in actor.scopes)


def _allowed(grants: frozenset[RoleGrant], permission: str, site_id: int | None) -> bool:
    roles = PERMISSIONS[permission]
    # without a site: whoever holds it anywhere; `*` is whoever works there, or works here at all
    return any(("*" in roles or grant.role in roles) and (site_id is None or grant.site_id in (None, site_id)) for grant in grants)
