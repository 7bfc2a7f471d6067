"""A store with any number of cases, by SQL from a pattern: what lists and sums are measured over, not what runs.

Three years of a company with eight sites and sixteen procedures, one of them real. Most cases are over within ten days, one of ninety-seven
lives up to a year; each has one step that was done or is open, five events, a clock of a limit, a unit, a tenant, and a few fields.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

from sqlalchemy import text

from engine.procedures import read_procedures
from tests.benchmarks.stage import SITES, Filled, Stage
from tests.builders import make_building, make_site, make_tenant, make_unit, make_user

#: the procedure that is real
KEY = "repair"
SPAN = timedelta(days=3 * 365)
_BPMN = Path(__file__).parents[2] / "bpmn"
_BASE = 10_000_000
_PEOPLE, _UNITS = 500, 2_000
_STEP = 100_000
_DONE = "n % 50 <> 7"
#: of two hundred cases four are active, one failed, one suspended and one cancelled
_INSTANCES = f"""
INSERT INTO instance (id, definition_id, definition_key, version, state, site_id, business_key, title, started_at, started_by, moved_at,
                      ended_at, late_since, incident_count, history_seq, data)
SELECT $base + n, $definition, $key, 3,
       CASE n % 200 WHEN 7 THEN 'active' WHEN 57 THEN 'active' WHEN 107 THEN 'active' WHEN 157 THEN 'active' WHEN 33 THEN 'cancelled'
                    WHEN 77 THEN 'suspended' WHEN 177 THEN 'incident' ELSE 'completed' END,
       $site, 'R' || (100000000 + n), '第 ' || n || ' 件漏水', $started, $first_user + n % {_PEOPLE}, $moved,
       CASE WHEN {_DONE} AND n % 200 NOT IN (77, 177) THEN $moved END, CASE WHEN n % 23 = 0 THEN $moved END,
       CASE WHEN n % 200 = 177 THEN 1 ELSE 0 END, 5, $data
FROM ($numbers) AS numbers
"""
_ITEMS = f"""
INSERT INTO work_item (instance_id, token, element_id, name, definition_id, definition_key, title, role, site_id, state, is_live,
                       assignee_id, created_at, due_at, completed_at, completed_by)
SELECT $base + n, $token, CASE n % 3 WHEN 0 THEN 'assign_worker' WHEN 1 THEN 'accept_slip' ELSE 'archive_slip' END, '辦理',
       $definition, $key, '第 ' || n || ' 件漏水',
       CASE n / 16 % 4 WHEN 0 THEN 'dispatcher' WHEN 1 THEN 'repair_worker' WHEN 2 THEN 'customer_service' ELSE 'cashier' END, $site,
       CASE WHEN {_DONE} THEN 'completed' WHEN n % 3 = 0 THEN 'open' ELSE 'claimed' END, CASE WHEN {_DONE} THEN $false ELSE $true END,
       CASE WHEN n % 50 = 7 AND n % 3 > 0 THEN $first_user + n % 499 END, $started, $due,
       CASE WHEN {_DONE} THEN $moved END, CASE WHEN {_DONE} THEN $first_user + n % 499 END
FROM ($numbers) AS numbers
"""
_EVENTS = f"""
INSERT INTO history_event (instance_id, seq, type, at, actor_id, channel, definition_id, element_id, detail, digest)
SELECT $base + n, seq, CASE seq WHEN 1 THEN 'instance.started' WHEN 2 THEN 'work_item.claimed' WHEN 4 THEN 'limit.started'
                                   ELSE 'work_item.completed' END,
       $started + ($moved - $started) * seq / 5, CASE WHEN seq <> 4 THEN $first_user + (n + seq) % {_PEOPLE} END,
       CASE WHEN seq = 4 THEN 'system' ELSE 'desk' END, $definition,
       CASE seq WHEN 1 THEN NULL WHEN 5 THEN 'archive_slip' ELSE 'assign_worker' END,
       CASE seq WHEN 3 THEN '{{"passed":["assign_worker","accept_slip"]}}' WHEN 5 THEN '{{"passed":["archive_slip"]}}' END, $digest
FROM ($numbers) AS numbers, (SELECT 1 AS seq UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) AS seqs
"""
_CLOCKS = f"""
INSERT INTO limit_clock (instance_id, limit_id, kind, round, site_id, unit_id, person_id, started_at, entered_at, counted_at, due_at,
                         stopped_at, stop_entered_at, breached_at, target_seconds)
SELECT $base + n, $key || '.on_site', 'clock', 1, $site, $unit, $first_user + n % 499, $started, $started, $started, $due,
       CASE WHEN {_DONE} THEN $moved END, CASE WHEN {_DONE} THEN $moved END, CASE WHEN n % 23 = 0 THEN $moved END, 1200
