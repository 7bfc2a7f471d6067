"""One unit of work a request: opened at first use, committed once when the view has answered, rolled back when it failed.

A command that may lose against another step runs through `step`, which has a unit of work of its own for each attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import flask

from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

T = TypeVar("T")


def runtime_of() -> Runtime:
    """The running server's services."""
    runtime: Runtime = flask.current_app.extensions["guicheng"]
    return runtime


def current() -> UnitOfWork:
    """The request's unit of work."""
    if "unit_of_work" not in flask.g:
        flask.g.unit_of_work = UnitOfWork(runtime_of().database)
    uow: UnitOfWork = flask.g.unit_of_work
    return uow


def step(act: Callable[[UnitOfWork], T]) -> T:
    """Run a command, again when another step of the instance was faster; committed when this returns."""
    let_go()
    return run_step(runtime_of(), act)


def let_go() -> None:
    """End the request's read snapshot, so that what is read next is as it stands now."""
    uow: UnitOfWork | None = flask.g.get("unit_of_work")
    if uow is not None and not uow.is_writing:
        uow.rollback()


def commit() -> None:
    """Make what the request wrote stand. Called once, by the application, after the view."""
    uow: UnitOfWork | None = flask.g.get("unit_of_work")
    if uow is not None and uow.is_writing:
        uow.commit()


def close() -> None:
    """Give the connection back; what was not committed is gone."""
    uow: UnitOfWork | None = flask.g.pop("unit_of_work", None)
    if uow is not None:
        uow.close()
