"""Tables of designers' work: drafts of procedures with every save of theirs, named versions, and who may design and deploy what."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint, text

from engine.persistence.tables.base import Id, Instant, metadata

design_draft = Table(
    "design_draft", metadata,
    Column("id", Id, primary_key=True),
    #: the procedure that it is of, as `deployment.procedure`
    Column("procedure", String(120), nullable=False),
    #: rises by one with each save
    Column("revision", Integer, nullable=False),
    #: what was deployed when it was begun, or last deployed from it; None for a new procedure
    Column("base_deployment_id", ForeignKey("deployment.id")),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", ForeignKey("app_user.id")),
    #: when it was put away; its saves and versions stay
    Column("closed_at", Instant),
)
Index(
    "ix_design_draft_open", design_draft.c.procedure, unique=True,
    sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
)

design_file = Table(
    "design_file", metadata,
    Column("draft_id", ForeignKey("design_draft.id"), nullable=False),
    #: path inside the procedure's folder, e.g. `forms/registration.json`
    Column("path", String(200), nullable=False),
    #: None where it was removed: somebody may still be editing it
    Column("digest", ForeignKey("blob.digest")),
    #: bytes
    Column("size", Integer, nullable=False),
    #: the draft's revision that last changed it
    Column("revision", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", ForeignKey("app_user.id")),
    PrimaryKeyConstraint("draft_id", "path"),
)

design_change = Table(
    "design_change", metadata,
    Column("draft_id", ForeignKey("design_draft.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("path", String(200), nullable=False),
    #: what was saved; None for a removal
    Column("digest", ForeignKey("blob.digest")),
    Column("at", Instant, nullable=False),
    Column("by", ForeignKey("app_user.id")),
    PrimaryKeyConstraint("draft_id", "revision", "path"),
)
Index("ix_design_change_by", design_change.c.by, design_change.c.draft_id)
Index("ix_design_change_path", design_change.c.draft_id, design_change.c.path, design_change.c.revision)

design_version = Table(
    "design_version", metadata,
    Column("id", Id, primary_key=True),
    Column("draft_id", ForeignKey("design_draft.id"), nullable=False),
    #: counts from 1 inside the draft
    Column("number", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    #: the draft's revision that it keeps
    Column("revision", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    #: what was deployed with it
    Column("deployment_id", ForeignKey("deployment.id")),
    UniqueConstraint("draft_id", "number"),
)

design_version_file = Table(
    "design_version_file", metadata,
    Column("version_id", ForeignKey("design_version.id"), nullable=False),
    Column("path", String(200), nullable=False),
    Column("digest", ForeignKey("blob.digest"), nullable=False),
    PrimaryKeyConstraint("version_id", "path"),
)

procedure_access = Table(
    "procedure_access", metadata,
    #: the newest row of a procedure counts; older ones are the record
    Column("id", Id, primary_key=True),
    Column("procedure", String(120), nullable=False, index=True),
    #: JSON list of user ids; None: everybody whose role designs
    Column("designers", Text),
    #: JSON list of user ids; None: everybody whose role deploys
    Column("deployers", Text),
    Column("at", Instant, nullable=False),
    Column("by", ForeignKey("app_user.id")),
)

design_trial = Table(
    "design_trial", metadata,
    Column("draft_id", ForeignKey("design_draft.id"), primary_key=True),
    #: SHA-256 over the files that are tried: what has changed since is another trial
    Column("digest", LargeBinary(32), nullable=False),
    #: `playing`, `done`, or `failed` where the files could not be deployed at all
    Column("state", String(10), nullable=False),
    #: scenarios played so far, and how many there are
    Column("played", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    #: JSON: what came of each
    Column("outcomes", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    #: last sign of life of whoever plays it
    Column("moved_at", Instant, nullable=False),
)

design_play = Table(
    "design_play", metadata,
    Column("draft_id", ForeignKey("design_draft.id"), nullable=False),
    #: who plays: everybody plays alone
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    #: rises by one with each thing done, so that two pages of one person don't mix
    Column("revision", Integer, nullable=False),
    #: JSON: the process, when it begins and what was done, as a scenario has it
    Column("told", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("draft_id", "user_id"),
)
