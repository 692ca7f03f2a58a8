"""Members with roles, invitations, and when who has access is to be reviewed."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0013"
down_revision = "0012"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Whoever is there made their organisation; processes of before go on to add such accounts.
    op.add_column("account", sa.Column("role", sa.Text, nullable=False, server_default=sa.text("'owner'")))
    op.add_column("account", sa.Column("signed_in_at", _TIME))
    op.execute(
        "update account set signed_in_at = last.at from (select account_id, max(at) as at from audit "
        "where action in ('account.signed_in', 'account.signed_up') group by account_id) last "
        "where last.account_id = account.id"
    )
    op.add_column("organisation", sa.Column("reviewed_at", _TIME))
    first_due = sa.text("now() + interval '91 days'")
    op.add_column("organisation", sa.Column("review_due_at", _TIME, nullable=False, server_default=first_due))
    _invitations()


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("mail_due_at", _TIME),
        sa.Column("mailed_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("organisation_id", "email_key", name="uq_invitation_organisation_id_email_key"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_invitation_organisation_id_organisation"
        ),
    )
    op.create_index("ix_invitation_organisation_id", "invitation", ["organisation_id"])
    waiting = sa.text("mail_due_at is not null")
    op.create_index("ix_invitation_mail_due_at", "invitation", ["mail_due_at"], postgresql_where=waiting)
    op.create_table(
        "invitation_link",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("invitation_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_invitation_link"),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name="fk_invitation_link_invitation_id_invitation",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_invitation_link_invitation_id", "invitation_link", ["invitation_id"])
