"""What an organisation's addresses need from the outside: rows, and the vault that seals them."""

from typing import Protocol

from services.auth.domain.address import Address, AddressKind, SealedAddress
from shared.kernel.ids import OrganisationId


class Addresses(Protocol):
    async def save(self, address: SealedAddress) -> None:
        """In the place of the one of its kind."""
        ...

    async def remove(self, organisation_id: OrganisationId, kind: AddressKind) -> bool:
        """False: there was none."""
        ...

    async def say_professional(self, organisation_id: OrganisationId, professional: bool) -> bool:
        """What the organisation says of its selling plan. False: it said so already."""
        ...


class AddressVault(Protocol):
    async def seal(self, organisation_id: OrganisationId, kind: AddressKind, address: Address) -> SealedAddress:
        """Raises Unavailable."""
        ...

    async def open(self, sealed: SealedAddress) -> Address | None:
        """None: its key is lost. Raises Unavailable: it may well open later."""
        ...
