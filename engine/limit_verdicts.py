"""What a limit's expressions say of a case at a moment, asked before the store is locked. Pure; `engine.limit_book` writes what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import StepFailedError
from engine.limit_rules import Happening, Kind, Limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit's expressions say of the case at the moment."""

    #: `when`: it is meant at all
    applies: bool = True
    #: `needs_when`: what came before permits the act
    permits: bool = True
    #: `met`, `missed`, `apart` or `excluded`
    outcome: str = "met"
    value: Decimal | None = None
    #: why it could not be said; nothing is measured then
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step means to limits, worked out before the store is locked."""

    happenings: tuple[Happening, ...]
    #: limits that one of them concerns, as they are in force now
    limits: tuple[Limit, ...]
    #: by full id
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    #: limits whose expressions ask the ledger or the register, and are answered in the transaction
    deferred: tuple[Limit, ...] = ()
    #: the case was broken off: it ended without any element having been passed
    is_cut_short: bool = False


def decide(limit: Limit, happened: frozenset[Happening], evaluate: Callable[[str], Any]) -> Verdict:
    """Ask the limit's expressions, only those that matter to what has happened."""
    opens, decides = not happened.isdisjoint(limit.starts), not happened.isdisjoint(limit.stops or limit.starts)
    try:
        if limit.kind is Kind.NEVER:
            permits = not opens or limit.needs_when is None or bool(evaluate(limit.needs_when))
            applies = not decides or limit.when is None or bool(evaluate(limit.when))
            return Verdict(applies, permits, "met" if not decides or not applies or _holds(limit.met, evaluate, default=True) else "missed")
        if opens and limit.when is not None and not evaluate(limit.when):
            # a round before it may still be decided
            return Verdict(applies=False, outcome=_outcome(limit, evaluate) if decides and limit.stops else "met")
        if not decides or limit.kind is Kind.CLOCK:
            return Verdict()
        if limit.kind is Kind.AVERAGE and limit.value is not None and not _holds(limit.exclude, evaluate, default=False):
            value = Decimal(str(evaluate(limit.value)))
            return Verdict(outcome="met" if limit.goal is None or value >= limit.goal else "missed", value=value)
        return Verdict(outcome=_outcome(limit, evaluate))
    except StepFailedError as error:
        # the manual's case must not stand still because a limit of it is written wrongly; history tells
        return Verdict(applies=False, failure=error.source_text())
    except InvalidOperation:
        return Verdict(applies=False, failure=f"value: {limit.value}")


def _holds(expression: str | None, evaluate: Callable[[str], Any], *, default: bool) -> bool:
    return default if expression is None else bool(evaluate(expression))


def _outcome(limit: Limit, evaluate: Callable[[str], Any]) -> str:
    if _holds(limit.exclude, evaluate, default=False):
        return "excluded"
    if _holds(limit.apart, evaluate, default=False):
        return "apart"
    return "met" if _holds(limit.met, evaluate, default=True) else "missed"
