"""Sealing a grant's secrets: each bound to its grant and its place, so that none opens anywhere else."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.auth.domain.grant import SealedGrant
from services.auth.domain.token import TokenState
from shared.crypto.data_keys import DataKeys
from shared.crypto.keyring import DataKey
from shared.kernel.ids import GrantId, new_id
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import OAuthAnswer

_REFRESH = b"refresh_token"
_ACCESS = b"access_token"


class GrantSeals:
    """The only place where tokens of far sides are in clear beside sealed bytes."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def new_key(self, grant_id: GrantId) -> DataKey:
        """For a grant that is to be. Raises Unavailable."""
        return await self._keys.new_at_hand(key_context(grant_id))

    async def key_of(self, grant: SealedGrant) -> DataKey:
        """
        What a renewal opens and seals with: had before the far side is asked, whose answer must not be lost for it.

        A shared grant seals one token only, so it gets a new data key with each: no lost key stops its sellers.
        Raises UnknownKey, CannotOpen, Unavailable.
        """
        if grant.is_shared:
            return await self.new_key(grant.id)
        return await self._keys.at_hand(grant.data_key, key_context(grant.id))

    def new_grant(
        self, grant_id: GrantId, key: DataKey, marketplace: str, region: str, answer: OAuthAnswer, asked_at: datetime
    ) -> SealedGrant:
        """What an exchange gave, under a data key of its own."""
        empty = SealedGrant(grant_id, marketplace, region, key.wrapped, b"", b"", asked_at)
        return self.with_answer(empty, key, answer, asked_at)

    def new_shared_grant(self, marketplace: str, region: str, now: datetime) -> SealedGrant:
        """Our application's own, before its first token: nothing is sealed, so there is no data key yet."""
        return SealedGrant(GrantId(new_id()), marketplace, region, b"", None, b"", now)

    def with_answer(self, grant: SealedGrant, key: DataKey, answer: OAuthAnswer, asked_at: datetime) -> SealedGrant:
        """
        The grant after a renewal; a refresh token that was not sent again stays, and a shared grant has none.

        `key`: see `key_of`.
        """
        refresh_token = grant.refresh_token
        if refresh_token is not None and answer.refresh_token is not None:
            refresh_token = _sealed(key, _REFRESH, answer.refresh_token)
        return replace(
            grant,
            data_key=key.wrapped,
            refresh_token=refresh_token,
            access_token=_sealed(key, _ACCESS, answer.access_token),
            # Counted from when it was asked for: never believed for longer than the far side does.
            expires_at=asked_at + timedelta(seconds=answer.expires_in_seconds),
            token_version=grant.token_version + 1,
        )

    async def under_a_new_key(self, grant: SealedGrant) -> SealedGrant:
        """The same tokens, sealed anew. Raises UnknownKey, CannotOpen, Unavailable."""
        context = key_context(grant.id)
        old, new = await self._keys.at_hand(grant.data_key, context), await self._keys.new_at_hand(context)
        refresh_token = None if grant.refresh_token is None else new.seal(old.open(grant.refresh_token))
        access_token = new.seal(old.open(grant.access_token))
        return replace(grant, data_key=new.wrapped, refresh_token=refresh_token, access_token=access_token)

    def refresh_token(self, grant: SealedGrant, key: DataKey) -> str | None:
        """None: it is shared. Raises CannotOpen."""
        return None if grant.refresh_token is None else _unmarked(key.open(grant.refresh_token), _REFRESH)

    async def access_token(self, state: TokenState) -> AccessToken:
        """The token of a state that has one. Raises UnknownKey, CannotOpen, Unavailable."""
        if state.grant_id is None or state.expires_at is None:
            raise ValueError("there is no token")
        key = await self._keys.at_hand(state.data_key, key_context(state.grant_id))
        opened = key.open(state.sealed_token)
        return AccessToken(_unmarked(opened, _ACCESS), state.token_version, state.consent_version, state.expires_at)


def key_context(grant_id: GrantId) -> bytes:
    return f"auth.grant:{grant_id}".encode()


def _sealed(key: DataKey, place: bytes, value: str) -> bytes:
    return key.seal(place + b"\x00" + value.encode())


def _unmarked(opened: bytes, place: bytes) -> str:
    """Both tokens of a grant share its data key and context: the mark keeps one from being read as the other."""
    mark, _, value = opened.partition(b"\x00")
    if mark != place:
        raise ValueError("sealed for another place")
    return value.decode()
