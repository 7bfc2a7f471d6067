"""Tables of the company: sites, units, tenants, prices, people and what they may do."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Numeric, String, Table, Text, UniqueConstraint, false, text

from engine.persistence.tables.base import Id, Instant, metadata

site = Table(
    "site", metadata,
    Column("id", Id, primary_key=True),
    #: short code, unique, e.g. `HY`
    Column("code", String(20), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    #: IANA zone for display and calendars
    Column("time_zone", String(50), nullable=False, server_default="Asia/Shanghai"),
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
    #: None while active; deactivated, never deleted
    Column("deactivated_at", Instant),
    Index("ix_site_name", "name", "id"),
)

building = Table(
    "building", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False, index=True),
    Column("code", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deactivated_at", Instant),
    UniqueConstraint("site_id", "code"),
    Index("ix_building_code", "code", "id"),
    Index("ix_building_name", "name", "id"),
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
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
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
    #: code, name, contact and phone as a search compares them, and the initials of their pinyin, `engine.folding`
    Column("search", String(1000), nullable=False, server_default=""),
    Column("locale", String(10), nullable=False, server_default="zh-Hant"),
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deactivated_at", Instant),
    #: when name, contact and phone were erased by rule or at the tenant's request
    Column("erased_at", Instant),
    # the order of the list
    Index("ix_tenant_name", "name", "id"),
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
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_tenancy_started_at", "started_at", "id"),
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
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
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
    #: names and phone as a search compares them, and their initials, `engine.folding`
    Column("search", String(500), nullable=False, server_default=""),
    #: set by somebody else: the person chooses another one at the next sign-in
    Column("must_change_password", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deactivated_at", Instant),
    Index("ix_app_user_display_name", "display_name", "id"),
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
    #: when it runs out by itself; None: not before it is revoked
    Column("expires_at", Instant),
    #: JSON object of lists: `roles`, `sites`, `scopes` that it is limited to; what is not there is not limited
    Column("limits", Text),
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
    Index("ix_sign_in_attempt_at", text("at DESC"), text("id DESC")),
)
