"""Tables of changing procedures with care: packages proposed, who approved them, and running cases moved between versions."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

proposal = Table(
    "proposal", metadata,
    Column("id", Id, primary_key=True),
    #: `draft`, `asked`, `deployed`, `refused`, `withdrawn`
    Column("state", String(10), nullable=False),
    #: the procedure's folder, as `deployment.procedure`
    Column("procedure", String(120), nullable=False),
    #: what people call it
    Column("name", String(200), nullable=False),
    #: JSON list of the process keys in it
    Column("keys", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    #: the version that it goes back to, where it does
    Column("restores_id", ForeignKey("deployment.id")),
    Column("made_at", Instant, nullable=False),
    Column("made_by", ForeignKey("app_user.id")),
    #: when it was put before somebody else
    Column("asked_at", Instant),
    Column("asked_by", ForeignKey("app_user.id")),
    #: JSON: what becomes of running cases, as it was asked for
    Column("choices", Text, nullable=False, server_default="{}"),
    Column("decided_at", Instant),
    Column("decided_by", ForeignKey("app_user.id")),
    Column("decision_note", Text, nullable=False, server_default=""),
    Column("deployment_id", ForeignKey("deployment.id")),
    Index("ix_proposal_list", text("id DESC")),
    Index("ix_proposal_state", "state", text("id DESC")),
)

proposal_file = Table(
    "proposal_file", metadata,
    Column("proposal_id", ForeignKey("proposal.id"), nullable=False),
    #: path inside the package
    Column("name", String(200), nullable=False),
    Column("digest", ForeignKey("blob.digest"), nullable=False),
    #: what would run, where normalising changed something
    Column("normalised_digest", ForeignKey("blob.digest")),
    PrimaryKeyConstraint("proposal_id", "name"),
)

approval_rule = Table(
    "approval_rule", metadata,
    Column("id", Id, primary_key=True),
    #: as `deployment.procedure`; the latest row counts, the others say what counted before
    Column("procedure", String(120), nullable=False),
    #: whether somebody else has to approve a new version
    Column("is_required", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", ForeignKey("app_user.id")),
    Index("ix_approval_rule_procedure", "procedure", text("id DESC")),
)

migration_run = Table(
    "migration_run", metadata,
    Column("id", Id, primary_key=True),
    Column("definition_key", String(120), nullable=False),
    Column("to_definition_id", ForeignKey("definition.id"), nullable=False),
    Column("proposal_id", ForeignKey("proposal.id"), index=True),
    Column("reason", Text, nullable=False),
    #: whether due times of open steps are counted anew by the version
    Column("new_due", Boolean, nullable=False),
    #: `running`, `stopped`, `finished`, `undoing`, `undone`
    Column("state", String(10), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", ForeignKey("app_user.id")),
    Column("finished_at", Instant),
    Column("total", Integer, nullable=False),
    Column("moved_count", Integer, nullable=False, server_default="0"),
    Column("refused_count", Integer, nullable=False, server_default="0"),
    #: moved back, and those that had gone on meanwhile
    Column("undone_count", Integer, nullable=False, server_default="0"),
    Column("kept_count", Integer, nullable=False, server_default="0"),
    Index("ix_migration_run_key", "definition_key", text("id DESC")),
)

migration_case = Table(
    "migration_case", metadata,
    Column("run_id", ForeignKey("migration_run.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: `planned`, `moved`, `refused`, `undone`, `kept`
    Column("state", String(10), nullable=False),
    #: JSON: element id → its id in the new version, where it isn't the same
    Column("mapping", Text, nullable=False, server_default="{}"),
    Column("from_definition_id", ForeignKey("definition.id")),
    #: why it was refused, or could not be moved back: JSON `{sentence, data}`
    Column("problem", Text),
    Column("at", Instant),
    #: the instance's version after the move: while it still has it, nothing has gone on
    Column("version_after", Integer),
    #: JSON: what the move changed in rows, as it was before
    Column("before", Text),
    #: tokens and data as they were before
    Column("before_data", LargeBinary),
    PrimaryKeyConstraint("run_id", "instance_id"),
    Index("ix_migration_case_state", "run_id", "state", "instance_id"),
    Index("ix_migration_case_instance", "instance_id", "run_id"),
    Index("ix_migration_case_old", "at", sqlite_where=text("before_data IS NOT NULL"), postgresql_where=text("before_data IS NOT NULL")),
)

case_standing = Table(
    "case_standing", metadata,
    #: the process whose running cases these are
    Column("definition_key", String(120), primary_key=True),
    #: where each stands, by number and version of its row, packed; none before the first reading
    Column("body", LargeBinary),
    #: when a reading was asked for that has not ended
    Column("asked_at", Instant),
    #: how far that is
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
)
