"""Tables of signing in: sessions, links to set a password, accounts at identity providers."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, UniqueConstraint, text

from engine.persistence.tables.base import Id, Instant, metadata

user_session = Table(
    "user_session", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    #: SHA-256 of what the browser's cookie holds
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    #: `password`, `oidc` or `link`
    Column("method", String(10), nullable=False),
    #: what the browser says of itself
    Column("device", String(300), nullable=False, server_default=""),
    Column("address", String(60), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", ForeignKey("app_user.id")),
    Index("ix_user_session_created_at", text("created_at DESC"), text("id DESC")),
)

password_link = Table(
    "password_link", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    #: SHA-256 of the link's secret; the secret itself is shown once and not kept
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

external_identity = Table(
    "external_identity", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    #: the provider, as it names itself
    Column("issuer", String(300), nullable=False),
    #: the person there; never given to another
    Column("subject", String(255), nullable=False),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("issuer", "subject"),
)
