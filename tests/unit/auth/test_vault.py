"""What the vault seals opens only where it belongs, and nothing secret is printed."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.auth.domain.connection import ConnectionState
from services.auth.domain.grant import SealedGrant
from services.auth.domain.keys import Sealed, WrappedKey
from services.auth.domain.token import RenewalFailure, TokenState
from services.auth.vault.seals import GrantSeals
from services.auth.vault.service_tokens import ServiceClient, ServiceTokenIssuer
from services.auth.vault.signing import SealedSigning
from services.auth.vault.wrapping import Rewrapping
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.crypto.errors import CannotOpen
from shared.kernel.ids import ConnectionId, GrantId, new_id
from tests.unit.auth.builders import NOW, FixedClock, answer

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def keys(setting: str) -> DataKeys:
    return DataKeys(WrappingKeys.parse(setting), FixedClock())


KEYS = keys(OLD)


async def sealed() -> SealedGrant:
    grant_id, seals = GrantId(new_id()), GrantSeals(KEYS)
    return seals.new_grant(grant_id, await seals.new_key(grant_id), "amazon", "eu", answer(), NOW)


async def refresh_token(grant: SealedGrant, ring: DataKeys = KEYS) -> str | None:
    seals = GrantSeals(ring)
    return seals.refresh_token(grant, await seals.key_of(grant))


def key_of(grant: SealedGrant) -> WrappedKey:
    return WrappedKey(Sealed.GRANT, str(grant.id), grant.data_key)


def state_of(grant: SealedGrant) -> TokenState:
    return TokenState(
        ConnectionId(new_id()),
        ConnectionState.AUTHORISED,
        1,
        grant.id,
        token_version=grant.token_version,
        expires_at=grant.expires_at,
        data_key=grant.data_key,
        sealed_token=grant.access_token,
    )


async def test_tokens_open_as_they_were_sealed() -> None:
    """Refresh and access token, with the version and the end of the latter."""
    grant = await sealed()
    assert await refresh_token(grant) == "refresh"
    token = await GrantSeals(KEYS).access_token(state_of(grant))
    assert (token.value, token.token_version, token.expires_at) == ("access", 1, NOW + timedelta(hours=1))


async def test_tokens_open_nowhere_else() -> None:
    """Not under another grant's id, and a refresh token is never read as an access token."""
    grant, other = await sealed(), await sealed()
    with pytest.raises(CannotOpen):
        await refresh_token(replace(grant, id=other.id))
    with pytest.raises(ValueError, match="another place"):
        await GrantSeals(KEYS).access_token(replace(state_of(grant), sealed_token=grant.refresh_token or b""))


async def test_a_renewal_without_a_refresh_token_keeps_the_old_one() -> None:
    """Amazon may send none; a new one replaces it."""
    seals, grant = GrantSeals(KEYS), await sealed()
    key = await seals.key_of(grant)
    kept = seals.with_answer(grant, key, answer(access_token="a2", refresh_token=None), NOW)
    assert (await refresh_token(kept), kept.token_version) == ("refresh", 2)
    rotated = seals.with_answer(grant, key, answer(refresh_token="r2"), NOW)
    assert await refresh_token(rotated) == "r2"


async def test_nothing_secret_is_printed() -> None:
    """Grants, states and answers show no bytes."""
    grant = await sealed()
    assert "refresh" not in repr(grant)
    assert "sealed_token" not in repr(state_of(grant))


async def test_data_keys_move_to_the_newest_key() -> None:
    """After a rewrap the old key-encryption key is no longer needed; what was sealed still opens."""
    grant = await sealed()
    rewrapped = await Rewrapping(keys(f"{NEW},{OLD}")).rewrap(key_of(grant))
    assert rewrapped is not None
    only_new = keys(NEW)
    assert await refresh_token(replace(grant, data_key=rewrapped), only_new) == "refresh"
    assert await Rewrapping(only_new).rewrap(key_of(replace(grant, data_key=rewrapped))) is None


