"""Data keys: under which key-encryption key they are, brought under another, made anew, destroyed."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Sequence

import pytest
from pydantic import SecretStr

from services.auth.__main__ import _parser
from services.auth.domain.keys import KeyCount
from services.auth.entrypoints import gauges, keys_operator
from services.auth.settings import MigrationSettings
from services.auth.vault.seals import GrantSeals
from shared.kernel.errors import Unavailable
from shared.kernel.ids import GrantId
from tests.integration.auth.conftest import Running, run_auth
from tests.integration.auth.operating import operating
from tests.integration.auth.private import add, vendor
from tests.integration.auth.test_access_tokens import Connected, connected
from tests.integration.auth.test_private_life import renewed
from tests.key_service import CREDENTIALS, key_service
from tests.ports import free_port

__all__ = ["connected"]

NEW = "k2:" + base64.b64encode(b"2" * 32).decode()
NOBODYS = "0190b5a0-0000-7000-8000-000000000000"
# A setting and words -> the status, and what was said.
Keys = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def keys(auth: Running, capsys: pytest.CaptureFixture[str]) -> Keys:
    """The operator's commands about keys, as typed, where the service has this setting."""

    async def run(setting: str | None, *words: str, kms: str | None = None) -> tuple[int, str]:
        given = {"database_url": auth.settings.database_url, "key_encryption_keys": setting, "aws_kms_url": kms}
        capsys.readouterr()
        status = await keys_operator.run(
            _parser().parse_args(["keys", *words]), MigrationSettings.model_validate(given)
        )
        said = capsys.readouterr()
        return status, said.out or said.err

    return run


def old(auth: Running) -> str:
    return auth.settings.key_encryption_keys.get_secret_value()


async def under(auth: Running, setting: str, **changed: str) -> Running:
    """Another process's parts, with another setting."""
    given = {"key_encryption_keys": SecretStr(setting)} | changed
    return run_auth(auth.settings.model_copy(update=given), auth.sandbox)


async def grant_of(connected: Connected) -> GrantId:
    (row,) = await connected.auth.rows("select id from access_grant")
    return GrantId(row.id)


async def test_keys_are_counted_and_brought_under_the_newest(connected: Connected, keys: Keys) -> None:
    """
    Status: 3 while any is under another key, then 0; rotating twice rewraps once. Afterwards the old key may go.
    """
    auth = connected.auth
    both = f"{NEW},{old(auth)}"
    assert (await keys(old(auth), "status"))[0] == 0
    status, said = await keys(both, "status", "--json")
    told = json.loads(said)
    assert (status, told["newest"], told["left"]) == (3, "k2", 2)
    assert [(one["key"], one["provider"], one["grants"], one["signing_keys"]) for one in told["keys"]] == [
        ("k2", "local", 0, 0),
        ("k1", "local", 1, 1),
    ]
    gauges.show_keys(await _counted(auth), "k2")
    assert gauges.keys_to_rewrap._value.get() == 2
    status, said = await keys(both, "rotate", "--json")
    assert (status, json.loads(said)["rewrapped"]) == (0, 2)
    assert json.loads((await keys(both, "rotate", "--json"))[1])["rewrapped"] == 0
    after = await under(auth, NEW)
    try:
        assert (
            await Connected(after, connected.seller_id, connected.id, await after.service()).ask()
        ).status_code == 200
    finally:
        await after.close()


