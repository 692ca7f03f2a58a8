"""Calls that show buyers' data and want a token of their own, made for exactly these calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.kernel.budgets import Budgets
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount


@dataclass(frozen=True, slots=True, order=True)
class RestrictedResource:
    """A call: its method and its path, exactly as it is made; `data_elements`: which data, where that is asked for."""

    method: str
    path: str
    data_elements: tuple[str, ...] = ()


class RestrictedPort(Protocol):
    """Only auth calls it. Operations: `restricted` kind."""

    most: int

    def is_restricted(self, resource: RestrictedResource) -> bool:
        """Whether it is one of the calls that want such a token."""
        ...

    async def restricted_token(
        self, account: FarAccount, resources: Sequence[RestrictedResource], token: AccessToken, budgets: Budgets
    ) -> OAuthAnswer:
        """
        A token for these calls. Also raises TokenRejected, RoleMissing, Refused.
        """
        ...
