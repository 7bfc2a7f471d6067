"""Deploying a draft: its scenarios are played first, what went out is kept as a version, and the draft goes on from there."""

from __future__ import annotations

from sqlalchemy import update

from engine import procedure_access
from engine.definitions import Deployment
from engine.designing import drafts, versions
from engine.model import Actor
from engine.persistence.tables import design_draft
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.checking import deploy_checked


def deploy(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, *, note: str = "", dry_run: bool = False) -> Deployment:
    """As `deploy_checked`, for what the draft holds now. DeploymentRefusedError with every finding, and nothing is stored."""
    draft = drafts.get(uow, actor, draft_id)
    procedure_access.require(uow, actor, draft.procedure, "deploy")
    done = deploy_checked(
        runtime, uow, actor, drafts.files(uow, draft_id), note=note, dry_run=dry_run, procedure=draft.procedure)
    keep(runtime, uow, actor, draft, done, note)
    return done


def keep(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft: drafts.Draft, done: Deployment, note: str) -> None:
    """What went out is kept as a version of the draft, which goes on from there; nothing for a dry run."""
    if done.id is not None:
        name = "、".join(f"{info.key} v{info.version}" for info in done.definitions)
        versions.keep_deployed(runtime, uow, actor, draft, done.id, name, note)
        uow.writing.execute(update(design_draft).where(design_draft.c.id == draft.id).values(base_deployment_id=done.id))
