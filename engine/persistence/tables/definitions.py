"""Tables of what is deployed: files by content, versions, and what starts them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.persistence.tables.base import Id, Instant, metadata

blob = Table(
    "blob", metadata,
    #: SHA-256 of the body
    Column("digest", LargeBinary(32), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

deployment = Table(
    "deployment", metadata,
    Column("id", Id, primary_key=True),
    #: SHA-256 over the sorted (name, digest) list of its files
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    Column("note", Text),
    #: the procedure that its processes make up together: the folder's name
    Column("procedure", String(120), nullable=False, server_default="", index=True),
)

deployment_file = Table(
    "deployment_file", metadata,
    Column("deployment_id", ForeignKey("deployment.id"), nullable=False),
    #: path inside the deployment, e.g. `forms/registration.json`
    Column("name", String(200), nullable=False),
    #: what the author sent, byte for byte
    Column("source_digest", ForeignKey("blob.digest"), nullable=False),
    #: what runs, where normalising changed something
    Column("normalised_digest", ForeignKey("blob.digest")),
    PrimaryKeyConstraint("deployment_id", "name"),
)

definition = Table(
    "definition", metadata,
    Column("id", Id, primary_key=True),
    #: the BPMN process id
    Column("key", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("deployment_id", ForeignKey("deployment.id"), nullable=False),
    #: the .bpmn file that holds the process
    Column("file_name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    #: exactly one version a key
    Column("is_latest", Boolean, nullable=False),
    #: when the fields that earlier versions did not let lists search were looked up in their cases; None: not yet
    Column("fields_settled_at", Instant),
    #: JSON list of process keys that its call activities name
    Column("calls", Text, nullable=False, server_default="[]"),
    UniqueConstraint("key", "version"),
)
Index("ix_definition_latest", definition.c.key, unique=True, sqlite_where=text("is_latest"), postgresql_where=text("is_latest"))

start_subscription = Table(
    "start_subscription", metadata,
    Column("definition_id", ForeignKey("definition.id"), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: `message`, `signal` or `timer`
    Column("kind", String(10), nullable=False),
    #: message or signal name; the timer's expression
    Column("name", String(200), nullable=False, index=True),
    PrimaryKeyConstraint("definition_id", "element_id"),
)
