"""What passkeys need: rows, challenges, and whoever reads what a browser answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.passkey import Ceremony, Challenge, Created, Passkey
from shared.kernel.ids import UserId


class Passkeys(Protocol):
    async def add(self, passkey: Passkey) -> bool:
        """False: this credential is there already, whosever it is."""
        ...

    async def lock(self, credential_id: bytes) -> Passkey | None:
        """Until the transaction ends no other signature of it is taken."""
        ...

    async def of(self, account_id: UserId) -> Sequence[Passkey]:
        """Somebody's, in the order they were made."""
        ...

    async def save(self, passkey: Passkey) -> None:
        """How far it has counted, and when."""
        ...

    async def delete(self, passkey_id: UUID, account_id: UserId) -> bool:
        """False: there is none of this account."""
        ...

    async def delete_all(self, account_id: UserId) -> bool:
        """False: there was none."""
        ...

    async def challenge(self, challenge: Challenge) -> None:
        """In the place of the one that its holder had for the same."""
        ...

    async def use_challenge(self, holder: str, ceremony: Ceremony, now: datetime) -> bytes | None:
        """Once; None: there is none, or no longer."""
        ...


class RelyingParty(Protocol):
    """
    This site, as browsers know it. `answer`: what a browser gives, JSON; each that reads one raises PasskeyRefused:
    it is not for this challenge and this site, or not signed by this key.
    """

    @property
    def origin(self) -> str:
        """Where pages can ask for a passkey."""
        ...

    def creation_options(self, account: Account, known: Sequence[Passkey], challenge: bytes) -> str:
        """JSON for `navigator.credentials.create`; a device that holds one of `known` makes no other."""
        ...

    def request_options(self, known: Sequence[Passkey], challenge: bytes) -> str:
        """JSON for `navigator.credentials.get`; none known: one that the device finds and verifies its person for."""
        ...

    def created(self, answer: str, challenge: bytes) -> Created: ...

    def named(self, answer: str) -> tuple[bytes, bytes | None]:
        """Credential id and user handle that it claims to be of; nothing is proven by that."""
        ...

    def sign_count(self, answer: str, passkey: Passkey, challenge: bytes, *, verified: bool) -> int:
        """How far the device has counted. `verified`: it must have asked for its person's finger, face or PIN."""
        ...
