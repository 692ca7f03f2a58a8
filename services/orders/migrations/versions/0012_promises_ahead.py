"""A buyer's data would have been kept for a promise, or a parcel, of years ahead."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("""
        with ended as (
            select id, case when ended_at > now() + interval '1 day' then updated_at else ended_at end as at
            from marketplace_order where ended_at is not null and erased_at is null and delivered_at is null
        )
        update marketplace_order set
            ended_at = ended.at,
            erase_after = erase_after - coalesce(deliver_by, ended_at)
                + case when deliver_by <= ended.at + interval '30 days' then deliver_by else ended.at end
        from ended
        where marketplace_order.id = ended.id
            and (ended_at <> ended.at or deliver_by > ended.at + interval '30 days')
    """)
