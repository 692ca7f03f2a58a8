"""
Groups of orders: alike in all that lists are filtered by, and side by side in an index for each way a list is sorted.

An organisation has some hundred groups at most, however much it sold. Whatever is asked for is some of them, and of
each only the beginning is read: no filter, list or count takes longer because more is stored.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, func, select, true, tuple_

from services.orders.adapters import tables
from services.orders.domain.order import Decision
from shared.kernel.ids import OrganisationId

_ORDER = tables.order
_COUNTED = ("decision", "status", "stage")


def groups_of(organisation_id: OrganisationId, key: Sequence[str] = tables.GROUP) -> CTE:
    """Each value of `key` that an order has: the first, and always the next one behind it, a step in an index each."""
    columns = [_ORDER.c[name] for name in key]
    nearest = select(*columns).where(_ORDER.c.organisation_id == organisation_id).order_by(*columns).limit(1)
    found = nearest.cte("found", recursive=True)
    behind = tuple_(*columns) > tuple_(*(found.c[name] for name in key))
    following = nearest.where(behind).correlate(found).lateral("following")
    return found.union_all(select(following).select_from(found.join(following, true())))


def each_of(groups: CTE, organisation_id: OrganisationId, read: Select[Any]) -> FromClause:
    """What is read of the orders of one group, for each of them."""
    alike = [_ORDER.c[one.name] == one for one in groups.c]
    return read.where(_ORDER.c.organisation_id == organisation_id, *alike).correlate(groups).lateral("each")


def counts_of(organisation_id: OrganisationId, most: int) -> Select[Any]:
    """How many orders are of each decision, status and stage: `most` of them, where there are more."""
    groups = groups_of(organisation_id, _COUNTED)
    some = each_of(groups, organisation_id, select(_ORDER.c.id).limit(most))
    counted = select(func.count().label("orders")).select_from(some).lateral("counted")
    return select(groups, counted.c.orders).select_from(groups.join(counted, true()))


def left_to_do(groups: CTE) -> ColumnElement[bool]:
    """The others' orders have no deadline."""
    return groups.c.decision != Decision.NOT_OURS.value
