"""What applications of an organisation's own need from the outside: rows, and the vault, which calls out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.grant import SealedGrant
from services.auth.domain.private_app import PrivateApp
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.marketplaces.models import OAuthAnswer
from shared.marketplaces.ports import FarAccount


class PrivateApps(Protocol):
    async def lock_of(self, organisation_id: OrganisationId) -> list[PrivateApp]:
        """An organisation's. Until the transaction ends nobody else makes or changes one of them."""
        ...

    async def get(self, app_id: UUID) -> PrivateApp | None: ...

    async def get_own(self, app_id: UUID, organisation_id: OrganisationId) -> PrivateApp | None: ...

    async def save(self, app: PrivateApp) -> None:
        """
        New, or with another secret: then its grants may be renewed at once. Where the one before was refused they must
        be: tokens that it gave end.
        """
        ...

    async def remove(self, app: PrivateApp) -> None:
        """With its secrets and their key; its grants were destroyed before."""

    async def hold(self, app_id: UUID) -> None:
        """Until the transaction ends it gets no other secret, and no account more. Before any grant of it is locked."""
        ...

    async def destroy_unused(self, app_id: UUID) -> None:
        """Its secrets, where no grant is left that needs them."""
        ...

    async def refused(self, app: PrivateApp, since: datetime) -> bool:
        """
        Since when the far side refuses its secret; an earlier moment stays. False: the secret is another one by now,
        and nothing is noted. True: it becomes no other one until the transaction ends.
        """
        ...

    async def known(self, app: PrivateApp) -> None:
        """The far side takes its secret: a refusal is over, and the next one is told anew; fenced as above."""
        ...

    async def count_refused(self, organisation_id: OrganisationId) -> int:
        """How many connections of an organisation stand still, as their application's secret is refused."""
        ...

    async def lock_to_be_told(self, now: datetime) -> Sequence[tuple[PrivateApp, Sequence[ConnectionId]]]:
        """
        Those whose organisation is to be told now that their secret is refused, or ends, and what they reach: a batch,
        without those that somebody works on.
        """
        ...

    async def told(self, app: PrivateApp) -> None:
        """What its organisation was told of, and when it is told next."""
        ...


class PrivateVault(Protocol):
    """What is given to it in clear is sealed or forgotten. Each raises Unavailable where no key can be had just now."""

    async def accepts(self, marketplace: str, client_id: str, client_secret: str) -> bool:
        """Whether the far side knows them. Raises FarSideError."""
        ...

    async def try_client(self, marketplace: str, client_id: str, client_secret: str) -> OAuthAnswer:
        """What they give by themselves. Raises FarSideError: ClientSecretInvalid (theirs) among them."""
        ...

    async def opens(self, marketplace: str, account: FarAccount, answer: OAuthAnswer) -> bool:
        """Whether what they gave opens this very account. Raises FarSideError."""
        ...

    async def new_app(
        self, organisation_id: OrganisationId, marketplace: str, client_id: str, client_secret: str, now: datetime
    ) -> PrivateApp: ...

    async def replaced(self, app: PrivateApp, client_secret: str, now: datetime) -> PrivateApp:
        """
        With another secret, which the far side was seen to know; the one before stays beside it. The same again is no
        other, and is refused no more.
        """
        ...

    async def try_token(self, app: PrivateApp, refresh_token: str) -> OAuthAnswer:
        """What the token gives. Raises FarSideError: ConsentLost, ClientSecretInvalid (theirs) among them."""
        ...

    async def grant(
        self, app: PrivateApp, region: str, refresh_token: str, answer: OAuthAnswer, asked_at: datetime
    ) -> SealedGrant:
        """What was tried at `asked_at`, sealed, under a new grant id."""
        ...
