"""Tables of the directory's keeping: what was changed by whom, substitutes, and what replaces organisation.toml."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

directory_change = Table(
    "directory_change", metadata,
    Column("id", Id, primary_key=True),
    #: `site`, `building`, `unit`, `tenant`, `tenancy`, `person`, `price`, `calendar`, `numbering`, `substitute`, `template`, `token`,
    #: `job`
    Column("kind", String(20), nullable=False),
    #: the entry's id; a price's and a series' code, a calendar's site, a text's key
    Column("entry", String(60), nullable=False),
    Column("at", Instant, nullable=False),
    #: None for the system and the command line
    Column("actor_id", ForeignKey("app_user.id")),
    #: `created`, `changed`, `deactivated`, `reactivated`, …
    Column("action", String(20), nullable=False),
    #: from when it counts, where that is not at once
    Column("effective_from", Instant),
    Column("reason", String(1000)),
    #: JSON: field → [before, after]
    Column("changes", Text),
    Index("ix_directory_change_entry", "kind", "entry", "id"),
    Index("ix_directory_change_at", text("at DESC"), text("id DESC")),
)

substitution = Table(
    "substitution", metadata,
    Column("id", Id, primary_key=True),
    #: who is away
    Column("absent_id", ForeignKey("app_user.id"), nullable=False, index=True),
    #: who stands in
    Column("substitute_id", ForeignKey("app_user.id"), nullable=False, index=True),
    Column("starts_at", Instant, nullable=False),
    #: ends by itself then
    Column("ends_at", Instant, nullable=False),
    #: JSON list of role ids; None: all that the absent person holds
    Column("roles", Text),
    #: JSON list of process ids; None: all procedures
    Column("procedures", Text),
    Column("note", String(200)),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    #: when it was ended before its time
    Column("ended_at", Instant),
    Column("ended_by", ForeignKey("app_user.id")),
)

working_calendar = Table(
    "working_calendar", metadata,
    Column("id", Id, primary_key=True),
    #: None: the company's own, for every site without one
    Column("site_id", ForeignKey("site.id"), unique=True),
    #: JSON in the shape of `[calendar]` in organisation.toml
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

number_pattern = Table(
    "number_pattern", metadata,
    Column("series", String(60), primary_key=True),
    #: goes before the one of organisation.toml
    Column("pattern", String(60), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
