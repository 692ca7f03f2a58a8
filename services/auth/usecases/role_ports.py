"""What roles that were asked for later need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.asked_role import AskedRole


@dataclass(frozen=True, slots=True)
class RoleStanding:
    """How many living connections by our application were consented to with the role, and how many without."""

    asked: AskedRole
    given: int
    lacking: int


class AskedRoles(Protocol):
    async def ask(self, role: AskedRole, now: datetime) -> None:
        """Again: since another moment, and told of again."""
        ...

    async def drop(self, marketplace: str, role: str) -> bool:
        """In all regions; whether it was asked for anywhere."""
        ...

    async def standing(self) -> Sequence[RoleStanding]:
        """Each role that is asked for, by marketplace, region and name."""
        ...
