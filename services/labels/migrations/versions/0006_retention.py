"""What was kept for its time is deleted: an order's begins when the marketplace last changed it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("fulfilment", sa.Column("updated_at", sa.DateTime(timezone=True)))
    # Of what is there already the marketplace's own time was not told: it changed the order before we heard of it.
    op.execute("""
        update fulfilment set updated_at = coalesce(
            (select applied_at from inbox
             where consumer = 'labels' and topic = 'orders.order.v1' and subject = fulfilment.order_id), now())
    """)
    op.alter_column("fulfilment", "updated_at", nullable=False)
    op.create_index(
        "ix_fulfilment_updated_at", "fulfilment", [sa.text("(order_state ->> 'marketplace')"), "updated_at"]
    )
