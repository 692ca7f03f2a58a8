"""Organisations' own addresses: sealed, and in clear only for their page."""

import json
from dataclasses import asdict
from uuid import UUID

import structlog

from services.auth.domain.address import Address, AddressKind, SealedAddress
from shared.crypto.data_keys import DataKeys
from shared.crypto.errors import CryptoError
from shared.kernel.ids import OrganisationId, new_id

log = structlog.get_logger()


class SealedAddresses:
    """See `usecases.address_ports.AddressVault`."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def seal(self, organisation_id: OrganisationId, kind: AddressKind, address: Address) -> SealedAddress:
        address_id = new_id()
        key = await self._keys.new_at_hand(_context(address_id))
        sealed = key.seal(json.dumps(asdict(address)).encode())
        return SealedAddress(address_id, organisation_id, kind, key.wrapped, sealed)

    async def open(self, sealed: SealedAddress) -> Address | None:
        try:
            key = await self._keys.at_hand(sealed.data_key, _context(sealed.id))
            fields = json.loads(key.open(sealed.address))
        except CryptoError as error:
            log.warning(
                "address.does_not_open", organisation_id=str(sealed.organisation_id), error=type(error).__name__
            )
            return None
        return Address(**fields | {"lines": tuple(fields["lines"])})


def _context(address_id: UUID) -> bytes:
    return f"auth.address:{address_id}".encode()
