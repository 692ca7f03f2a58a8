"""What was taken for changed in the future would have been kept until then, and for its time after."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("update fulfilment set updated_at = now() where updated_at > now() + interval '1 day'")
