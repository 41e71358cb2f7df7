"""How the rows of tables are spread, told to SQLite, which never looks by itself.

SQLite chooses indexes by such numbers, and badly without them: it walks a million visits in the
order of their days to find the ten of one person. They are told once, as those of a city with one
million rows in each large table, so that plans are the same for whoever runs them. PostgreSQL looks
at its rows itself.
"""

import sqlalchemy as sa

ROWS_OF_LARGE_TABLE, ROWS_OF_PARTIAL_INDEX = 1_000_000, 1_000
# Tables that grow with the people of a city, or with its months.
LARGE_TABLES = (
    "insured_persons", "enrolments", "assistances", "life_events", "bank_accounts",
    "applications", "evaluations", "confirmations", "conclusions", "care_plans", "plan_items",
    "visits", "bed_stays", "fees", "payout_results", "payout_lines", "payout_holds", "statements",
    "audit_events", "person_versions", "name_parts",
)  # fmt: skip
SMALL_TABLES = {
    "areas": 1, "districts": 20, "organisations": 1_000, "providers": 1_000, "carers": 20_000,
    "users": 1_000, "payout_runs": 100, "payout_chunks": 10_000, "agreements": 2_000,
    "payout_sums": 100_000, "payout_bridges": 100,
    "job_runs": 10_000, "import_files": 1_000, "audit_blocks": 10_000,
}  # fmt: skip
TABLES = {**dict.fromkeys(LARGE_TABLES, ROWS_OF_LARGE_TABLE), **SMALL_TABLES}
# How many values a column has: of what is named, of records, of days, of anything else.
NAMED = {"area_id": 1, "run_id": 25, "district_id": 10, "provider_id": 1_000, "carer_id": 20_000,
         "part": 200_000}  # fmt: skip
RECORDS, DAYS, STATES = 100_000, 1_000, 10
RECORD_ENDINGS = ("id", "number", "reference", "digest", "code", "last4", "name")
DAY_ENDINGS = ("_on", "_at", "_before", "_min")


def tell_spread(engine: sa.Engine) -> None:
    """Write what is known of the tables into SQLite's own table of it."""
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE alembic_version")  # makes the table, if need be
        for table, rows in TABLES.items():
            _forget(connection, table)
            for index, is_unique, is_partial in _list_indexes(connection, table):
                # What a rule holds once is in nearly every row; what is merely looked up, in few.
                covered = ROWS_OF_PARTIAL_INDEX if is_partial and not is_unique else rows
                numbers = _numbers(covered, _list_columns(connection, index), is_unique)
                connection.exec_driver_sql(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
                    (table, index, numbers),
                )
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads it again


def _forget(connection: sa.Connection, table: str) -> None:
    connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table,))


def _list_indexes(connection: sa.Connection, table: str) -> list[tuple[str, bool, bool]]:
    """Return the name of each index of a table, and whether it is unique and partial."""
    query = 'SELECT name, "unique", partial FROM pragma_index_list(?)'
    rows = connection.exec_driver_sql(query, (table,))
    return [(name, bool(is_unique), bool(is_partial)) for name, is_unique, is_partial in rows]


def _list_columns(connection: sa.Connection, index: str) -> list[str]:
    rows = connection.exec_driver_sql("SELECT name FROM pragma_index_info(?)", (index,))
    return [name for (name,) in rows]


def _numbers(rows: int, columns: list[str], is_unique: bool) -> str:
    """Return how many rows there are, and how many share the first column, the first two, …"""
    shared = [rows]
    for column in columns:
        shared.append(max(1, shared[-1] // _values_of(column)))
    if is_unique:
        shared[-1] = 1
    return " ".join(map(str, shared))


def _values_of(column: str) -> int:
    if column in NAMED:
        return NAMED[column]
    if column.endswith(RECORD_ENDINGS):
        return RECORDS
    return DAYS if column.endswith(DAY_ENDINGS) else STATES
