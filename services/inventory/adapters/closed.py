"""What inventory holds of an organisation beside its orders: listings, and SKUs with their stock, ledger and lines."""

from sqlalchemy import text

_OURS = "organisation_id = any(cast(:organisations as uuid[]))"
_OF_SKUS = f"select id from sku where {_OURS}"  # noqa: S608 - a condition of ours
_REFERRED = ("listing", "push_target", "reservation_line", "ledger_entry")
_UNREFERRED = " and ".join(f"not exists (select from {table} where {table}.sku_id = sku.id)" for table in _REFERRED)

DELETIONS = (
    text(f"delete from stock_import where id in (select id from stock_import where {_OURS} limit :limit)"),  # noqa: S608
    text(f"delete from listing where id in (select id from listing where {_OURS} limit :limit)"),  # noqa: S608
    text(f"""
        delete from push_target where id in (
            select id from push_target where sku_id in ({_OF_SKUS})
                and not exists (select from listing where listing.target_id = push_target.id) limit :limit)
    """),  # noqa: S608
    text(f"""
        delete from reservation_line where line_id in (
            select line_id from reservation_line where sku_id in ({_OF_SKUS}) limit :limit)
    """),  # noqa: S608
    text(f"""
        delete from ledger_entry where id in (
            select id from ledger_entry where sku_id in ({_OF_SKUS}) limit :limit)
    """),  # noqa: S608
    text(f"delete from sku where id in ({_OF_SKUS} and {_UNREFERRED} limit :limit)"),  # noqa: S608
)
