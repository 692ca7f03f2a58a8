"""Sealing a grant's secrets: each bound to its grant and its place, so that none opens anywhere else."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.auth.domain.grant import SealedGrant
from services.auth.domain.token import TokenState
from shared.crypto.keyring import KeyRing
from shared.kernel.ids import GrantId, new_id
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import OAuthAnswer

_REFRESH = b"refresh_token"
_ACCESS = b"access_token"


class GrantSeals:
    """The only place where tokens of far sides are in clear beside sealed bytes."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def new_grant(
        self, grant_id: GrantId, marketplace: str, region: str, answer: OAuthAnswer, asked_at: datetime
    ) -> SealedGrant:
        """What an exchange gave, under a data key of its own."""
        data_key = self._keys.new_key(key_context(grant_id))
        empty = SealedGrant(grant_id, marketplace, region, data_key, b"", b"", asked_at)
        return self.with_answer(empty, answer, asked_at)

    def new_shared_grant(self, marketplace: str, region: str, now: datetime) -> SealedGrant:
        """Our application's own, before its first token."""
        grant_id = GrantId(new_id())
        return SealedGrant(grant_id, marketplace, region, self._keys.new_key(key_context(grant_id)), None, b"", now)

    def with_answer(self, grant: SealedGrant, answer: OAuthAnswer, asked_at: datetime) -> SealedGrant:
        """
        The grant after a renewal; a refresh token that was not sent again stays, and a shared grant has none.

        A shared grant seals one token only, so it gets a new data key with each: no lost key stops its sellers.
        """
        refresh_token = grant.refresh_token
        if refresh_token is None:
            grant = replace(grant, data_key=self._keys.new_key(key_context(grant.id)))
        elif answer.refresh_token is not None:
            refresh_token = self._seal(grant, _REFRESH, answer.refresh_token)
        return replace(
            grant,
            refresh_token=refresh_token,
            access_token=self._seal(grant, _ACCESS, answer.access_token),
            # Counted from when it was asked for: never believed for longer than the far side does.
            expires_at=asked_at + timedelta(seconds=answer.expires_in_seconds),
            token_version=grant.token_version + 1,
        )

    def refresh_token(self, grant: SealedGrant) -> str | None:
        if grant.refresh_token is None:
            return None
        opened = self._keys.open(grant.data_key, grant.refresh_token, key_context(grant.id))
        return _unmarked(opened, _REFRESH)

    def access_token(self, state: TokenState) -> AccessToken:
        """The token of a state that has one."""
        if state.grant_id is None or state.expires_at is None:
            raise ValueError("there is no token")
        opened = self._keys.open(state.data_key, state.sealed_token, key_context(state.grant_id))
        return AccessToken(_unmarked(opened, _ACCESS), state.token_version, state.consent_version, state.expires_at)

    def _seal(self, grant: SealedGrant, place: bytes, value: str) -> bytes:
        return self._keys.seal(grant.data_key, place + b"\x00" + value.encode(), key_context(grant.id))


def key_context(grant_id: GrantId) -> bytes:
    return f"auth.grant:{grant_id}".encode()


def _unmarked(opened: bytes, place: bytes) -> str:
    """Both tokens of a grant share its data key and context: the mark keeps one from being read as the other."""
    mark, _, value = opened.partition(b"\x00")
    if mark != place:
        raise ValueError("sealed for another place")
    return value.decode()
