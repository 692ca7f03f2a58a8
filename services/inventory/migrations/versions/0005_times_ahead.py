"""What was taken for changed in the future would have been kept until then, and for its time after."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("update reservation set updated_at = now() where updated_at > now() + interval '1 day'")
