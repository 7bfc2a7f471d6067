"""Which role may do what, as `scope:action` pairs. The only place that says so; services ask, routes ask the services."""

from __future__ import annotations

from engine.errors import ForbiddenError
from engine.model import Actor

#: permission → roles that hold it by themselves. Staff roles act on work items through their candidate group instead.
PERMISSIONS: dict[str, frozenset[str]] = {
    "process-definition:read": frozenset({"*"}),
    "process-definition:deploy": frozenset({"process_designer", "administrator"}),
    "process-instance:start": frozenset({"*"}),
    "process-instance:read": frozenset({"*"}),
    "process-instance:suspend": frozenset({"manager", "general_manager", "administrator"}),
    "process-instance:cancel": frozenset({"manager", "general_manager", "administrator"}),
    # of one's own cases
    "process-instance:revoke": frozenset({"*"}),
    "process-instance:copy": frozenset({"*"}),
    "process-instance:retry": frozenset({"manager", "general_manager", "administrator"}),
    "process-instance:send-event": frozenset({"manager", "general_manager", "administrator"}),
    "work-item:read": frozenset({"*"}),
    "work-item:assign": frozenset({"dispatcher", "cs_supervisor", "engineering_supervisor", "security_supervisor",
                                   "cleaning_supervisor", "assistant_manager", "manager", "general_manager", "administrator"}),
    "work-item:nudge": frozenset({"*"}),
    "phone-call:record": frozenset({"*"}),
    # ways out of the house, and what could not be sent
    "delivery:administer": frozenset({"administrator"}),
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
    "directory:read": frozenset({"*"}),
    "directory:write": frozenset({"administrator"}),
    # opening a case at a step that it reached on paper
    "case:take-over": frozenset({"administrator"}),
    "import:apply": frozenset({"administrator"}),
    "import:read": frozenset({"administrator", "manager", "general_manager", "cashier"}),
    # that what stands in the system is what stood on paper
    "reconciliation:sign": frozenset({"manager", "cashier"}),
    "user:administer": frozenset({"administrator"}),
    "ledger:read": frozenset({"cashier", "customer_service", "cs_supervisor", "assistant_manager", "manager", "general_manager",
                              "administrator"}),
    # payments are taken by the cashier or at the front desk (收費 3.1, 入駐 3.3)
    "ledger:write": frozenset({"cashier", "customer_service"}),
    "ledger:close": frozenset({"cashier", "customer_service"}),
    "test-clock:advance": frozenset({"administrator", "manager"}),
}


def may(actor: Actor, permission: str, site_id: int | None = None) -> bool:
    """Whether the actor holds the permission (at the site, where one is named). The system may do everything."""
    if actor.user_id is None and actor.channel == "system":
        return True
    roles = PERMISSIONS[permission]
    if "*" in roles:
        # whoever works at the site; without one, whoever works here at all
        return any(site_id is None or grant.site_id in (None, site_id) for grant in actor.grants)
    if site_id is None:
        return not roles.isdisjoint(actor.roles())
    return any(actor.holds(role, site_id) for role in roles)


def require(actor: Actor, permission: str, site_id: int | None = None) -> None:
    """Raise ForbiddenError unless the actor holds the permission."""
    if not may(actor, permission, site_id):
        raise ForbiddenError(permission=permission)
