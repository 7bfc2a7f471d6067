"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a1c0f5e2"
down_revision: str | None = None
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "app_user",
        sa.Column("id", ID, nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=10), server_default="zh-Hant", nullable=False),
        sa.Column("search", sa.String(length=300), server_default="", nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("username", name=op.f("uq_app_user_username")),
    )
    op.create_table(
        "blob",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "executor",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executor")),
    )
    op.create_table(
        "history_value",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "seq", name=op.f("pk_history_value")),
    )
    op.create_table(
        "idempotency",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("request", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "number_sequence",
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "period", name=op.f("pk_number_sequence")),
    )
    op.create_table(
        "price_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit_name", sa.String(length=20), nullable=False),
        sa.Column("labour", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("material", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("effective_from", INSTANT, nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_item")),
        sa.UniqueConstraint("code", "effective_from", name=op.f("uq_price_item_code_effective_from")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_sign_in_attempt_username_at", ["username", "at"], unique=False)

    op.create_table(
        "site",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=50), server_default="Asia/Shanghai", nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="company", nullable=False),
        sa.Column("contact", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("search", sa.String(length=400), server_default="", nullable=False),
        sa.Column("locale", sa.String(length=10), server_default="zh-Hant", nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("code", name=op.f("uq_tenant_code")),
    )
    with op.batch_alter_table("tenant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tenant_phone"), ["phone"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "building",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_building_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_building_site_id_code")),
    )
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_building_site_id"), ["site_id"], unique=False)

    op.create_table(
        "deployment",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_deployment_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deployment_digest"), ["digest"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_role_grant_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("user_id", "role", "site_id", name=op.f("uq_role_grant_user_id_role_site_id")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_role"), ["role"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)

    op.create_table(
        "definition",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("calls", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_definition_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_definition_key_version")),
    )
    with op.batch_alter_table("definition", schema=None) as batch_op:
        batch_op.create_index(
            "ix_definition_latest", ["key"], unique=True, sqlite_where=sa.text("is_latest"), postgresql_where=sa.text("is_latest")
        )

    op.create_table(
        "deployment_file",
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("normalised_digest", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_deployment_file_deployment_id")),
        sa.ForeignKeyConstraint(["normalised_digest"], ["blob.digest"], name=op.f("fk_deployment_file_normalised_digest")),
        sa.ForeignKeyConstraint(["source_digest"], ["blob.digest"], name=op.f("fk_deployment_file_source_digest")),
        sa.PrimaryKeyConstraint("deployment_id", "name", name=op.f("pk_deployment_file")),
    )
    op.create_table(
        "unit",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("building_id", ID, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("area", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("search", sa.String(length=60), server_default="", nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_unit_building_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_unit_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_unit_site_id"), ["site_id"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", ID, nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("business_key", sa.String(length=120), nullable=True),
        sa.Column("title", sa.String(length=300), server_default="", nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("started_by", ID, nullable=True),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("bindings", sa.Text(), nullable=True),
        sa.Column("history_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("history_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("late_since", INSTANT, nullable=True),
        sa.Column("incident_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_instance_definition_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["instance.id"], name=op.f("fk_instance_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_instance_site_id")),
        sa.ForeignKeyConstraint(["started_by"], ["app_user.id"], name=op.f("fk_instance_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instance_business_key"), ["business_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_definition_id"), ["definition_id"], unique=False)
        batch_op.create_index(
            "ix_instance_key_list",
            ["definition_key", "state", sa.literal_column("moved_at DESC"), sa.literal_column("id DESC")],
            unique=False,
        )
        batch_op.create_index("ix_instance_list", ["state", sa.literal_column("moved_at DESC"), sa.literal_column("id DESC")], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "ix_instance_started_by", ["started_by", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")], unique=False
        )

    op.create_table(
        "start_subscription",
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_start_subscription_definition_id")),
        sa.PrimaryKeyConstraint("definition_id", "element_id", name=op.f("pk_start_subscription")),
    )
    with op.batch_alter_table("start_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_start_subscription_name"), ["name"], unique=False)

    op.create_table(
        "tenancy",
        sa.Column("id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenancy_tenant_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_tenancy_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenancy")),
    )
    with op.batch_alter_table("tenancy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tenancy_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tenancy_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "due",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("subject", sa.String(length=160), server_default="", nullable=False),
        sa.Column("handed_for", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_due_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
        sa.UniqueConstraint("instance_id", "kind", "subject", name=op.f("uq_due_instance_id_kind_subject")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index("ix_due_due_at", ["due_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_due_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "event_subscription",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("correlation", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_event_subscription_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "token", "name", name=op.f("pk_event_subscription")),
    )
    with op.batch_alter_table("event_subscription", schema=None) as batch_op:
        batch_op.create_index("ix_event_subscription_name", ["kind", "name"], unique=False)

    op.create_table(
        "file",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("uploaded_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_file_instance_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["app_user.id"], name=op.f("fk_file_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )
    with op.batch_alter_table("file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_file_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "history_event",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("on_behalf_of", ID, nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("definition_id", ID, nullable=True),
        sa.Column("element_id", sa.String(length=120), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("values_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"], name=op.f("fk_history_event_actor_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_history_event_definition_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_history_event_instance_id")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["app_user.id"], name=op.f("fk_history_event_on_behalf_of")),
        sa.PrimaryKeyConstraint("instance_id", "seq", name=op.f("pk_history_event")),
    )
    with op.batch_alter_table("history_event", schema=None) as batch_op:
        batch_op.create_index("ix_history_event_actor", ["actor_id", "at"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("submitted", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolved_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"], name=op.f("fk_incident_actor_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_incident_instance_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["app_user.id"], name=op.f("fk_incident_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "instance_variable",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("number", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_instance_variable_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "name", name=op.f("pk_instance_variable")),
    )
    with op.batch_alter_table("instance_variable", schema=None) as batch_op:
        batch_op.create_index("ix_instance_variable_at", ["name", "at"], unique=False)
        batch_op.create_index("ix_instance_variable_number", ["name", "number"], unique=False)
        batch_op.create_index("ix_instance_variable_text", ["name", "text"], unique=False)

    op.create_table(
        "limit_clock",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("limit_id", sa.String(length=120), nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("warn_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("breached_at", INSTANT, nullable=True),
        sa.Column("target_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_limit_clock_instance_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_limit_clock_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_clock")),
        sa.UniqueConstraint("instance_id", "limit_id", "round", name=op.f("uq_limit_clock_instance_id_limit_id_round")),
    )
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.create_index("ix_limit_clock_limit", ["limit_id", "started_at"], unique=False)

    op.create_table(
        "record",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("record_key", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_by", ID, nullable=True),
        sa.Column("voided_at", INSTANT, nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_record_instance_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["app_user.id"], name=op.f("fk_record_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("record_key", "number", name=op.f("uq_record_record_key_number")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index("ix_record_instance_id", ["instance_id", "record_key"], unique=False)

    op.create_table(
        "work_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=300), server_default="", nullable=False),
        sa.Column("business_key", sa.String(length=120), nullable=True),
        sa.Column("form_key", sa.String(length=120), nullable=True),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("escalated_role", sa.String(length=60), nullable=True),
        sa.Column("outside", sa.String(length=30), nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("warn_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("escalated_at", INSTANT, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("completed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["app_user.id"], name=op.f("fk_work_item_assignee_id")),
        sa.ForeignKeyConstraint(["completed_by"], ["app_user.id"], name=op.f("fk_work_item_completed_by")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_work_item_definition_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_work_item_instance_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_work_item_owner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_work_item_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("instance_id", "token", name=op.f("uq_work_item_instance_id_token")),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_assignee",
            ["assignee_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NOT NULL"),
            postgresql_where=sa.text("is_live AND assignee_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_assignee_due",
            ["assignee_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NOT NULL"),
            postgresql_where=sa.text("is_live AND assignee_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_done",
            ["completed_by", sa.literal_column("completed_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("completed_by IS NOT NULL"),
            postgresql_where=sa.text("completed_by IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_escalated",
            ["escalated_role", "site_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("is_live = 1 AND escalated_role IS NOT NULL"),
            postgresql_where=sa.text("is_live AND escalated_role IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_live_created",
            [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("is_live = 1"),
            postgresql_where=sa.text("is_live"),
        )
        batch_op.create_index(
            "ix_work_item_role",
            ["role", "site_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NULL"),
            postgresql_where=sa.text("is_live AND assignee_id IS NULL"),
        )
        batch_op.create_index(
            "ix_work_item_role_due",
            ["role", "site_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NULL"),
            postgresql_where=sa.text("is_live AND assignee_id IS NULL"),
        )

    op.create_table(
        "signature",
        sa.Column("id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("field", sa.String(length=160), nullable=False),
        sa.Column("signer", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("attended_by", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("content_digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["attended_by"], ["app_user.id"], name=op.f("fk_signature_attended_by")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_signature_file_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_signature_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_instance_id"), ["instance_id"], unique=False)