FROM ($numbers) AS numbers
"""
_INCIDENTS = """
INSERT INTO incident (instance_id, element_id, code, message, submitted, created_at)
SELECT $base + n, 'assign_worker', 'expression_failed', '{"sentence":"","data":{}}', $empty, $moved
FROM ($numbers) AS numbers WHERE n % 200 = 177
"""
_VARIABLES = (
    ("registration.category", "text", "'c' || (n % 6)"), ("bulk.amount", "number", "n % 100000"), ("bulk.name", "text", "'N' || n"),
    ("registration.called_at", "at", "$started"), ("registration.urgency", "text", "CASE n % 10 WHEN 1 THEN 'urgent' ELSE 'small' END"),
)
_FILLS = (
    _INSTANCES, _ITEMS, _EVENTS, _CLOCKS, _INCIDENTS,
    *(f"INSERT INTO instance_variable (instance_id, name, {column}) SELECT $base + n, '{name}', {value} FROM ($numbers) AS numbers"
      for name, column, value in _VARIABLES),
    "INSERT INTO instance_reference (kind, target_id, instance_id) SELECT 'unit', $unit, $base + n FROM ($numbers) AS numbers",
    "INSERT INTO instance_reference (kind, target_id, instance_id) SELECT 'tenant', $tenant, $base + n FROM ($numbers) AS numbers",
)  # fmt: skip


def filled(stage: Stage, size: int) -> Filled:
    """That many cases; filled once a store, which nobody empties: what is measured among few comes before."""
    if size not in stage.filled:
        stage.filled[size] = _prepare(stage)
        _fill(stage, stage.filled[size], 1, size)
    return stage.filled[size]


def _prepare(stage: Stage) -> Filled:
    """The people and places of the pattern, and the procedure that is real."""
    runtime = stage.runtime
    for procedure in read_procedures([_BPMN]):
        stage.deploy(procedure.files)
    sites = [make_site(runtime) for _ in range(SITES)]
    users = [make_user(runtime).id for _ in range(_PEOPLE)]
    tower = make_building(runtime, site_id=sites[0])
    units = [make_unit(runtime, site_id=sites[0], building_id=tower) for _ in range(_UNITS)]
    tenants = [make_tenant(runtime) for _ in range(_UNITS)]
    return Filled(users[0], sites[0], units[0], tenants[0], datetime.now(UTC))


def _fill(stage: Stage, filled: Filled, first: int, last: int) -> None:
    """The cases of these numbers, of `last` over three years."""
    is_sqlite = stage.database.is_sqlite
    with stage.database.reading() as connection:
        of_key = connection.execute(text(f"SELECT max(id) FROM definition WHERE key = '{KEY}'")).scalar_one()
    words = _words(filled, is_sqlite, last) | {"definition": of_key}
    words = {name: str(value) for name, value in words.items()}
    for start in range(first, last + 1, _STEP):
        end = min(last, start + _STEP - 1)
        numbers = (
            f"WITH RECURSIVE counter(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM counter WHERE n < {end}) SELECT n FROM counter"
            if is_sqlite else f"SELECT n::bigint FROM generate_series({start}, {end}) AS n"
        )
        with stage.database.writing() as connection:
            for statement in _FILLS:
                connection.execute(text(Template(Template(statement).substitute(words, numbers=numbers)).substitute(words)))
        stage.report.progress(f"{stage.backend} cases: {end:,} of {last:,}")
    if is_sqlite:
        with stage.database.writing() as connection:
            connection.execute(text("ANALYZE"))
    else:
        # as PostgreSQL does by itself in time: without it no index is read alone
        with stage.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))


def _words(filled: Filled, is_sqlite: bool, last: int) -> dict[str, object]:
    begin, each = int((filled.end - SPAN).timestamp()), max(1, int(SPAN.total_seconds()) // last)

    def at(seconds: str) -> str:
        return f"(({seconds}) * 1000000)" if is_sqlite else f"to_timestamp({seconds})"

    started = f"{begin} + n * {each}"
    least, end = "min" if is_sqlite else "least", int(filled.end.timestamp())
    lived = "n * 7919 % CASE WHEN n % 97 = 0 THEN 31536000 ELSE 864000 END"
    return {
        "base": _BASE, "first_user": filled.first_user, "true": "1" if is_sqlite else "true", "false": "0" if is_sqlite else "false",
        "data": "zeroblob(600)" if is_sqlite else r"decode(repeat('00', 600), 'hex')",
        "digest": "zeroblob(32)" if is_sqlite else r"decode(repeat('00', 32), 'hex')",
        "empty": "zeroblob(0)" if is_sqlite else "''::bytea", "token": "printf('%032x', n)" if is_sqlite else "lpad(to_hex(n), 32, '0')",
        "key": f"CASE n % 16 WHEN 3 THEN '{KEY}' ELSE 'bulk_' || (n % 16) END",
        "site": f"CASE WHEN n % 5000 = 1 THEN NULL WHEN n % 1000 = 0 THEN {filled.first_site + SITES - 1} "
                f"ELSE {filled.first_site} + n / 16 % {SITES - 1} END",
        "unit": f"{filled.first_unit} + n % {_UNITS}", "tenant": f"{filled.first_tenant} + n % {_UNITS}",
        "started": at(started), "moved": at(f"{least}({started} + {lived}, {end})"),
        "due": at(f"{started} + 86400"),
    }  # fmt: skip
