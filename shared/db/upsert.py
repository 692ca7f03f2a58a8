"""Insert, or overwrite: for rows that are ours alone, or locked."""

from functools import cache

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert


@cache
def upsert(table: Table, *, but: tuple[str, ...] = ()) -> Insert:
    """Inserts rows, or overwrites those with the same primary key: all columns `but` these. Made once."""
    statement = insert(table)
    key = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns if column.name not in (*key, *but)]
    changed = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)