async def test_a_data_key_that_does_not_open_is_left() -> None:
    """An operator who dropped a key too early, or one damaged row, must not end the worker for everybody."""
    grant = await sealed()
    assert await Rewrapping(keys(NEW)).rewrap(key_of(grant)) is None
    assert await Rewrapping(keys(f"{NEW},{OLD}")).rewrap(key_of(replace(grant, data_key=grant.data_key[:-1]))) is None


async def test_a_token_is_usable_until_a_minute_before_its_end() -> None:
    """And never when it, or a newer one, was refused."""
    state = state_of(await sealed())
    assert state.is_usable(NOW + timedelta(minutes=58, seconds=59), None)
    assert not state.is_usable(NOW + timedelta(minutes=59), None)
    assert not state.is_usable(NOW, rejected=1)
    assert state.is_usable(NOW, rejected=0)


async def test_a_token_of_a_short_life_is_given_out_once_renewed() -> None:
    """Else it would be renewed again and again."""
    state = replace(state_of(await sealed()), token_version=2, expires_at=NOW + timedelta(seconds=30))
    assert not state.is_usable(NOW, None)
    assert state.is_renewed(1, NOW)
    assert not state.is_renewed(2, NOW)
    assert not state.is_renewed(1, NOW + timedelta(seconds=30))


async def test_a_failure_is_told_until_it_may_be_tried_again() -> None:
    """Nobody asks the far side in between."""
    state = replace(state_of(await sealed()), failure=RenewalFailure.THROTTLED, retry_at=NOW + timedelta(seconds=5))
    assert state.rests_seconds(NOW) == 5
    assert state.rests_seconds(NOW + timedelta(seconds=5)) == 0


async def test_a_signing_key_is_published_without_its_private_half() -> None:
    """And sealed in the row."""
    key = await SealedSigning(KEYS).new_key(NOW)
    assert "d" not in key.public_key
    private = str((await SealedSigning(KEYS).opened(key)).as_dict(private=True)["d"])
    assert private.encode() not in key.private_key


async def test_a_service_token_names_its_key_audience_and_client() -> None:
    """What the other services check."""
    vault = SealedSigning(KEYS)
    key = await vault.new_key(NOW)
    client = ServiceClient("orders", {hashlib.sha256(b"secret").hexdigest(): None}, frozenset({"auth.tokens:use"}))
    issuer = ServiceTokenIssuer("https://passerelle.example", {"orders": client})
    form = {"grant_type": "client_credentials", "scope": "auth.tokens:use"}
    basic = base64.b64encode(b"orders:secret").decode()
    given = issuer.issue(form, {"Authorization": f"Basic {basic}"}, await vault.opened(key))
    head, claims, _ = given.body["access_token"].split(".")
    header, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims))
    assert (header["alg"], header["kid"]) == ("ES256", key.kid)
    assert (body["iss"], body["aud"]) == ("https://passerelle.example", "passerelle")
    assert (body["client_id"], body["scope"], body["exp"] - body["iat"]) == ("orders", "auth.tokens:use", 600)
    assert "organisation" not in body
    assert given.body["access_token"] not in repr(given)


@pytest.mark.parametrize(
    "credentials", ["Basic /////w==", "Basic \u00e9", "Basic !", "Basic ", "Basic", "Bearer x", ""]
)
async def test_credentials_that_cannot_be_read_are_refused(credentials: str) -> None:
    """Anybody may send anything: it is 401, not an error of ours."""
    client = ServiceClient("orders", {hashlib.sha256(b"secret").hexdigest(): None}, frozenset({"x"}))
    key = await SealedSigning(KEYS).opened(await SealedSigning(KEYS).new_key(NOW))
    issuer = ServiceTokenIssuer("https://passerelle.example", {"orders": client})
    form = {"grant_type": "client_credentials", "scope": "x"}
    answer = issuer.issue(form, {"Authorization": credentials}, key)
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
