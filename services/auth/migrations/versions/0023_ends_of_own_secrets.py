"""When the client secret of an organisation's own application ends, and what its members were told of it."""

from typing import cast

import sqlalchemy as sa
from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0023"
down_revision = "0022"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("refusal_told_at", "secret_ends_at", "warn_at"):
        op.add_column("private_app", sa.Column(name, _TIME))
    # Counted from when each was entered; warned of thirty days before.
    op.execute(
        "update private_app set secret_ends_at = coalesce(replaced_at, made_at) + interval '180 days', "
        "warn_at = coalesce(replaced_at, made_at) + interval '150 days' "
        "where marketplace in ('amazon', 'amazon_vendor', 'amazon_mcf') and sealed_secret <> ''"
    )
