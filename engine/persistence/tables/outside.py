"""Tables of one-time links for people without an account."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from engine.persistence.tables.base import Id, Instant, metadata

outside_link = Table(
    "outside_link", metadata,
    Column("id", Id, primary_key=True),
    #: the one item that it opens
    Column("work_item_id", ForeignKey("work_item.id"), nullable=False, index=True),
    #: SHA-256 of the token; the token itself is shown or sent once and not kept
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    #: language of its page; the person may change it there
    Column("locale", String(10), nullable=False),
    #: whom it is for, where that is known
    Column("recipient", String(100), nullable=False, server_default=""),
    #: telephone number or address that it is sent to; None where it is shown as a code or printed
    Column("send_to", String(200)),
    #: when it was handed to the gateway that sends it
    Column("sent_at", Instant),
    Column("created_at", Instant, nullable=False),
    #: None where the diagram asked for it
    Column("created_by", ForeignKey("app_user.id")),
    Column("expires_at", Instant, nullable=False),
    #: first and last time that the page was opened while it could be used, and how often
    Column("opened_at", Instant),
    Column("last_opened_at", Instant),
    Column("open_count", Integer, nullable=False, server_default="0"),
    #: when the item was completed by it, by whom as they wrote it, and from which address
    Column("used_at", Instant),
    Column("used_by", String(100)),
    Column("used_from", String(60)),
    Column("revoked_at", Instant),
    Column("revoked_by", ForeignKey("app_user.id")),
)

outside_link_attempt = Table(
    "outside_link_attempt", metadata,
    Column("id", Id, primary_key=True),
    Column("address", String(60), nullable=False),
    #: None for a token that there is not
    Column("link_id", ForeignKey("outside_link.id")),
    Column("at", Instant, nullable=False, index=True),
    Index("ix_outside_link_attempt_address", "address", "at"),
    Index("ix_outside_link_attempt_link", "link_id", "at"),
)
