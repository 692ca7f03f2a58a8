"""Connections by an organisation's own application: renewed by its own client, whose secret is its own matter."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

from pydantic import SecretStr

from services.auth.domain.grant import SealedGrant
from tests.integration.auth.conftest import Running, run_auth
from tests.integration.auth.private import NEXT_SECRET, SECRET, VENDOR, add, authorised, bring, registered, vendor


async def renewed(auth: Running) -> int:
    """The status a service gets when it asks for another token."""
    (connection,) = await auth.rows("select id from connection")
    version = (await auth.rows("select token_version from access_grant"))[0].token_version
    path = f"/internal/v1/connections/{connection.id}/access-token"
    return (await (await auth.service()).post(path, json={"rejected": version})).status_code


async def renewals(auth: Running) -> int:
    """Calls of the token endpoint so far."""
    return int((await auth.sandbox.calls("amazon.token"))["count"])


async def test_two_secrets_are_good_while_one_is_swapped(auth: Running) -> None:
    """
    The far side may know the new one before we do, or after; in between no renewal fails, and a week later the former
    one is forgotten. Seen red with the newest secret only.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, SECRET, NEXT_SECRET)
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert len(await auth.rows("select 1 from private_app")) == 1
    for known in ([SECRET], [NEXT_SECRET]):
        await registered(auth, *known)
        assert await renewed(auth) == 200
    await registered(auth, SECRET)
    await auth.rows("update private_app set replaced_at = replaced_at - interval '8 days'")
    assert await renewed(auth) == 503


async def test_a_secret_that_is_refused_is_its_organisations_to_mend(auth: Running) -> None:
    """
    No connection is doubted and the operator is not told: callers wait, the page says what to do, and with the new
    secret everything goes on at once. Seen red with the refusal of our own client.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, NEXT_SECRET)
    assert await renewed(auth) == 503
    (grant,) = await auth.rows("select failure from access_grant")
    assert grant.failure == "private_secret_refused"
    (connection,) = await visitor.connections()
    assert connection["state"] == "authorised"
    refused = "Amazon refuses the client secret of this application"
    assert refused in (await visitor.get(f"/connections/{VENDOR}/private")).text
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert refused not in (await visitor.get(f"/connections/{VENDOR}/private")).text
    assert await renewed(auth) == 200


async def test_a_refusal_of_the_former_secret_holds_up_nobody(auth: Running) -> None:
    """
    A renewal under way with it while the new one is saved: who waits is given a token, by the new one. Seen red with
    five minutes' rest, for the new one as well.
    """
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await registered(auth, NEXT_SECRET)
    await auth.sandbox.fault("amazon.token", "slow", times=1, seconds=1.5)
    before = await renewals(auth)
    waiting = asyncio.create_task(renewed(auth))
    while await renewals(auth) == before:
        await asyncio.sleep(0.02)
    assert (await bring(visitor, NEXT_SECRET)).status_code == 303
    assert not waiting.done()
    assert await waiting == 200
    (grant,) = await auth.rows("select failure, retry_at from access_grant")
    assert tuple(grant) == (None, None)
    assert [tuple(row) for row in await auth.rows("select refused_at from private_app")] == [(None,)]


async def test_a_token_that_was_withdrawn_ends_its_row_until_another_is_entered(auth: Running) -> None:
    """Its row says so; the next token goes on with the same connection."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    (seller,) = [one["seller_id"] for one in (await auth.sandbox._call("GET", "/sellers"))["sellers"]]
    await auth.sandbox.revoke(seller)
    assert await renewed(auth) == 409
    page = (await visitor.get(f"/connections/{VENDOR}/private")).text
    assert "enter the new token below, with the same country and code" in page
    assert (await add(visitor, await authorised(auth, "ABC1E"), "ABC1E")).status_code == 303
    (connection,) = await visitor.connections()
    assert (connection["state"], connection["consent_version"]) == ("authorised", 2)


async def test_its_members_are_reminded_once_a_year(auth: Running) -> None:
    """A mail each, a year after, and the next one a year later; nothing is ended by the calendar."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E", name="Vendor DE")
    for days, mails in ((364, 0), (366, 1), (367, 1), (366 + 364, 0), (366 + 366, 1)):
        auth.clock.ahead = timedelta(days=days)
        await auth.held.keep_house()
        # What is older than thirty days is removed.
        assert len(await auth.rows("select 1 from mail where kind = 'yearly'")) == mails, days
    (connection,) = await auth.rows("select state from connection")
    assert connection.state == "authorised"


async def test_what_is_paused_that_day_is_reminded_of_once_it_is_resumed(auth: Running) -> None:
    """Seen red with the day moved by a year, told or not."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    (connection,) = await visitor.connections()
    path = f"/connections/{connection['id']}"
    await visitor.submit(f"{path}/pause")
    await auth.rows("update connection set remind_at = clock_timestamp() - interval '1 day'")
    await auth.held.keep_house()
    assert await auth.rows("select 1 from mail where kind = 'yearly'") == []
    await visitor.submit(f"{path}/resume")
    for _ in range(2):
        await auth.held.keep_house()
    assert len(await auth.rows("select 1 from mail where kind = 'yearly'")) == 1


async def test_a_secret_whose_key_is_lost_is_entered_again(auth: Running) -> None:
    """It is as good as refused: its organisation is told, and the next one has a key of its own."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await auth.rows("update private_app set wrapped_key = decode('00', 'hex')")
    assert await renewed(auth) == 503
    assert "Amazon refuses the client secret" in (await visitor.get(f"/connections/{VENDOR}/private")).text
    assert (await bring(visitor, SECRET)).status_code == 303
    assert await renewed(auth) == 200


async def test_its_secret_is_brought_under_the_newest_key(auth: Running) -> None:
    """The worker's upkeep wraps it anew, and it opens as before. Seen red without that step of the upkeep."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    keys = auth.settings.key_encryption_keys.get_secret_value()
    newer = "k2:" + base64.b64encode(b"n" * 32).decode()
    turned = run_auth(
        auth.settings.model_copy(update={"key_encryption_keys": SecretStr(f"{newer},{keys}")}), auth.sandbox
    )
    await turned.held.keep_house()
    await turned.close()
    alone = run_auth(auth.settings.model_copy(update={"key_encryption_keys": SecretStr(newer)}), auth.sandbox)
    assert await renewed(alone) == 200
    await alone.close()


async def test_a_row_is_not_kept_under_a_secret_that_went_meanwhile(auth: Running) -> None:
    """
    The application's last account is disconnected while another one's token is tried: its secret is entered again
    first. Seen red: the row said that it is authorised, for the hour that its first token lived.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    await add(visitor, token, "ABC1E")
    (first,) = await visitor.connections()

    async def grant(*given: Any) -> SealedGrant:
        await visitor.submit(f"/connections/{first['id']}/disconnect")
        return await auth.held.private_apps.grant(*given)

    auth.app.state.auth = replace(auth.held, private_apps=Mock(wraps=auth.held.private_apps, grant=grant))
    refused = await add(visitor, token, "ABC2E")
    auth.app.state.auth = auth.held
    assert refused.status_code == 404
    assert [one["state"] for one in await visitor.connections()] == ["disconnected"]
    assert (await bring(visitor)).status_code == 303
    assert (await add(visitor, token, "ABC2E")).status_code == 303