async def test_private_applications_and_addresses_are_counted_and_rotated(auth: Running, keys: Keys) -> None:
    """They are under the newest key as well, and open. Seen red without either of them among what is rewrapped."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    address = {"kind": "sender", "name": "Ours", "street": "1 rue", "city": "Paris", "country": "FR"}
    await visitor.submit("/settings/organisation/address", page="/settings/organisation", **address)
    both = f"{NEW},{old(auth)}"
    row = json.loads((await keys(both, "status", "--json"))[1])["keys"][1]
    assert (row["key"], row["grants"], row["private_apps"], row["addresses"]) == ("k1", 1, 1, 1)
    assert (await keys(both, "rotate"))[0] == 0
    row = json.loads((await keys(both, "status", "--json"))[1])["keys"][0]
    assert (row["key"], row["grants"], row["private_apps"], row["addresses"]) == ("k2", 1, 1, 1)
    after = await under(auth, NEW)
    try:
        assert await renewed(after) == 200
        ((organisation,),) = await auth.rows("select organisation_id from address")
        (sealed,) = await after.held.views.addresses(organisation)
        opened = await after.held.addresses.open(sealed)
        assert opened is not None
        assert opened.city == "Paris"
    finally:
        await after.close()


async def _counted(auth: Running) -> Sequence[KeyCount]:
    async with auth.held.uow() as store:
        return await store.upkeep.count_keys()


async def test_what_does_not_open_is_told_and_left(connected: Connected, keys: Keys) -> None:
    """The old key was dropped too early: status says which key is missing, rotate rewraps what it can, both with 3."""
    status, said = await keys(NEW, "rotate")
    assert (status, "0 data keys rewrapped, 2 not under k2" in said) == (3, True)
    status, said = await keys(NEW, "status", "--json")
    assert (status, json.loads(said)["keys"][1]["in_setting"]) == (3, False)
    status, said = await keys(None, "status")
    assert (status, "AUTH_KEY_ENCRYPTION_KEYS" in said) == (2, True)


async def test_a_connection_gets_a_fresh_data_key(connected: Connected, keys: Keys) -> None:
    """The same tokens under another key, written down; what was copied before opens by the old key only."""
    auth = connected.auth
    (before,) = await auth.rows("select * from access_grant")
    token = (await connected.ask()).json()
    assert await keys(old(auth), "renew", "--connection", connected.id) == (0, "done\n")
    (after,) = await auth.rows("select * from access_grant")
    assert before.wrapped_key != after.wrapped_key
    assert before.sealed_refresh_token != after.sealed_refresh_token
    assert (await connected.ask()).json() == token
    assert (await connected.ask(rejected=token["token_version"])).status_code == 200, "the refresh token opens too"
    assert len(await auth.rows("select 1 from audit where action = 'connection.key_renewed'")) == 1
    assert (await keys(old(auth), "renew", "--connection", NOBODYS))[0] == 1


async def test_a_fresh_key_and_a_renewal_wait_for_each_other(connected: Connected, keys: Keys) -> None:
    """
    While the far side gives a new token the fresh key waits for the lease; both are kept, and everything opens. Seen
    red under another lease: the new token could not be given out.
    """
    await connected.expire()
    await connected.auth.sandbox.fault("amazon.token", "slow", times=1, seconds=0.7)
    before = await connected.renewals()
    renewing = asyncio.create_task(connected.ask())
    while await connected.renewals() == before:
        await asyncio.sleep(0.02)
    assert (await keys(old(connected.auth), "renew", "--connection", connected.id))[0] == 0
    assert (await renewing).json()["token_version"] == 2
    assert (await connected.ask()).json() == (await renewing).json()
    assert await connected.renewals() == before + 1, "the token that is kept still opens"


async def test_a_fresh_key_made_too_late_is_discarded(connected: Connected) -> None:
    """Whoever was stopped until somebody else renewed the token overwrites nothing."""
    held, grant_id = connected.auth.held, await grant_of(connected)
    seals = GrantSeals(held.keys)
    async with held.uow() as store:
        grant = await store.grants.get(grant_id)
    assert grant is not None
    resealed = await seals.under_a_new_key(grant)
    newer = (await connected.ask(rejected=1)).json()
    async with held.uow() as store:
        assert not await store.grants.reseal(resealed)
    assert (await connected.ask()).json() == newer


async def test_an_ended_connection_leaves_nothing_that_opens(
    connected: Connected, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Disconnected: neither its data key nor what it sealed is in any table, and no renewal that was under way brings it
    back. Seen red with the grant's row kept.
    """
    auth = connected.auth
    (row,) = await auth.rows("select * from access_grant")
    secrets = [row.wrapped_key.hex(), row.sealed_refresh_token.hex(), row.sealed_access_token.hex()]
    assert [await _found(auth, each) for each in secrets] == [["access_grant"]] * 3
    await connected.expire()
    await auth.sandbox.fault("amazon.token", "slow", times=1, seconds=0.7)
    before = await connected.renewals()
    renewing = asyncio.create_task(connected.ask())
    while await connected.renewals() == before:
        await asyncio.sleep(0.02)
    assert (await operating(auth, capsys)("connections", "disconnect", connected.id))[0] == 0
    assert (await renewing).status_code in {404, 409}
    assert [await _found(auth, each) for each in secrets] == [[]] * 3
    assert await auth.rows("select 1 from access_grant") == []
    assert (await connected.ask()).status_code == 409
    assert (await keys(old(auth), "renew", "--connection", connected.id))[0] == 1


async def _found(auth: Running, wanted: str) -> list[str]:
    """The tables in which these bytes are, in any row, in hex."""
    tables = await auth.rows("select table_name from information_schema.tables where table_schema = 'public'")
    names = [row.table_name for row in tables]
    counts = [
        await auth.rows(f'select 1 from "{name}" as t where t::text like :wanted', wanted=f"%{wanted}%")  # noqa: S608
        for name in names
    ]
    return [name for name, count in zip(names, counts, strict=True) if count]


async def test_a_connection_lives_on_keys_of_aws(
    connected: Connected, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Moved there on line, by the operator's command. While AWS is away a process gives what it has opened, another says
    503, asks no far side and notes nothing. Seen red with Unavailable taken for what does not open, of a token (a
    failure was noted) and of a signing key (another was made).
    """
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    auth = connected.auth
    with key_service() as service:
        moved = f"aws-kms:{await service.new_key()},{old(auth)}"
        status, said = await keys(moved, "rotate", "--json", kms=service.url)
        assert (status, json.loads(said)["rewrapped"], json.loads(said)["keys"][0]["provider"]) == (0, 2, "aws-kms")
        warm = await under(auth, moved, aws_kms_url=service.url)
        warmed = Connected(warm, connected.seller_id, connected.id, await warm.service())
        first = await warmed.ask()
        assert first.status_code == 200
    beside = f"{old(auth)},{moved.split(',')[0]}"
    cold = await under(auth, beside, aws_kms_url=f"http://127.0.0.1:{free_port()}")
    try:
        before = await connected.renewals()
        assert (await warmed.ask()).json() == first.json()
        # Its own signing key does not open either, so it is asked with the other's token.
        client = cold.client()
        client.headers["authorization"] = warmed.service.headers["authorization"]
        refused = await Connected(cold, connected.seller_id, connected.id, client).ask()
        assert (refused.status_code, refused.headers["retry-after"] > "0") == (503, True)
        assert await connected.renewals() == before
        assert await connected.state() == "authorised"
        assert (await auth.rows("select failure from access_grant"))[0].failure is None
        with pytest.raises(Unavailable):
            await cold.held.keep_house()
        assert len(await auth.rows("select 1 from signing_key")) == 1, "none was made in place of one that may open"
    finally:
        await warm.close()
        await cold.close()
