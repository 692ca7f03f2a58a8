"""The dashboard: small indexes of the few orders that wait for somebody or for their write-back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SHORT = "jsonb_path_exists(lines, '$[*] ? (@.short > 0)')"
UNCONFIRMED = (
    'jsonb_path_exists(shipments, \'$[*] ? (@.state != "voided" && @.write_back != null'
    ' && @.write_back != "confirmed")\')'
)
TROUBLED = (
    'jsonb_path_exists(shipments, \'$[*] ? (@.write_back == "refused" || @.write_back == "needs_person"'
    ' || @.write_back == "shipped_elsewhere" || ((@.state == "outdated" || @.state == "needs_person")'
    ' && !(@.write_back == "owed" || @.write_back == "sending" || @.write_back == "sent")))\')'
)


def upgrade() -> None:
    for name, table, condition in (
        ("ix_reservation_short", "reservation", SHORT),
        ("ix_shipments_unconfirmed", "shipments", UNCONFIRMED),
        ("ix_shipments_troubled", "shipments", TROUBLED),
    ):
        op.create_index(name, table, ["organisation_id"], postgresql_where=sa.text(condition))
    op.create_index(
        "ix_order_line_cancellation",
        "order_line",
        ["order_id"],
        postgresql_where=sa.text("code = 'cancellation_requested'"),
    )
