"""Two secrets of an API client, so that one can be replaced without a gap."""

import asyncio
import re
from collections.abc import Mapping

import httpx
import pytest

from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.test_api_clients import READ, SHOWN, hidden, make, token
from tests.integration.auth.test_token_endpoints import status_at_the_api


async def ask_another(visitor: Visitor, client_id: str, *, typed: Mapping[str, str] = SHOWN) -> httpx.Response:
    """Sends the form of the client's page; `typed`: what is shown for the act."""
    path = f"/settings/api-clients/{client_id}"
    return await visitor.post(f"{path}/secrets", **(await hidden(visitor, path) | dict(typed)))


async def another_secret(visitor: Visitor, client_id: str) -> str:
    """Made on the client's page; empty where it was refused."""
    found = re.search(r'id="client-secret">([^<]+)<', (await ask_another(visitor, client_id)).text)
    return found.group(1) if found else ""


async def ways_to_end(visitor: Visitor, client_id: str) -> list[str]:
    """The addresses on the client's page, the newest secret first."""
    page = (await visitor.get(f"/settings/api-clients/{client_id}")).text
    return re.findall(r'action="([^"]+/end)"', page)


async def test_a_secret_is_replaced_without_a_gap(auth: Running) -> None:
    """The second works beside the first; the page shows which is used; the first is ended and the second goes on."""
    visitor = await auth.visitor().sign_up()
    client_id, first, _ = await make(visitor, READ)
    second = await another_secret(visitor, client_id)
    assert len(second) >= 43
    assert {(await token(auth, client_id, secret)).status_code for secret in (first, second)} == {200}
    assert "never" not in (await visitor.get(f"/settings/api-clients/{client_id}")).text
    _, end_first = await ways_to_end(visitor, client_id)
    answer = await visitor.submit(end_first, page=f"/settings/api-clients/{client_id}")
    assert answer.headers["location"] == f"/settings/api-clients/{client_id}"
    assert (await token(auth, client_id, first)).json()["error"] == "invalid_client"
    assert (await token(auth, client_id, second)).status_code == 200
    assert second not in await auth.kept("api_client", "api_client_secret", "audit")
    done = [
        row.action for row in await auth.rows("select action from audit where reason = :id order by at", id=client_id)
    ]
    assert done == ["api_client.made", "api_client.secret_made", "api_client.secret_ended"]


@pytest.mark.abuse
async def test_tokens_of_an_ended_secret_open_nothing(auth: Running) -> None:
    """Those asked for with the other one do. Seen red with the secret's id left out of the token."""
    visitor = await auth.visitor().sign_up()
    client_id, first, _ = await make(visitor, READ)
    second = await another_secret(visitor, client_id)
    of_first, of_second = [(await token(auth, client_id, secret)).json()["access_token"] for secret in (first, second)]
    _, end_first = await ways_to_end(visitor, client_id)
    await visitor.submit(end_first, page=f"/settings/api-clients/{client_id}")
    assert (await status_at_the_api(auth, of_first), await status_at_the_api(auth, of_second)) == (401, 200)
    revoke = f"/settings/api-clients/{client_id}/revoke"
    await visitor.submit(revoke, page=revoke)
    assert await status_at_the_api(auth, of_second) == 401


async def test_there_are_two_at_most(auth: Running) -> None:
    """Also for two who press at once; the last one may be ended too, and the page says what that means."""
    visitor = await auth.visitor().sign_up()
    client_id, _, _ = await make(visitor, READ)
    path = f"/settings/api-clients/{client_id}"
    forms = [SHOWN | await hidden(visitor, path) for _ in range(3)]
    answers = await asyncio.gather(*(visitor.post(f"{path}/secrets", **form) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert "two secrets at most" in (await visitor.get(path)).text
    for way in await ways_to_end(visitor, client_id):
        await visitor.submit(way, page=path)
    assert "no secret that works" in (await visitor.get(path)).text
    assert (await token(auth, client_id, await another_secret(visitor, client_id))).status_code == 200


@pytest.mark.abuse
async def test_another_organisations_secrets_are_not_there(auth: Running) -> None:
    """Neither looked at, nor made, nor ended; nor by the id of one's own client."""
    ours, theirs = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    client_id, secret, _ = await make(ours, READ)
    own, _, _ = await make(theirs, READ)
    (end,) = await ways_to_end(ours, client_id)
    path = f"/settings/api-clients/{client_id}"
    assert (await theirs.get(path)).status_code == 404
    for target in (f"{path}/secrets", end, end.replace(client_id, own)):
        assert (await theirs.submit(target, page="/settings/api-clients")).status_code == 404
    assert (await token(auth, client_id, secret)).status_code == 200


async def test_what_ended_long_ago_is_forgotten(auth: Running) -> None:
    """After ninety days the page no longer lists it; what lives stays."""
    visitor = await auth.visitor().sign_up()
    client_id, _, _ = await make(visitor, READ)
    await another_secret(visitor, client_id)
    await visitor.submit((await ways_to_end(visitor, client_id))[1], page=f"/settings/api-clients/{client_id}")
    await auth.rows("update api_client_secret set ended_at = ended_at - interval '91 days'")
    await auth.held.keep_house()
    assert len(await auth.rows("select 1 from api_client_secret")) == 1
