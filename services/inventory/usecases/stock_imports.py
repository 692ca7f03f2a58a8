"""
Importing a table of levels: kept first and shown with its differences, applied when somebody says so.

All of it or nothing: a table with bad lines is not applied, and one that was applied is not applied again.
"""

from uuid import UUID

from services.inventory.domain.ledger import Cause, Via
from services.inventory.domain.stock_import import ReadTable, StockImport
from services.inventory.usecases.ports import Store
from services.inventory.usecases.set_stock import set_stock
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId, UserId, new_id


class ImportUnknown(Exception):
    """There is none of this id, or not in this organisation."""


class ImportHasBadLines(Exception):
    """Nothing of it is applied before they are mended."""


async def keep_import(
    table: ReadTable, organisation_id: OrganisationId, user_id: UserId | None, *, store: Store, clock: Clock
) -> UUID:
    """The id under which it is looked at, for a week."""
    made = StockImport(new_id(), organisation_id, user_id, clock.now(), table)
    await store.imports.add(made)
    return made.id


async def apply_import(
    import_id: UUID, organisation_id: OrganisationId, user_id: UserId | None, *, store: Store, clock: Clock
) -> StockImport:
    """Sets every row. Raises ImportUnknown, ImportHasBadLines. Applying it again changes nothing."""
    found = await store.imports.lock(import_id, organisation_id)
    if found is None:
        raise ImportUnknown
    if found.table.bad:
        raise ImportHasBadLines
    if found.applied_at is None:
        await set_stock(found.table.rows, organisation_id, Cause(Via.PAGE, user_id), store=store, clock=clock)
        await store.imports.applied(import_id, clock.now())
    return found
