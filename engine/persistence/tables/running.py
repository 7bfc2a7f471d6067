"""Tables of what runs: instances, work items, what they wait for, their clocks and their history."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.persistence.tables.base import Id, Instant, metadata
from engine.persistence.tables.lived import LivedLong

#: of a case, what its indexes hold besides their order: by these lists are narrowed
TOLD_BY_INDEX = ("state", "site_id", "definition_key", "definition_id", "started_at", "started_by", "late_since")

instance = Table(
    "instance", metadata,
    Column("id", Id, primary_key=True),
    Column("definition_id", ForeignKey("definition.id"), nullable=False, index=True),
    Column("definition_key", String(120), nullable=False),
    #: optimistic lock: rises by one with every committed step
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("site_id", ForeignKey("site.id")),
    Column("business_key", String(120)),
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
    # of a number one knows the beginning
    Index("ix_instance_business_key", "business_key", postgresql_ops={"business_key": "text_pattern_ops"}),
    # a walk along any of these tells by what lists are narrowed by, without reading a case
    Index("ix_instance_list", "state", text("moved_at DESC"), text("id DESC"), "started_at", "site_id", "definition_key", "definition_id",
          "started_by", "late_since"),
    Index("ix_instance_key_moved", "definition_key", text("moved_at DESC"), text("id DESC"), "state", "site_id", "definition_id",
          "started_at", "started_by", "late_since"),
    Index("ix_instance_moved", text("moved_at DESC"), text("id DESC"), *TOLD_BY_INDEX),
    Index("ix_instance_started", text("started_at DESC"), text("id DESC")),
    Index("ix_instance_title", "title", "id", "business_key", *TOLD_BY_INDEX),
    Index("ix_instance_site", "site_id", "id"),
    # what rules of keeping look through, of a procedure those that ended first
    Index("ix_instance_ended", "definition_key", "ended_at", "id", sqlite_where=text("ended_at IS NOT NULL"),
          postgresql_where=text("ended_at IS NOT NULL")),
    Index("ix_instance_started_by", "started_by", text("started_at DESC"), text("id DESC")),
)

Index("ix_instance_late", text("moved_at DESC"), text("id DESC"), *(instance.c[name] for name in TOLD_BY_INDEX),
      sqlite_where=text("late_since IS NOT NULL"), postgresql_where=text("late_since IS NOT NULL"))
_LIVED_LONG = LivedLong(instance.c.started_at, instance.c.moved_at)
Index("ix_instance_long", text("moved_at DESC"), text("id DESC"), *(instance.c[name] for name in TOLD_BY_INDEX),
      sqlite_where=_LIVED_LONG, postgresql_where=_LIVED_LONG)

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
Index("ix_work_item_role_number", work_item.c.role, work_item.c.site_id, work_item.c.business_key, work_item.c.id,
      sqlite_where=_UNCLAIMED_SQLITE, postgresql_where=_UNCLAIMED)
Index("ix_work_item_role_title", work_item.c.role, work_item.c.site_id, work_item.c.title, work_item.c.id,
      sqlite_where=_UNCLAIMED_SQLITE, postgresql_where=_UNCLAIMED)
Index("ix_work_item_escalated", work_item.c.escalated_role, work_item.c.site_id, work_item.c.created_at.desc(), work_item.c.id.desc(),
      sqlite_where=text("is_live = 1 AND escalated_role IS NOT NULL"), postgresql_where=text("is_live AND escalated_role IS NOT NULL"))
Index("ix_work_item_assignee", work_item.c.assignee_id, work_item.c.created_at.desc(), work_item.c.id.desc(),
      sqlite_where=_ASSIGNED_SQLITE, postgresql_where=_ASSIGNED)
Index("ix_work_item_assignee_due", work_item.c.assignee_id, work_item.c.due_at, work_item.c.id,
      sqlite_where=_ASSIGNED_SQLITE, postgresql_where=_ASSIGNED)
# the cases behind these two are read from the index alone
Index("ix_work_item_done", work_item.c.completed_by, work_item.c.completed_at.desc(), work_item.c.id.desc(), work_item.c.instance_id,
      sqlite_where=text("completed_by IS NOT NULL"), postgresql_where=text("completed_by IS NOT NULL"))
Index("ix_work_item_live_created", work_item.c.created_at.desc(), work_item.c.id.desc(), sqlite_where=_LIVE_SQLITE, postgresql_where=_LIVE)
_LIVE_DUE, _LIVE_DUE_SQLITE = text("is_live AND due_at IS NOT NULL"), text("is_live = 1 AND due_at IS NOT NULL")
Index("ix_work_item_live_due", work_item.c.due_at, work_item.c.id, sqlite_where=_LIVE_DUE_SQLITE, postgresql_where=_LIVE_DUE)
# cards of a board: what is open at a step
Index("ix_work_item_element", work_item.c.definition_key, work_item.c.element_id, work_item.c.id, work_item.c.instance_id,
      sqlite_where=_LIVE_SQLITE, postgresql_where=_LIVE)

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
    Index("ix_event_subscription_element_id", "element_id"),
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
    #: `clock`, `share`, `average`, `never`
    Column("kind", String(10), nullable=False, server_default="clock"),
    #: counts rounds where the limit starts more than once in an instance
    Column("round", Integer, nullable=False, server_default="1"),
    Column("site_id", ForeignKey("site.id")),
    #: of the unit that the case names, as far as it was known
    Column("unit_id", ForeignKey("unit.id")),
    #: who did what decided it, or until then what opened it; None where time did, or somebody without an account
    Column("person_id", ForeignKey("app_user.id")),
    #: when what opened it is said to have happened
    Column("started_at", Instant, nullable=False),
    #: when that was entered
    Column("entered_at", Instant, nullable=False),
    #: in which month it counts: when it began, unless that month was closed before it was entered; what a closed month leaves undecided is
    #: carried over into the next
    Column("counted_at", Instant, nullable=False, default=lambda context: context.get_current_parameters()["started_at"]),
    Column("warn_at", Instant),
    #: of clocks only
    Column("due_at", Instant),
    #: when what the limit asks for is said to have been done, or was decided; None while it runs, and where it was cancelled
    Column("stopped_at", Instant),
    #: when that was entered
    Column("stop_entered_at", Instant),
    #: when it ended without counting, neither kept nor missed
    Column("cancelled_at", Instant),
    #: since when a clock stands still, or the permission of an act is used up
    Column("paused_at", Instant),
    #: when it was seen to be missed; None while in time
    Column("breached_at", Instant),
    #: when it was counted apart: neither met nor missed
    Column("apart_at", Instant),
    #: of clocks the target in seconds as it was then; closed months keep it
    Column("target_seconds", Integer),
    #: of the others the goal as it was then: a share from 0 to 1, a number, or 0 acts
    Column("goal", Numeric(18, 4)),
    #: of averages the number
    Column("value", Numeric(18, 4)),
    UniqueConstraint("instance_id", "limit_id", "round"),
    Index("ix_limit_clock_limit", "limit_id", "counted_at", "id"),
    Index("ix_limit_clock_counted_at", "counted_at"),
    # those that run, by when they are due: few, whatever has been measured before
    Index("ix_limit_clock_running", "due_at", "id", sqlite_where=text("stopped_at IS NULL AND cancelled_at IS NULL"),
          postgresql_where=text("stopped_at IS NULL AND cancelled_at IS NULL")),
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

# what people did, by time, for the audit log
_BY_PEOPLE = text("channel <> 'system'")
Index("ix_history_event_people", history_event.c.at.desc(), history_event.c.instance_id.desc(), history_event.c.seq.desc(),
      sqlite_where=_BY_PEOPLE, postgresql_where=_BY_PEOPLE)

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
Index("ix_incident_open", incident.c.element_id, incident.c.instance_id,
      sqlite_where=text("resolved_at IS NULL"), postgresql_where=text("resolved_at IS NULL"))

instance_variable = Table(
    "instance_variable", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: form key + `.` + field, declared `index: true`
    Column("name", String(160), nullable=False),
    Column("text", String(300)),
    Column("number", Numeric(18, 4)),
    Column("at", Instant),
    PrimaryKeyConstraint("instance_id", "name"),
    # the cases behind a value are read from the index alone
    Index("ix_instance_variable_text", "name", "text", "instance_id", postgresql_ops={"text": "text_pattern_ops"}),
    Index("ix_instance_variable_number", "name", "number", "instance_id"),
    Index("ix_instance_variable_at", "name", "at", "instance_id"),
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
