"""Answers a repeated request with the response it got the first time, without doing it again.

The response is remembered in the transaction that does the work: either both stand or neither. Refusals are not remembered; they
changed nothing, and asking again may help. The key belongs to one person: two people may use the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from engine.errors import GuichengError, IdempotencyKeyReusedError, StaleInstanceError
from engine.persistence.tables import idempotency
from engine.persistence.unit_of_work import UnitOfWork

#: how long a response is kept; a client that asks again later than this does it anew
KEEP = timedelta(days=2)
#: longest key, in characters
KEY_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered."""

    #: HTTP status
    status: int
    #: JSON
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request that may come again."""

    user_id: int
    #: the caller's `Idempotency-Key`
    key: str
    #: `digest_of` what was asked
    digest: bytes


def digest_of(parts: Iterable[bytes]) -> bytes:
    """SHA-256 over the parts of a request: method, address, body. Lengths count, so that no two lists of parts read alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def once(uow: UnitOfWork, request: Request, now: datetime, act: Callable[[UnitOfWork], Response]) -> Response:
    """The stored response of the request, or that of `act`, which is then remembered in the same transaction.

    Run it inside `engine.instances.run_step`: where two come at once, the one that commits later meets the key of the
    other, its work is taken back by a StaleInstanceError, and the next attempt finds the stored response.
    """
    stored = find(uow, request)
    if stored is not None:
        return stored
    try:
        response = act(uow)
    except StaleInstanceError:
        raise
    except GuichengError as refusal:
        # the refusal may be the very effect of the same request, committed while this one was on its way
        uow.rollback()
        stored = find(uow, request)
        if stored is None:
            raise refusal from None
        return stored
    remember(uow, request, response, now)
    return response


def find(uow: UnitOfWork, request: Request) -> Response | None:
    """The response remembered for the request. IdempotencyKeyReusedError when the key stands for another one."""
    row = uow.reading.execute(
        select(idempotency.c.request, idempotency.c.status, idempotency.c.response)
        .where(idempotency.c.user_id == request.user_id, idempotency.c.key == request.key)
    ).one_or_none()
    if row is None:
        return None
    if row.request != request.digest:
        raise IdempotencyKeyReusedError(key=request.key)
    return Response(row.status, row.response)


def remember(uow: UnitOfWork, request: Request, response: Response, now: datetime) -> None:
    """Keep the response. StaleInstanceError when the same key was committed since `find` looked."""
    try:
        uow.writing.execute(insert(idempotency).values(
            user_id=request.user_id, key=request.key, request=request.digest, status=response.status, response=response.body, at=now,
        ))
    except IntegrityError as error:
        raise StaleInstanceError(instance_id="—") from error


def purge(uow: UnitOfWork, now: datetime) -> int:
    """Forget people's responses older than KEEP; how many that were. The marks of jobs, which nobody sent, are not touched."""
    return uow.writing.execute(delete(idempotency).where(idempotency.c.at < now - KEEP, idempotency.c.user_id > 0)).rowcount
