"""Organisations that auth told of as closed: what is theirs goes, but orders, which have their own time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "closed_organisation",
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_closed_organisation"),
    )
    # Of an organisation that is gone, too, the ledger is let go.
    op.execute("""
        create or replace function ledger_is_append_only() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE' and (
                old.at < now() - interval '1 year'
                or exists (select from closed_organisation where organisation_id = old.organisation_id)
            ) then
                return old;
            end if;
            raise exception 'the ledger is append-only';
        end $$
    """)
