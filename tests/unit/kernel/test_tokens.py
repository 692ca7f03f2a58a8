"""A refused token is renewed once; a lost consent is told to auth and stops the caller."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.kernel.errors import ConsentLost, TokenRejected, Unavailable
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import AccessToken
from shared.kernel.tokens import with_token

CONNECTION = ConnectionId(uuid4())


class Tokens:
    """Gives versions 1, 2, …; remembers what it was told."""

    def __init__(self) -> None:
        self.rejected: list[int | None] = []
        self.lost: list[int] = []

    async def get(self, connection_id: ConnectionId, *, rejected: int | None = None) -> AccessToken:
        self.rejected.append(rejected)
        return AccessToken("secret", (rejected or 0) + 1, 7, datetime(2026, 11, 22, tzinfo=UTC))

    async def report_consent_lost(self, connection_id: ConnectionId, consent_version: int) -> None:
        self.lost.append(consent_version)


async def test_a_refused_token_is_renewed_once() -> None:
    """The second token is asked for by naming the refused one, and its answer is the caller's."""
    tokens = Tokens()

    async def call(token: AccessToken) -> str:
        if token.token_version == 1:
            raise TokenRejected("expired")
        return "answer"

    assert await with_token(tokens, CONNECTION, call) == "answer"
    assert tokens.rejected == [None, 1]
    assert tokens.lost == []


@pytest.mark.parametrize("error", [TokenRejected, ConsentLost])
async def test_a_lost_consent_is_told_to_auth(error: type[Exception]) -> None:
    """Two refused tokens or a refused consent: auth hears of this consent_version, the caller gets ConsentLost."""
    tokens = Tokens()

    async def call(token: AccessToken) -> str:
        raise error("no")

    with pytest.raises(ConsentLost) as lost:
        await with_token(tokens, CONNECTION, call)
    assert lost.value.consent_version == 7
    assert tokens.lost == [7]


async def test_other_trouble_is_not_the_consent() -> None:
    """A far side that is down says nothing about the consent."""
    tokens = Tokens()

    async def call(token: AccessToken) -> str:
        raise Unavailable("502")

    with pytest.raises(Unavailable):
        await with_token(tokens, CONNECTION, call)
    assert tokens.lost == []


def test_a_token_never_shows_itself() -> None:
    """Its repr, which ends up in logs and traces, has no value in it."""
    assert "secret" not in repr(AccessToken("secret", 1, 1, datetime(2026, 11, 22, tzinfo=UTC)))
