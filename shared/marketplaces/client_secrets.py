"""
Client secrets of our own applications. Two of one are good at once while another takes its place.

Where a secret lives for so many days only, the marketplace can be asked for another one, which comes by a queue that
was named to it: the answer to the question holds nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from shared.kernel.errors import ClientSecretInvalid
from shared.marketplaces.models import FarApp, OAuthAnswer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NewSecret:
    """
    Another secret of an application, told by the marketplace; the one before goes on until `former_ends_at`. None: the
    message does not say when; the secret is there all the same.
    """

    client_id: str
    client_secret: str = field(repr=False)
    ends_at: datetime | None
    former_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecretEnds:
    """When an application's secret ends, told by the marketplace."""

    client_id: str
    ends_at: datetime


class ClientSecrets(Protocol):
    async def of(self, app: FarApp) -> Sequence[str]:
        """Those that may be good, newest first. Raises Unavailable: they cannot be read just now."""
        ...


class GivenSecrets:
    """Those applications were made with, and no others."""

    async def of(self, app: FarApp) -> Sequence[str]:
        return (app.client_secret,)


GIVEN_SECRETS: ClientSecrets = GivenSecrets()


class RotationPort(Protocol):
    """Another secret for an application of ours. Only auth calls it."""

    async def rotate(self, region: str) -> None:
        """
        Asks for it; it comes by the queue.

        Raises OutcomeUnknown (it may come all the same), Refused (such as: no queue was named), Throttled,
        Unavailable, and what a call may raise besides.
        """
        ...

    def read(self, message: bytes) -> NewSecret | SecretEnds | None:
        """What a message of the queue tells; None: nothing of secrets. Raises Unreadable."""
        ...


async def with_a_secret(
    app: FarApp, secrets: ClientSecrets, ask: Callable[[str], Awaitable[OAuthAnswer]]
) -> OAuthAnswer:
    """
    The answer to the newest secret that the far side knows.

    A refused client was given nothing, and nothing of what it sent was used up: the next one may be tried. Raises
    ClientSecretInvalid where each is refused: the first one's refusal.
    """
    first: ClientSecretInvalid | None = None
    for secret in await secrets.of(app):
        try:
            return await ask(secret)
        except ClientSecretInvalid as error:
            log.warning("client_secret.refused", client_id=app.client_id)
            first = first or error
    raise first or ClientSecretInvalid("There is no secret.", code="no_secret")
