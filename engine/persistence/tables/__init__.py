"""Every table, as SQLAlchemy Core. Hot paths and lists write and read these directly; there is no ORM.

Times are aware UTC. Ids are the database's integers. Blobs are zstd-compressed bytes written by `engine.spiff.codec` or
JSON bytes; nothing in them is queried: what lists need is a column. A feature's tables are a module here, and are named below.
"""

from __future__ import annotations

from engine.persistence.tables.approvals import approval, carbon_copy, number_sequence, record
from engine.persistence.tables.base import Id, Instant, Money, metadata
from engine.persistence.tables.company import (
    api_token,
    building,
    price_item,
    role_grant,
    sign_in_attempt,
    site,
    tenancy,
    tenant,
    unit,
    user,
)
from engine.persistence.tables.corrections import corrected_time, limit_correction
from engine.persistence.tables.definitions import blob, definition, deployment, deployment_file, start_subscription
from engine.persistence.tables.designing import (
    design_change,
    design_draft,
    design_file,
    design_play,
    design_trial,
    design_version,
    design_version_file,
    procedure_access,
)
from engine.persistence.tables.desk import case_reporter, duty, shift, shift_note
from engine.persistence.tables.directory import directory_change, number_pattern, substitution, working_calendar
from engine.persistence.tables.documents import file, signature
from engine.persistence.tables.dossier import dossier_entry, identity_look
from engine.persistence.tables.finding import instance_reference, search_piece
from engine.persistence.tables.help import dismissed_hint
from engine.persistence.tables.imports import (
    import_row,
    import_run,
    import_workbook,
    number_block,
    opening_entry,
    paper_number,
    reconciliation,
)
from engine.persistence.tables.interventions import intervention, intervention_case
from engine.persistence.tables.limit_months import closed_month, limit_gap, limit_month, limit_month_target, limit_target, month_pack
from engine.persistence.tables.lists import list_default, list_export, saved_filter
from engine.persistence.tables.money import (
    bank_collection,
    bank_collection_line,
    cash_day,
    ledger_entry,
    periodic_start,
    receipt,
    tenant_file,
)
from engine.persistence.tables.notifications import (
    delivery,
    notification,
    notification_channel,
    notification_choice,
    notification_read,
    notification_template,
    notification_wish,
    phone_call,
)
from engine.persistence.tables.outside import outside_link, outside_link_attempt
from engine.persistence.tables.processes import carrier, executor, lease
from engine.persistence.tables.retention import (
    content_to_forget,
    retention_erasure,
    retention_head,
    retention_hold,
    retention_looked,
    retention_rule,
    retention_run,
)
from engine.persistence.tables.rollouts import approval_rule, case_standing, migration_case, migration_run, proposal, proposal_file
from engine.persistence.tables.running import (
    due,
    event_subscription,
    history_event,
    history_value,
    idempotency,
    incident,
    instance,
    instance_variable,
    limit_clock,
    register_line,
    work_item,
)
from engine.persistence.tables.settings import backup_made, setting
from engine.persistence.tables.signing_in import external_identity, password_link, user_session
from engine.persistence.tables.talk import case_attachment, case_comment, comment_mention, work_item_draft
from engine.persistence.tables.what_if import what_if_run

__all__ = [
    "Id",
    "Instant",
    "Money",
    "api_token",
    "approval",
    "approval_rule",
    "backup_made",
    "bank_collection",
    "bank_collection_line",
    "blob",
    "building",
    "carbon_copy",
    "carrier",
    "case_attachment",
    "case_comment",
    "case_reporter",
    "case_standing",
    "cash_day",
    "closed_month",
    "comment_mention",
    "content_to_forget",
    "corrected_time",
    "definition",
    "delivery",
    "deployment",
    "deployment_file",
    "design_change",
    "design_draft",
    "design_file",
    "design_play",
    "design_trial",
    "design_version",
    "design_version_file",
    "directory_change",
    "dismissed_hint",
    "dossier_entry",
    "due",
    "duty",
    "event_subscription",
    "executor",
    "external_identity",
    "file",
    "history_event",
    "history_value",
    "idempotency",
    "identity_look",
    "import_row",
    "import_run",
    "import_workbook",
    "incident",
    "instance",
    "instance_reference",
    "instance_variable",
    "intervention",
    "intervention_case",
    "lease",
    "ledger_entry",
    "limit_clock",
    "limit_correction",
    "limit_gap",
    "limit_month",
    "limit_month_target",
    "limit_target",
    "list_default",
    "list_export",
    "metadata",
    "migration_case",
    "migration_run",
    "month_pack",
    "notification",
    "notification_channel",
    "notification_choice",
    "notification_read",
    "notification_template",
    "notification_wish",
    "number_block",
    "number_pattern",
    "number_sequence",
    "opening_entry",
    "outside_link",
    "outside_link_attempt",
    "paper_number",
    "password_link",
    "periodic_start",
    "phone_call",
    "price_item",
    "procedure_access",
    "proposal",
    "proposal_file",
    "receipt",
    "reconciliation",
    "record",
    "register_line",
    "retention_erasure",
    "retention_head",
    "retention_hold",
    "retention_looked",
    "retention_rule",
    "retention_run",
    "role_grant",
    "saved_filter",
    "search_piece",
    "setting",
    "shift",
    "shift_note",
    "sign_in_attempt",
    "signature",
    "site",
    "start_subscription",
    "substitution",
    "tenancy",
    "tenant",
    "tenant_file",
    "unit",
    "user",
    "user_session",
    "what_if_run",
    "work_item",
    "work_item_draft",
    "working_calendar",
]
