"""Tables of telling people: what happened, who has read it, what each wants sent, by which ways, and what became of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

notification = Table(
    "notification", metadata,
    Column("id", Id, primary_key=True),
    #: `engine.notifications.Kind`
    Column("kind", String(20), nullable=False),
    #: whom it is for: one person, or else everybody who holds the role at the site
    Column("user_id", ForeignKey("app_user.id")),
    Column("role", String(60)),
    Column("site_id", ForeignKey("site.id")),
    Column("instance_id", ForeignKey("instance.id")),
    Column("work_item_id", ForeignKey("work_item.id")),
    #: whose act it was, who needs not be told of it; None for the system
    Column("by_id", ForeignKey("app_user.id")),
    #: JSON object: what the sentence needs beyond the case and the item; None for nothing
    Column("data", Text),
    Column("made_at", Instant, nullable=False),
    #: when it was made, until the courier has looked whom to send it to by other ways
    Column("pending_at", Instant),
    Index("ix_notification_made_at", "made_at"),
)
Index("ix_notification_user", notification.c.user_id, notification.c.id,
      sqlite_where=text("user_id IS NOT NULL"), postgresql_where=text("user_id IS NOT NULL"))
Index("ix_notification_role", notification.c.role, notification.c.site_id, notification.c.id,
      sqlite_where=text("user_id IS NULL"), postgresql_where=text("user_id IS NULL"))
Index("ix_notification_pending", notification.c.id,
      sqlite_where=text("pending_at IS NOT NULL"), postgresql_where=text("pending_at IS NOT NULL"))

#: one that a person has read beyond the mark
notification_read = Table(
    "notification_read", metadata,
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("notification_id", ForeignKey("notification.id"), nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "notification_id"),
)

#: how a person wants to be told
notification_wish = Table(
    "notification_wish", metadata,
    Column("user_id", ForeignKey("app_user.id"), primary_key=True),
    #: everything up to this notification is read
    Column("read_to", Id, nullable=False, server_default="0"),
    #: hour of the day at which one message says everything; None: each at once
    Column("digest_hour", Integer),
    #: minutes after midnight between which nothing is sent; both or neither
    Column("quiet_from", Integer),
    Column("quiet_to", Integer),
)

#: what a person wants otherwise than the kind's own default
notification_choice = Table(
    "notification_choice", metadata,
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    #: `email` or `sms`
    Column("way", String(10), nullable=False),
    Column("is_on", Boolean, nullable=False),
    PrimaryKeyConstraint("user_id", "kind", "way"),
)

#: a way out of the house that the administrator set up
notification_channel = Table(
    "notification_channel", metadata,
    Column("id", Id, primary_key=True),
    #: `email`, `sms`, `webhook`, `wecom` or `dingtalk`
    Column("kind", String(10), nullable=False),
    Column("name", String(100), nullable=False),
    #: JSON object: where and how, without what is secret
    Column("config", Text, nullable=False),
    #: password, signing key or token; never shown again
    Column("secret", Text, nullable=False, server_default=""),
    #: JSON array: kinds of notifications that a robot or webhook gets; empty for all
    Column("kinds", Text, nullable=False, server_default="[]"),
    #: only what is for this role, and of this site
    Column("role", String(60)),
    Column("site_id", ForeignKey("site.id")),
    #: language of what a robot or webhook says
    Column("locale", String(10), nullable=False, server_default="zh-Hant"),
    #: whether it may lead to an address inside the company's own network
    Column("may_be_inside", Boolean, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", ForeignKey("app_user.id")),
)

#: a text of messages that the administrator worded
notification_template = Table(
    "notification_template", metadata,
    #: `engine.delivery.templates.TEMPLATES`
    Column("key", String(40), primary_key=True),
    #: JSON object: language → own words; a language without any says ours, or is derived
    Column("texts", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

delivery = Table(
    "delivery", metadata,
    Column("id", Id, primary_key=True),
    #: goes with every attempt, so that whoever gets it twice can tell
    Column("key", String(120), nullable=False, unique=True),
    #: `email`, `sms` or `hook`
    Column("way", String(10), nullable=False),
    #: the robot or webhook; of mail and text messages whichever is set up when it is sent
    Column("channel_id", ForeignKey("notification_channel.id")),
    #: whom it is for, where that is somebody with an account
    Column("user_id", ForeignKey("app_user.id")),
    #: mail address or telephone number of somebody without one
    Column("address", String(200)),
    #: JSON object: `notifications` (ids) and `more` (how many beyond them), or `link` and `base`
    Column("content", Text, nullable=False),
    #: `waiting`, `sent`, `needless`, `dead` or `dropped`
    Column("state", String(10), nullable=False),
    #: attempts begun
    Column("attempts", Integer, nullable=False, server_default="0"),
    #: not before this moment; of one that is being tried, when it is tried again if nothing more is heard of it
    Column("next_at", Instant, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
    #: what the last attempt failed with, JSON: sentence and data
    Column("problem", Text),
    #: who tried it again or dropped it
    Column("handled_by", ForeignKey("app_user.id")),
    Index("ix_delivery_list", "state", "id"),
    Index("ix_delivery_user_id", "user_id"),
)
Index("ix_delivery_next", delivery.c.next_at, delivery.c.id,
      sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"))

#: somebody told by telephone
phone_call = Table(
    "phone_call", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("work_item_id", ForeignKey("work_item.id")),
    Column("name", String(100), nullable=False),
    Column("number", String(40), nullable=False),
    #: `reached`, `not_reached` or `calls_back`
    Column("result", String(12), nullable=False),
    Column("note", String(500), nullable=False, server_default=""),
    Column("called_at", Instant, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("by_id", ForeignKey("app_user.id")),
)
