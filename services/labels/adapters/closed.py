"""What labels holds of an organisation beside its orders: the carrier's settings, and the sender on each parcel."""

from sqlalchemy import text

_OURS = "organisation_id = any(cast(:organisations as uuid[]))"

DELETIONS = (
    text(f"delete from carrier_settings where {_OURS}"),  # noqa: S608 - a condition of ours
    text(f"delete from serial where {_OURS}"),  # noqa: S608 - a condition of ours
    # Their numbers stay: parcels have their own time.
    text(f"""
        update shipment set sender = null where shipment_id in (
            select shipment_id from shipment where {_OURS} and sender is not null
            order by shipment_id limit :limit for update skip locked)
    """),  # noqa: S608 - a condition of ours
)
