"""The end of an organisation here, as its members read of it when their accounts are gone."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Farewell:
    """A mail to somebody who was a member. It goes as soon as it is sent: nothing else here knows the address."""

    id: UUID
    email: str = field(repr=False)
    locale: str
    organisation: str = field(repr=False)
