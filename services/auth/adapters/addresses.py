"""Organisations' own addresses in PostgreSQL, as the vault sealed them, and what they say of their selling plan."""

from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.address import AddressKind, SealedAddress
from shared.kernel.ids import OrganisationId

_ITS = tables.address


class SqlAddresses:
    """See `usecases.address_ports.Addresses`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def save(self, address: SealedAddress) -> None:
        values = {"id": address.id, "wrapped_key": address.data_key, "sealed_address": address.address}
        saving = upsert(_ITS).values(organisation_id=address.organisation_id, kind=address.kind.value, **values)
        await self._connection.execute(
            saving.on_conflict_do_update(index_elements=["organisation_id", "kind"], set_=values)
        )

    async def remove(self, organisation_id: OrganisationId, kind: AddressKind) -> bool:
        own = delete(_ITS).where(_ITS.c.organisation_id == organisation_id, _ITS.c.kind == kind.value)
        return (await self._connection.execute(own)).rowcount > 0

    async def say_professional(self, organisation_id: OrganisationId, professional: bool) -> bool:
        its = tables.organisation
        other = update(its).where(its.c.id == organisation_id, its.c.professional.is_not(professional))
        return (await self._connection.execute(other.values(professional=professional))).rowcount > 0


def of_organisation(organisation_id: OrganisationId) -> Select[Any]:
    return select(_ITS).where(_ITS.c.organisation_id == organisation_id)


def to_sealed(row: Any) -> SealedAddress:
    return SealedAddress(
        row.id, OrganisationId(row.organisation_id), AddressKind(row.kind), row.wrapped_key, row.sealed_address
    )
