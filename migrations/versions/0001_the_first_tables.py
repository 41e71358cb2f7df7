"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("policy_area", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_code")),
    )
    op.create_table(
        "form_tokens",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_path", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_form_tokens")),
    )
    with op.batch_alter_table("form_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_tokens_used_at"), ["used_at"], unique=False)

    op.create_table(
        "audit_blocks",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_audit_blocks_area_id")),
        sa.PrimaryKeyConstraint("area_id", "number", name=op.f("pk_audit_blocks")),
    )
    op.create_table(
        "audit_events",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_role", sa.String(length=40), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("record_type", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_audit_events_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_audit_events")),
        sa.UniqueConstraint(
            "area_id",
            "block_number",
            "position",
            name=op.f("uq_audit_events_area_id_block_number_position"),
        ),
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_events_area_id_at_id"), ["area_id", "at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_events_area_id_record_type_record_id"),
            ["area_id", "record_type", "record_id"],
            unique=False,
        )

    op.create_table(
        "districts",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_districts_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_districts")),
        sa.UniqueConstraint("area_id", "code", name=op.f("uq_districts_area_id_code")),
    )
    op.create_table(
        "import_files",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_import_files_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_import_files")),
    )
    with op.batch_alter_table("import_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_files_area_id_kind_uploaded_at_id"),
            ["area_id", "kind", "uploaded_at", "id"],
            unique=False,
        )

    op.create_table(
        "job_runs",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("job_key", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column(
            "inputs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progress_done", sa.BigInteger(), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_job_runs_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_job_runs")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_job_runs_area_id_kind_started_at"),
            ["area_id", "kind", "started_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_job_runs_live_key",
            ["area_id", "job_key"],
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        )

    op.create_table(
        "number_series",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_number_series_area_id")),
        sa.PrimaryKeyConstraint("area_id", "series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "payout_runs",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("facts_digest", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("zero", sa.Integer(), nullable=False),
        sa.Column("eligible_fen", sa.BigInteger(), nullable=False),
        sa.Column("fund_fen", sa.BigInteger(), nullable=False),
        sa.Column("assistance_fen", sa.BigInteger(), nullable=False),
        sa.Column("person_fen", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calculated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calculated_by_id", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_digest", sa.String(length=64), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_payout_runs_month")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_runs_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_runs")),
        sa.UniqueConstraint(
            "area_id",
            "month",
            "kind",
            "sequence",
            name=op.f("uq_payout_runs_area_id_month_kind_sequence"),
        ),
    )
    op.create_table(
        "insured_persons",
        sa.Column("case_number", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sex", sa.String(length=40), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("community", sa.String(length=100), nullable=False),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("identity_digest", sa.String(length=64), nullable=False),
        sa.Column("identity_last4", sa.String(length=4), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("home_latitude_e6", sa.Integer(), nullable=True),
        sa.Column("home_longitude_e6", sa.Integer(), nullable=True),
        sa.Column("assistance", sa.String(length=40), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_insured_persons_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_insured_persons_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_insured_persons")),
        sa.UniqueConstraint(
            "area_id", "case_number", name=op.f("uq_insured_persons_area_id_case_number")
        ),
        sa.UniqueConstraint(
            "area_id", "identity_digest", name=op.f("uq_insured_persons_area_id_identity_digest")
        ),
    )
    with op.batch_alter_table("insured_persons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_insured_persons_area_id_district_id_case_number"),
            ["area_id", "district_id", "case_number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_insured_persons_area_id_identity_last4"),
            ["area_id", "identity_last4"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_insured_persons_area_id_name_id"),
            ["area_id", "name", "id"],
            unique=False,
        )

    op.create_table(
        "organisations",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_organisations_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_organisations_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "payout_chunks",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_case", sa.String(length=30), nullable=False),
        sa.Column("last_case", sa.String(length=30), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_chunks_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_chunks_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_chunks")),
        sa.UniqueConstraint(
            "area_id", "run_id", "number", name=op.f("uq_payout_chunks_area_id_run_id_number")
        ),
    )
    op.create_table(
        "statements",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=True),
        sa.Column("file_bytes", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_statements_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_statements_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_statements")),
        sa.UniqueConstraint("area_id", "number", name=op.f("uq_statements_area_id_number")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "kind",
            "subject_id",
            name=op.f("uq_statements_area_id_run_id_kind_subject_id"),
        ),
    )
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_statements_area_id_run_id_provider_id"),
            ["area_id", "run_id", "provider_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_statements_area_id_subject_id"), ["area_id", "subject_id"], unique=False
        )

    op.create_table(
        "bank_accounts",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("holder_name", sa.String(length=120), nullable=False),
        sa.Column("bank_name", sa.String(length=120), nullable=False),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_digest", sa.String(length=64), nullable=False),
        sa.Column("account_last4", sa.String(length=4), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_bank_accounts_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_bank_accounts_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_bank_accounts")),
    )
    with op.batch_alter_table("bank_accounts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bank_accounts_area_id_account_digest"),
            ["area_id", "account_digest"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_bank_accounts_area_id_person_id"), ["area_id", "person_id"], unique=False
        )

    op.create_table(
        "enrolments",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("contribution_years", sa.Integer(), nullable=False),
        sa.Column("topped_up_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("contribution_years >= 0", name=op.f("ck_enrolments_years")),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_enrolments_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_enrolments_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_enrolments")),
    )
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enrolments_area_id_person_id"), ["area_id", "person_id"], unique=False
        )

    op.create_table(
        "life_events",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_life_events_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_life_events_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_life_events")),
    )
    with op.batch_alter_table("life_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_life_events_area_id_person_id"), ["area_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_life_events_area_id_starts_on_id"),
            ["area_id", "starts_on", "id"],
            unique=False,
        )

    op.create_table(
        "payout_holds",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column(
            "values", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_payout_holds_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_holds_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_holds_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_holds")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "person_id",
            "sequence",
            name=op.f("uq_payout_holds_area_id_run_id_person_id_sequence"),
        ),
    )
    with op.batch_alter_table("payout_holds", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payout_holds_area_id_run_id_owner_kind"),
            ["area_id", "run_id", "owner", "kind"],
            unique=False,
        )

    op.create_table(
        "payout_lines",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("component", sa.String(length=40), nullable=False),
        sa.Column("payee_kind", sa.String(length=20), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("eligible_fen", sa.BigInteger(), nullable=False),
        sa.Column("fund_fen", sa.BigInteger(), nullable=False),
        sa.Column("assistance_fen", sa.BigInteger(), nullable=False),
        sa.Column("person_fen", sa.BigInteger(), nullable=False),
        sa.Column("excess_fen", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "eligible_fen = fund_fen + assistance_fen + person_fen",
            name=op.f("ck_payout_lines_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_payout_lines_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_lines_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_lines_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_lines")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "person_id",
            "component",
            "payee_kind",
            "payee_id",
            "sequence",
            name="uq_payout_lines_once",
        ),
    )
    with op.batch_alter_table("payout_lines", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payout_lines_area_id_run_id_provider_id"),
            ["area_id", "run_id", "provider_id"],
            unique=False,
        )

    op.create_table(
        "payout_results",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("case_number", sa.String(length=30), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("eligible_fen", sa.BigInteger(), nullable=False),
        sa.Column("fund_fen", sa.BigInteger(), nullable=False),
        sa.Column("assistance_fen", sa.BigInteger(), nullable=False),
        sa.Column("person_fen", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.LargeBinary(), nullable=False),
        sa.Column("trace_digest", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_payout_results_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_results_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_results_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_results")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "person_id",
            name=op.f("uq_payout_results_area_id_run_id_person_id"),
        ),
    )
    with op.batch_alter_table("payout_results", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payout_results_area_id_run_id_case_number"),
            ["area_id", "run_id", "case_number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_payout_results_area_id_run_id_outcome_case_number"),
            ["area_id", "run_id", "outcome", "case_number"],
            unique=False,
        )

    op.create_table(
        "providers",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_providers_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "id"],
            ["organisations.area_id", "organisations.id"],
            name=op.f("fk_providers_area_id_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_providers_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_providers")),
        sa.UniqueConstraint("area_id", "code", name=op.f("uq_providers_area_id_code")),
        sa.UniqueConstraint(
            "area_id", "credit_code", name=op.f("uq_providers_area_id_credit_code")
        ),
    )
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_providers_area_id_name_id"), ["area_id", "name", "id"], unique=False
        )

    op.create_table(
        "agreements",
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_agreements_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_agreements_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_agreements")),
    )
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agreements_area_id_provider_id"),
            ["area_id", "provider_id"],
            unique=False,
        )

    op.create_table(
        "bed_stays",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_bed_stays_price")),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_bed_stays_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_bed_stays_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_bed_stays_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_bed_stays")),
    )
    with op.batch_alter_table("bed_stays", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bed_stays_area_id_person_id"), ["area_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_bed_stays_area_id_starts_on_id"),
            ["area_id", "starts_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_bed_stays_current_reference",
            ["area_id", "provider_id", "reference"],
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "care_plans",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=120), nullable=False),
        sa.Column("authorised_minutes_per_month", sa.Integer(), nullable=True),
        sa.Column("bonus_choice", sa.String(length=40), nullable=True),
        sa.Column("home_care_since", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_care_plans_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_care_plans_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_care_plans_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_care_plans")),
    )
    with op.batch_alter_table("care_plans", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_plans_area_id_person_id"), ["area_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_care_plans_area_id_provider_id_starts_on_id"),
            ["area_id", "provider_id", "starts_on", "id"],
            unique=False,
        )

    op.create_table(
        "carers",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_digest", sa.String(length=64), nullable=True),
        sa.Column("identity_last4", sa.String(length=4), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("certificate_number", sa.String(length=60), nullable=False),
        sa.Column("certificate_ends_before", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_carers_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_carers_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_carers")),
        sa.UniqueConstraint("area_id", "code", name=op.f("uq_carers_area_id_code")),
        sa.UniqueConstraint(
            "area_id", "identity_digest", name=op.f("uq_carers_area_id_identity_digest")
        ),
    )
    with op.batch_alter_table("carers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_carers_area_id_provider_id_name_id"),
            ["area_id", "provider_id", "name", "id"],
            unique=False,
        )

    op.create_table(
        "fees",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_fees_amount")),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_fees_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_fees_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_fees_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_fees")),
    )
    with op.batch_alter_table("fees", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_fees_area_id_person_id_charged_on"),
            ["area_id", "person_id", "charged_on"],
            unique=False,
        )
        batch_op.create_index(
            "uq_fees_current_reference",
            ["area_id", "provider_id", "reference"],
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "plan_items",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("times_per_week", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("times_per_week > 0", name=op.f("ck_plan_items_times")),
        sa.ForeignKeyConstraint(
            ["area_id", "plan_id"],
            ["care_plans.area_id", "care_plans.id"],
            name=op.f("fk_plan_items_area_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_plan_items_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_plan_items")),
        sa.UniqueConstraint(
            "area_id", "plan_id", "item_code", name=op.f("uq_plan_items_area_id_plan_id_item_code")
        ),
    )
    op.create_table(
        "users",
        sa.Column("sign_in_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("carer_id", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "carer_id"],
            ["carers.area_id", "carers.id"],
            name=op.f("fk_users_area_id_carer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_users_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "organisation_id"],
            ["organisations.area_id", "organisations.id"],
            name=op.f("fk_users_area_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_users_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_users")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_users_sign_in_name")),
    )
    op.create_table(
        "visits",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("carer_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("begins_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.Column("items", sa.String(length=400), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=True),
        sa.Column("longitude_e6", sa.Integer(), nullable=True),
        sa.Column("datum", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("refused", sa.String(length=200), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > begins_at", name=op.f("ck_visits_order")),
        sa.ForeignKeyConstraint(
            ["area_id", "carer_id"],
            ["carers.area_id", "carers.id"],
            name=op.f("fk_visits_area_id_carer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_visits_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_visits_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_visits_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_carer_id_service_on"),
            ["area_id", "carer_id", "service_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_person_id_service_on"),
            ["area_id", "person_id", "service_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_provider_id_service_on_id"),
            ["area_id", "provider_id", "service_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_service_on_id"),
            ["area_id", "service_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_visits_current_reference",
            ["area_id", "provider_id", "reference"],
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "applications",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("refusal_reason", sa.String(length=40), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("assessor_id", sa.BigInteger(), nullable=True),
        sa.Column("expert_id", sa.BigInteger(), nullable=True),
        sa.Column("visit_planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "assessor_id"],
            ["users.area_id", "users.id"],
            name=op.f("fk_applications_area_id_assessor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "expert_id"],
            ["users.area_id", "users.id"],
            name=op.f("fk_applications_area_id_expert_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_applications_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_applications_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_applications")),
        sa.UniqueConstraint("area_id", "number", name=op.f("uq_applications_area_id_number")),
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_assessor_id_status"),
            ["area_id", "assessor_id", "status"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_expert_id_status"),
            ["area_id", "expert_id", "status"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_person_id"), ["area_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_status_filed_on_id"),
            ["area_id", "status", "filed_on", "id"],
            unique=False,
        )

    op.create_table(
        "user_sessions",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "user_id"],
            ["users.area_id", "users.id"],
            name=op.f("fk_user_sessions_area_id_user_id"),
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_user_sessions")),
    )
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_sessions_area_id_user_id"), ["area_id", "user_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_user_sessions_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "conclusions",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=True),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=False),
        sa.Column("valid_before", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "application_id"],
            ["applications.area_id", "applications.id"],
            name=op.f("fk_conclusions_area_id_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_conclusions_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_conclusions_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_conclusions")),
    )
    with op.batch_alter_table("conclusions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conclusions_area_id_person_id"), ["area_id", "person_id"], unique=False
        )

    op.create_table(
        "evaluations",
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column(
            "scores", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("guardian_present", sa.String(length=120), nullable=False),
        sa.Column("sent_back_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=10), nullable=True),
        sa.Column("adl_total", sa.Integer(), nullable=True),
        sa.Column("cog_total", sa.Integer(), nullable=True),
        sa.Column("per_total", sa.Integer(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "application_id"],
            ["applications.area_id", "applications.id"],
            name=op.f("fk_evaluations_area_id_application_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_evaluations_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_evaluations")),
    )
    with op.batch_alter_table("evaluations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_evaluations_area_id_application_id"),
            ["area_id", "application_id"],
            unique=False,
        )

    op.create_table(
        "confirmations",
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("expert_id", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "application_id"],
            ["applications.area_id", "applications.id"],
            name=op.f("fk_confirmations_area_id_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "evaluation_id"],
            ["evaluations.area_id", "evaluations.id"],
            name=op.f("fk_confirmations_area_id_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "expert_id"],
            ["users.area_id", "users.id"],
            name=op.f("fk_confirmations_area_id_expert_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_confirmations_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint(
            "area_id",
            "evaluation_id",
            "expert_id",
            name=op.f("uq_confirmations_area_id_evaluation_id_expert_id"),
        ),
    )


def downgrade() -> None:
    op.drop_table("confirmations")
    with op.batch_alter_table("evaluations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluations_area_id_application_id"))

    op.drop_table("evaluations")
    with op.batch_alter_table("conclusions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conclusions_area_id_person_id"))

    op.drop_table("conclusions")
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_sessions_expires_at"))
        batch_op.drop_index(batch_op.f("ix_user_sessions_area_id_user_id"))

    op.drop_table("user_sessions")
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_area_id_status_filed_on_id"))
        batch_op.drop_index(batch_op.f("ix_applications_area_id_person_id"))
        batch_op.drop_index(batch_op.f("ix_applications_area_id_expert_id_status"))
        batch_op.drop_index(batch_op.f("ix_applications_area_id_assessor_id_status"))

    op.drop_table("applications")
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_visits_current_reference",
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_visits_area_id_service_on_id"))
        batch_op.drop_index(batch_op.f("ix_visits_area_id_provider_id_service_on_id"))
        batch_op.drop_index(batch_op.f("ix_visits_area_id_person_id_service_on"))
        batch_op.drop_index(batch_op.f("ix_visits_area_id_carer_id_service_on"))

    op.drop_table("visits")
    op.drop_table("users")
    op.drop_table("plan_items")
    with op.batch_alter_table("fees", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_fees_current_reference",
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_fees_area_id_person_id_charged_on"))

    op.drop_table("fees")
    with op.batch_alter_table("carers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_carers_area_id_provider_id_name_id"))

    op.drop_table("carers")
    with op.batch_alter_table("care_plans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_plans_area_id_provider_id_starts_on_id"))
        batch_op.drop_index(batch_op.f("ix_care_plans_area_id_person_id"))

    op.drop_table("care_plans")
    with op.batch_alter_table("bed_stays", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bed_stays_current_reference",
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_bed_stays_area_id_starts_on_id"))
        batch_op.drop_index(batch_op.f("ix_bed_stays_area_id_person_id"))

    op.drop_table("bed_stays")
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreements_area_id_provider_id"))

    op.drop_table("agreements")
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_providers_area_id_name_id"))

    op.drop_table("providers")
    with op.batch_alter_table("payout_results", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_results_area_id_run_id_outcome_case_number"))
        batch_op.drop_index(batch_op.f("ix_payout_results_area_id_run_id_case_number"))

    op.drop_table("payout_results")
    with op.batch_alter_table("payout_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_lines_area_id_run_id_provider_id"))

    op.drop_table("payout_lines")
    with op.batch_alter_table("payout_holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_holds_area_id_run_id_owner_kind"))

    op.drop_table("payout_holds")
    with op.batch_alter_table("life_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_life_events_area_id_starts_on_id"))
        batch_op.drop_index(batch_op.f("ix_life_events_area_id_person_id"))

    op.drop_table("life_events")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolments_area_id_person_id"))

    op.drop_table("enrolments")
    with op.batch_alter_table("bank_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_accounts_area_id_person_id"))
        batch_op.drop_index(batch_op.f("ix_bank_accounts_area_id_account_digest"))

    op.drop_table("bank_accounts")
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statements_area_id_subject_id"))
        batch_op.drop_index(batch_op.f("ix_statements_area_id_run_id_provider_id"))

    op.drop_table("statements")
    op.drop_table("payout_chunks")
    op.drop_table("organisations")
    with op.batch_alter_table("insured_persons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_insured_persons_area_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_insured_persons_area_id_identity_last4"))
        batch_op.drop_index(batch_op.f("ix_insured_persons_area_id_district_id_case_number"))

    op.drop_table("insured_persons")
    op.drop_table("payout_runs")
    op.drop_table("number_series")
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_runs_live_key",
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_job_runs_area_id_kind_started_at"))

    op.drop_table("job_runs")
    with op.batch_alter_table("import_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_files_area_id_kind_uploaded_at_id"))

    op.drop_table("import_files")
    op.drop_table("districts")
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_events_area_id_record_type_record_id"))
        batch_op.drop_index(batch_op.f("ix_audit_events_area_id_at_id"))

    op.drop_table("audit_events")
    op.drop_table("audit_blocks")
    with op.batch_alter_table("form_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_tokens_used_at"))

    op.drop_table("form_tokens")
    op.drop_table("areas")
