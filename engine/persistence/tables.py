"""Every table, as SQLAlchemy Core. Hot paths and lists write and read these directly; there is no ORM.

Times are aware UTC. Ids are the database's integers. Blobs are zstd-compressed bytes written by `engine.spiff.codec` or
JSON bytes; nothing in them is queried: what lists need is a column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: big integer that SQLite treats as its row id
Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """Aware UTC datetime. PostgreSQL: timestamptz. SQLite: microseconds since the epoch, which sort and compare as numbers."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column type of the dialect."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database; a naive datetime is our own bug and a ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        if dialect.name == "postgresql":
            return value
        delta = value.astimezone(UTC) - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database, aware, UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            aware: datetime = value
            return aware.astimezone(UTC)
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Money(TypeDecorator[Decimal]):
    """An amount to two places, kept as a whole number of hundredths: both databases add them up exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To the database; a fraction of a hundredth is our own bug and a ValueError."""
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"{value} is not an amount to two places")
        return int(hundredths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the database, with two places."""
        return None if value is None else Decimal(int(value)).scaleb(-2)

# ---------------------------------------------------------------- company: sites, units, people

site = Table(
    "site", metadata,
    Column("id", Id, primary_key=True),
    #: short code, unique, e.g. `HY`
    Column("code", String(20), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    #: IANA zone for display and calendars
    Column("time_zone", String(50), nullable=False, server_default="Asia/Shanghai"),
    #: None while active; deactivated, never deleted
    Column("deactivated_at", Instant),
)

building = Table(
    "building", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False, index=True),
    Column("code", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("deactivated_at", Instant),
    UniqueConstraint("site_id", "code"),
)

unit = Table(
    "unit", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False, index=True),
    Column("building_id", ForeignKey("building.id"), nullable=False, index=True),
    #: what people say and write, unique in the company, e.g. `A-1203`
    Column("code", String(30), nullable=False, unique=True),
    Column("floor", Integer),
    #: square metres
    Column("area", Numeric(10, 2)),
    #: what a search compares with, `engine.folding`
    Column("search", String(60), nullable=False, server_default=""),
    Column("deactivated_at", Instant),
)

tenant = Table(
    "tenant", metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(30), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    #: `company` or `person`
    Column("kind", String(10), nullable=False, server_default="company"),
    Column("contact", String(100)),
    Column("phone", String(40), index=True),
    #: code, name, contact and phone as a search compares them, `engine.folding`
    Column("search", String(400), nullable=False, server_default=""),
    Column("locale", String(10), nullable=False, server_default="zh-Hant"),
    Column("deactivated_at", Instant),
)

tenancy = Table(
    "tenancy", metadata,
    Column("id", Id, primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), nullable=False, index=True),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False, index=True),
    #: date on the move-in notice (收費 4.1.1)
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    #: management fee a square metre and month, from the lease or the service agreement (收費 4.1.1); None where none was agreed
    Column("fee_rate", Numeric(10, 4)),
)

price_item = Table(
    "price_item", metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(30), nullable=False),
    Column("name", String(200), nullable=False),
    Column("unit_name", String(20), nullable=False),
    Column("labour", Numeric(12, 2), nullable=False),
    Column("material", Numeric(12, 2), nullable=False),
    Column("effective_from", Instant, nullable=False),
    Column("deactivated_at", Instant),
    UniqueConstraint("code", "effective_from"),
)

user = Table(
    "app_user", metadata,
    Column("id", Id, primary_key=True),
    #: sign-in name, lower case
    Column("username", String(60), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    #: argon2id; None where sign-in is by another way only
    Column("password_hash", String(200)),
    Column("phone", String(40)),
    Column("email", String(200)),
    Column("locale", String(10), nullable=False, server_default="zh-Hant"),
    #: names and phone as a search compares them, `engine.folding`
    Column("search", String(300), nullable=False, server_default=""),
    #: raised to sign the person out everywhere
    Column("session_epoch", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
)

role_grant = Table(
    "role_grant", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    Column("role", String(60), nullable=False, index=True),
    #: None means every site
    Column("site_id", ForeignKey("site.id")),
    UniqueConstraint("user_id", "role", "site_id"),
)

api_token = Table(
    "api_token", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    #: SHA-256 of the token; the token itself is shown once and not kept
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

sign_in_attempt = Table(
    "sign_in_attempt", metadata,
    Column("id", Id, primary_key=True),
    Column("username", String(60), nullable=False),
    Column("address", String(60), nullable=False),
    Column("at", Instant, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index("ix_sign_in_attempt_username_at", "username", "at"),
    Index("ix_sign_in_attempt_address_at", "address", "at"),
)

# ---------------------------------------------------------------- definitions

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

# ---------------------------------------------------------------- running

instance = Table(
    "instance", metadata,
    Column("id", Id, primary_key=True),
    Column("definition_id", ForeignKey("definition.id"), nullable=False, index=True),
    Column("definition_key", String(120), nullable=False),
    #: optimistic lock: rises by one with every committed step
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("site_id", ForeignKey("site.id")),
    Column("business_key", String(120), index=True),
    #: what people call the case, from the process's `title` template
    Column("title", String(300), nullable=False, server_default=""),
    Column("started_at", Instant, nullable=False),
    Column("started_by", ForeignKey("app_user.id")),
    Column("moved_at", Instant, nullable=False),
    Column("ended_at", Instant),
    #: the instance that started it as a side case
    Column("parent_id", ForeignKey("instance.id"), index=True),
    #: JSON object: called process key → definition id, as it was when the instance started
    Column("bindings", Text),
    #: sequence number of its last history event
    Column("history_seq", Integer, nullable=False, server_default="0"),
    #: digest of its last history event
    Column("history_digest", LargeBinary(32)),
    #: earliest moment at which a limit or due time is or was missed; None while all is in time
    Column("late_since", Instant),
    Column("incident_count", Integer, nullable=False, server_default="0"),
    #: tokens and data, `engine.spiff.codec`
    Column("data", LargeBinary, nullable=False),
    Index("ix_instance_list", "state", text("moved_at DESC"), text("id DESC")),
    Index("ix_instance_key_list", "definition_key", "state", text("moved_at DESC"), text("id DESC")),
    Index("ix_instance_started_by", "started_by", text("started_at DESC"), text("id DESC")),
)

work_item = Table(
    "work_item", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: token id, 32 hex digits; of one signer's part in a signature chain with `.` and the part's number behind
    Column("token", String(48), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: the element's name in the source language
    Column("name", String(200), nullable=False),
    Column("definition_id", ForeignKey("definition.id"), nullable=False),
    #: the process that holds the element (a called one, not always the instance's own)
    Column("definition_key", String(120), nullable=False),
    #: copies for lists; kept in step by the step that changes them
    Column("title", String(300), nullable=False, server_default=""),
    Column("business_key", String(120)),
    Column("form_key", String(120)),
    #: candidate group
    Column("role", String(60), nullable=False),
    #: second group that sees it after an escalation
    Column("escalated_role", String(60)),
    #: who without an account does it (`tenant`, `owner`, `contractor`), attended by the candidate group
    Column("outside", String(30)),
    Column("site_id", ForeignKey("site.id")),
    Column("state", String(10), nullable=False),
    #: True while it can be acted on and its instance is not suspended: what inbox indexes hold
    Column("is_live", Boolean, nullable=False),
    Column("assignee_id", ForeignKey("app_user.id")),
    #: who delegated it and gets it back
    Column("owner_id", ForeignKey("app_user.id")),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    #: when a reminder is due; None where the diagram asks for none
    Column("warn_at", Instant),
    Column("due_at", Instant),
    Column("escalated_at", Instant),
    #: when somebody last asked its people to hurry
    Column("nudged_at", Instant),
    Column("completed_at", Instant),
    Column("completed_by", ForeignKey("app_user.id")),
    UniqueConstraint("instance_id", "token"),
)
# SQLite takes a partial index only where the query repeats its condition, and SQLAlchemy writes a boolean there as `is_live = 1`
_UNCLAIMED, _UNCLAIMED_SQLITE = text("is_live AND assignee_id IS NULL"), text("is_live = 1 AND assignee_id IS NULL")
# without "IS NOT NULL" it would look for what nobody has in the index of what people have: most of the table
_ASSIGNED, _ASSIGNED_SQLITE = text("is_live AND assignee_id IS NOT NULL"), text("is_live = 1 AND assignee_id IS NOT NULL")
_LIVE, _LIVE_SQLITE = text("is_live"), text("is_live = 1")
Index("ix_work_item_role", work_item.c.role, work_item.c.site_id, work_item.c.created_at.desc(), work_item.c.id.desc(),
      sqlite_where=_UNCLAIMED_SQLITE, postgresql_where=_UNCLAIMED)
Index("ix_work_item_role_due", work_item.c.role, work_item.c.site_id, work_item.c.due_at, work_item.c.id,
      sqlite_where=_UNCLAIMED_SQLITE, postgresql_where=_UNCLAIMED)
Index("ix_work_item_escalated", work_item.c.escalated_role, work_item.c.site_id, work_item.c.created_at.desc(), work_item.c.id.desc(),
      sqlite_where=text("is_live = 1 AND escalated_role IS NOT NULL"), postgresql_where=text("is_live AND escalated_role IS NOT NULL"))
Index("ix_work_item_assignee", work_item.c.assignee_id, work_item.c.created_at.desc(), work_item.c.id.desc(),
      sqlite_where=_ASSIGNED_SQLITE, postgresql_where=_ASSIGNED)
Index("ix_work_item_assignee_due", work_item.c.assignee_id, work_item.c.due_at, work_item.c.id,
      sqlite_where=_ASSIGNED_SQLITE, postgresql_where=_ASSIGNED)
Index("ix_work_item_done", work_item.c.completed_by, work_item.c.completed_at.desc(), work_item.c.id.desc(),
      sqlite_where=text("completed_by IS NOT NULL"), postgresql_where=text("completed_by IS NOT NULL"))
Index("ix_work_item_live_created", work_item.c.created_at.desc(), work_item.c.id.desc(), sqlite_where=_LIVE_SQLITE, postgresql_where=_LIVE)

event_subscription = Table(
    "event_subscription", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("token", String(32), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: `message` or `signal`
    Column("kind", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    #: JSON object, sorted keys; `{}` catches any message of that name
    Column("correlation", Text, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("instance_id", "token", "name"),
    Index("ix_event_subscription_name", "kind", "name"),
)

due = Table(
    "due", metadata,
    Column("id", Id, primary_key=True),
    #: `timer` (a diagram's timer), `item_warn`, `item_due`, `limit_warn`, `limit_breach`, `start_timer`, `start_linked`
    Column("kind", String(20), nullable=False),
    Column("due_at", Instant, nullable=False),
    #: None for a definition's start timer
    Column("instance_id", ForeignKey("instance.id"), index=True),
    #: token id for items; limit id for limits; definition id + `:` + element id for start timers; empty for an instance's timers
    Column("subject", String(160), nullable=False, server_default=""),
    #: the due time for which the scheduler has handed it to the job engine; another `due_at` makes it pending again
    Column("handed_for", Instant),
    Index("ix_due_due_at", "due_at", "id"),
    UniqueConstraint("instance_id", "kind", "subject"),
)

limit_clock = Table(
    "limit_clock", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: process key + `.` + limit id from `limits.toml`
    Column("limit_id", String(120), nullable=False),
    #: counts rounds where the limit starts more than once in an instance
    Column("round", Integer, nullable=False, server_default="1"),
    Column("site_id", ForeignKey("site.id")),
    Column("started_at", Instant, nullable=False),
    Column("warn_at", Instant),
    Column("due_at", Instant, nullable=False),
    #: when what the limit asks for was done; None while it runs, and where it was cancelled
    Column("stopped_at", Instant),
    #: when it ended without counting, neither kept nor missed
    Column("cancelled_at", Instant),
    #: since when it stands still; None while it runs
    Column("paused_at", Instant),
    #: when it was seen to be missed; None while in time
    Column("breached_at", Instant),
    #: the target in seconds as it was then; closed months keep it
    Column("target_seconds", Integer, nullable=False),
    UniqueConstraint("instance_id", "limit_id", "round"),
    Index("ix_limit_clock_limit", "limit_id", "started_at"),
)

history_event = Table(
    "history_event", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: 1, 2, 3 … inside the instance
    Column("seq", Integer, nullable=False),
    #: participle, e.g. `work_item.claimed`
    Column("type", String(40), nullable=False),
    #: entry time
    Column("at", Instant, nullable=False),
    #: when it is said to have happened, where that differs
    Column("claimed_at", Instant),
    Column("actor_id", ForeignKey("app_user.id")),
    Column("on_behalf_of", ForeignKey("app_user.id")),
    Column("channel", String(10), nullable=False),
    Column("definition_id", ForeignKey("definition.id")),
    Column("element_id", String(120)),
    Column("token", String(48)),
    #: JSON object without personal values: outcome, reason code, limit id, from/to state …
    Column("detail", Text),
    #: SHA-256 over salt and values; stays when the values are erased
    Column("values_digest", LargeBinary(32)),
    #: SHA-256 over the digest before and this row's fields and its values' salted digest
    Column("digest", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("instance_id", "seq"),
    Index("ix_history_event_actor", "actor_id", "at"),
)

history_value = Table(
    "history_value", metadata,
    Column("instance_id", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    #: 16 random bytes; with them gone the digest says nothing about the value
    Column("salt", LargeBinary(16), nullable=False),
    #: JSON object: changed fields with before and after, actor's name, free text
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("instance_id", "seq"),
)

incident = Table(
    "incident", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("element_id", String(120)),
    Column("token", String(48)),
    #: code of the error, e.g. `expression_failed`
    Column("code", String(40), nullable=False),
    #: source sentence with its data, JSON `{sentence, data}`
    Column("message", Text, nullable=False),
    #: what was being done, so that a retry asks nobody to type again: JSON `{command, token, variables, …}`
    Column("submitted", LargeBinary, nullable=False),
    Column("actor_id", ForeignKey("app_user.id")),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", ForeignKey("app_user.id")),
)

instance_variable = Table(
    "instance_variable", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: form key + `.` + field, declared `index: true`
    Column("name", String(160), nullable=False),
    Column("text", String(300)),
    Column("number", Numeric(18, 4)),
    Column("at", Instant),
    PrimaryKeyConstraint("instance_id", "name"),
    Index("ix_instance_variable_text", "name", "text"),
    Index("ix_instance_variable_number", "name", "number"),
    Index("ix_instance_variable_at", "name", "at"),
)

register_line = Table(
    "register_line", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: form key + `.` + table field declared `index: true`; of a form that is logged its key
    Column("source", String(160), nullable=False),
    #: 1, 2, 3 … in the case
    Column("position", Integer, nullable=False),
    #: column of the table or field of the form; empty for the line itself, whose text is who submitted it and whose moment is when
    Column("field", String(80), nullable=False),
    Column("text", String(300)),
    Column("number", Numeric(18, 4)),
    Column("at", Instant),
    PrimaryKeyConstraint("instance_id", "source", "position", "field"),
    Index("ix_register_line_source", "source", "field", "at"),
)

idempotency = Table(
    "idempotency", metadata,
    Column("user_id", Id, nullable=False),
    Column("key", String(120), nullable=False),
    #: SHA-256 over method, path and body
    Column("request", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    #: response body, JSON
    Column("response", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "key"),
)

# ---------------------------------------------------------------- documents

file = Table(
    "file", metadata,
    Column("id", Id, primary_key=True),
    #: SHA-256 of the content, which lies outside the database
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    #: found by looking at the content, not at the name
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    #: `attachment`, `photo` or `signature`
    Column("kind", String(20), nullable=False),
    #: None until the form that holds it is submitted
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("uploaded_at", Instant, nullable=False),
    Column("uploaded_by", ForeignKey("app_user.id")),
    #: the one-time link by which it came; None where somebody with an account uploaded it
    Column("link_id", Id),
)

signature = Table(
    "signature", metadata,
    Column("id", Id, primary_key=True),
    Column("file_id", ForeignKey("file.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("token", String(48), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: form key + `.` + field that holds it
    Column("field", String(160), nullable=False),
    Column("signer", String(100), nullable=False),
    Column("channel", String(10), nullable=False),
    #: staff member at whose device an outside person signed
    Column("attended_by", ForeignKey("app_user.id")),
    Column("at", Instant, nullable=False),
    #: SHA-256 of exactly the content that was signed (canonical JSON)
    Column("content_digest", LargeBinary(32), nullable=False),
    #: JSON object: salt, and path → salted digest of each value that was signed, so that a later change can be named
    Column("fields", LargeBinary),
)

# ---------------------------------------------------------------- people without an account

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

# ---------------------------------------------------------------- signature chains

approval = Table(
    "approval", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: token of the element; the signer's work item has `.` and this row's id behind it
    Column("token", String(32), nullable=False),
    Column("definition_id", ForeignKey("definition.id"), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: inside a multi-instance: its item, JSON; rounds are counted apart for each
    Column("item", String(300), nullable=False, server_default=""),
    #: 1, 2, 3 …: how often the element has been signed in this case
    Column("round", Integer, nullable=False),
    #: signers of one step sign side by side, a higher one waits
    Column("step", Integer, nullable=False),
    #: order in which they are shown
    Column("position", Integer, nullable=False),
    #: a signer of the same step who comes first
    Column("waits_for", ForeignKey("approval.id")),
    Column("role", String(60), nullable=False),
    #: what the signer is called on the chain; empty: as the role
    Column("name", String(100), nullable=False, server_default=""),
    #: the one person who signs; None: whoever holds the role
    Column("person_id", ForeignKey("app_user.id")),
    #: `engine.signature_rules.PartState`
    Column("state", String(12), nullable=False),
    #: `approve`, `refuse` or `send_back`; of a decision taken back the last one
    Column("decision", String(10)),
    Column("opinion", Text),
    Column("decided_at", Instant),
    Column("decided_by", ForeignKey("app_user.id")),
    Column("on_behalf_of", ForeignKey("app_user.id")),
    Column("work_item_id", ForeignKey("work_item.id"), index=True),
    Column("signature_id", ForeignKey("signature.id")),
    #: what the signer filled in, JSON
    Column("answer", LargeBinary),
    Column("added_by", ForeignKey("app_user.id")),
    #: the signer in whose place this one stands
    Column("replaces", ForeignKey("approval.id")),
    Index("ix_approval_instance_id", "instance_id", "element_id", "round", "position"),
    Index("ix_approval_token", "token"),
)

carbon_copy = Table(
    "carbon_copy", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("by_id", ForeignKey("app_user.id")),
    Column("at", Instant, nullable=False),
    #: when the person first looked; None while unread
    Column("read_at", Instant),
    UniqueConstraint("instance_id", "user_id"),
    Index("ix_carbon_copy_user_id", "user_id", text("at DESC"), text("id DESC")),
)
Index("ix_carbon_copy_unread", carbon_copy.c.user_id, sqlite_where=text("read_at IS NULL"), postgresql_where=text("read_at IS NULL"))

number_sequence = Table(
    "number_sequence", metadata,
    #: series of `organisation.toml`, e.g. `repair_slip`
    Column("series", String(60), nullable=False),
    #: what restarts it, e.g. `202611`; empty for one that never does
    Column("period", String(20), nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("series", "period"),
)

record = Table(
    "record", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: template, e.g. `repair_slip`
    Column("record_key", String(120), nullable=False),
    Column("number", String(60), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("issued_by", ForeignKey("app_user.id")),
    Column("voided_at", Instant),
    Column("void_reason", Text),
    #: the case's data as it was, JSON, zstd-compressed; None for a record that follows its case
    Column("snapshot", LargeBinary),
    UniqueConstraint("record_key", "number"),
    Index("ix_record_instance_id", "instance_id", "record_key"),
)

# ---------------------------------------------------------------- money

ledger_entry = Table(
    "ledger_entry", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `ledger_entry`
    Column("number", String(40), nullable=False, unique=True),
    Column("booked_at", Instant, nullable=False),
    #: the day that it counts for, where its site is; after a day-end close the next one
    Column("booked_on", Date, nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    #: the account: who owes for which unit
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    #: `dues` (what is owed) or `deposit` (what is held); the sums of the two say nothing together
    Column("side", String(10), nullable=False),
    #: `charge`, `payment`, `refund`, `transfer`, `deposit`, `deposit_refund`, `deduction`, `void`, `correction`
    Column("kind", String(20), nullable=False),
    #: what it is for, e.g. `management_fee`
    Column("item", String(40), nullable=False),
    #: above zero: more is owed or held; below: less
    Column("amount", Money, nullable=False),
    #: of a charge: the day until which it is to be paid
    Column("due_on", Date),
    #: the case that it belongs to
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("element_id", String(120)),
    #: the receipt that it was paid with, or the voucher by which it was given back
    Column("receipt_id", ForeignKey("receipt.id"), index=True),
    #: the entry that it takes back, in full and once
    Column("reverses_id", ForeignKey("ledger_entry.id"), unique=True),
    Column("note", String(200), nullable=False, server_default=""),
    Column("posted_by", ForeignKey("app_user.id")),
    Index("ix_ledger_entry_unit", "unit_id", "side", "id"),
    Index("ix_ledger_entry_tenant", "tenant_id", "side", "id"),
)

receipt = Table(
    "receipt", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `receipt`, of money given back `refund_voucher`
    Column("number", String(40), nullable=False, unique=True),
    #: `receipt` (money came in) or `voucher` (money went out)
    Column("kind", String(10), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    #: who paid or was paid, as it was written then
    Column("payer", String(200), nullable=False),
    #: `cash`, `transfer`, `card`, `mobile`, `bank`
    Column("method", String(10), nullable=False),
    #: above zero, either way
    Column("total", Money, nullable=False),
    #: the total in Chinese capitals, as printed
    Column("in_words", String(120), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("issued_by", ForeignKey("app_user.id")),
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("voided_at", Instant),
    Column("voided_on", Date),
    Column("voided_by", ForeignKey("app_user.id")),
    Column("void_reason", Text),
    #: the receipt written instead
    Column("replaced_by_id", ForeignKey("receipt.id")),
    Index("ix_receipt_day", "site_id", "booked_on", "id"),
)

cash_day = Table(
    "cash_day", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("cashier_id", ForeignKey("app_user.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("closed_at", Instant, nullable=False),
    #: cash that was counted, and cash that should be there
    Column("counted", Money, nullable=False),
    Column("expected", Money, nullable=False),
    #: what came in and went out by method, and the numbers of receipts and voids: JSON, as it was closed
    Column("summary", Text, nullable=False),
    Column("note", String(200), nullable=False, server_default=""),
    UniqueConstraint("site_id", "cashier_id", "day"),
)

bank_collection = Table(
    "bank_collection", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `bank_collection`
    Column("number", String(40), nullable=False, unique=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    #: dues that were to be paid until then
    Column("due_until", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    #: when the bank's answer was read
    Column("read_at", Instant),
)

bank_collection_line = Table(
    "bank_collection_line", metadata,
    Column("collection_id", ForeignKey("bank_collection.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    Column("amount", Money, nullable=False),
    #: `sent`, `paid`, `failed`
    Column("state", String(10), nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("receipt_id", ForeignKey("receipt.id")),
    PrimaryKeyConstraint("collection_id", "line"),
)

tenant_file = Table(
    "tenant_file", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `tenant_file`
    Column("number", String(40), nullable=False, unique=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("unit_id", ForeignKey("unit.id"), index=True),
    Column("tenant_id", ForeignKey("tenant.id"), index=True),
    #: the case that was filed, once
    Column("instance_id", ForeignKey("instance.id"), nullable=False, unique=True),
    #: where the papers lie
    Column("place", String(100), nullable=False, server_default=""),
    Column("filed_at", Instant, nullable=False),
    Column("filed_by", ForeignKey("app_user.id")),
)

periodic_start = Table(
    "periodic_start", metadata,
    #: process key, so that a new version in the middle of a period starts nothing twice
    Column("definition_key", String(120), nullable=False),
    #: the time of the start event that it was for
    Column("period", Instant, nullable=False),
    #: what it was for, e.g. `active_units` and a unit's id
    Column("collection", String(40), nullable=False),
    Column("item_id", BigInteger, nullable=False),
    #: None where it could not start
    Column("instance_id", ForeignKey("instance.id")),
    PrimaryKeyConstraint("definition_key", "period", "collection", "item_id"),
)

# ---------------------------------------------------------------- processes of ours that run

lease = Table(
    "lease", metadata,
    #: `scheduler`
    Column("name", String(40), primary_key=True),
    Column("holder", String(100), nullable=False),
    #: by the machine's clock: leases are about machines, not about business
    Column("expires_at", Instant, nullable=False),
)

executor = Table(
    "executor", metadata,
    #: stable id of a worker process
    Column("id", String(100), primary_key=True),
    #: by the machine's clock
    Column("beat_at", Instant, nullable=False),
)
