"""Whom a request means by an id or a sign-in name."""

from __future__ import annotations

from engine.company import users
from engine.errors import NotFoundError
from webui.api.calls import Call


def person_id(call: Call, reference: int | str) -> int:
    """An active user's id. NotFoundError where there is none."""
    account = users.find(call.uow, reference) if isinstance(reference, int) else users.find_by_name(call.uow, reference)
    if account is None or account.deactivated_at is not None:
        raise NotFoundError(kind="使用者", id=reference)
    return account.id
