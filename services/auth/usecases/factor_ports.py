"""What second factors need: rows of apps and recovery codes, and the vault that holds codes against their secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.auth.domain.second_factor import SecondFactor
from shared.kernel.ids import UserId


class Factors(Protocol):
    async def lock(self, account_id: UserId) -> SecondFactor | None:
        """Until the transaction ends no code of it is taken elsewhere."""
        ...

    async def save(self, factor: SecondFactor) -> None:
        """New, or in the place of the one that is there."""
        ...

    async def is_set_up(self, account_id: UserId) -> bool:
        """Whether there is any: an app whose code was seen, or a passkey."""
        ...

    async def set_up_at(self, account_id: UserId) -> datetime | None:
        """Since when there is one of those that are there now; None: there is none."""
        ...

    async def confirm(self, account_id: UserId, now: datetime) -> None:
        """A code of the app was seen: it is set up."""
        ...

    async def keep_recovery_codes(self, account_id: UserId, digests: Sequence[str]) -> None:
        """These, and no others."""
        ...

    async def drop_recovery_codes(self, account_id: UserId) -> None: ...

    async def use_recovery_code(self, account_id: UserId, digest: str) -> bool:
        """False: there is none such any more."""
        ...

    async def drop_begun(self, account_id: UserId) -> None:
        """The app that was begun to be set up: what it was begun with is not enough any more."""
        ...

    async def delete(self, account_id: UserId) -> bool:
        """The app. False: there was none."""
        ...


class FactorVault(Protocol):
    """Each may ask a key service, so no transaction is open meanwhile. Raises Unavailable: it is away."""

    async def new_factor(self, account_id: UserId) -> SecondFactor: ...

    async def secret_text(self, factor: SecondFactor) -> str:
        """To be typed into an app that reads no QR code."""
        ...

    async def app_address(self, factor: SecondFactor, email: str) -> str:
        """The same for its QR code."""
        ...

    async def step_of(self, factor: SecondFactor, code: str, steps: range) -> int | None:
        """Whose code it is; None: of none of these."""
        ...
