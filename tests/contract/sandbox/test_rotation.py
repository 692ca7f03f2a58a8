"""rotateApplicationClientSecret: who may ask, what is sent to the queue, and how long each secret is good."""

import json

import httpx
import pytest

from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, SECRET, Far
from tests.sandbox.amazon import rotation

SCOPE = "sellingpartnerapi::client_credential:rotation"
QUEUE = "http://127.0.0.1:1/1/secrets"
DAY = 86_400.0


async def rotate(far: Far, scope: str = SCOPE) -> httpx.Response:
    granted = (await far.lwa(grant_type="client_credentials", scope=scope)).json()
    far.token = granted["access_token"]
    return await far.http.post("/amazon/eu/applications/2023-11-30/clientSecret", headers=far.headers())


async def knows(far: Far, secret: str) -> bool:
    answer = await far.lwa(grant_type="client_credentials", scope=SCOPE, client_secret=secret)
    return answer.status_code == 200


async def test_a_new_secret_is_sent_and_the_old_one_lives_for_a_week(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is empty, the message holds the secret and both ends; the new one dies after 180 days, too."""
    sent: list[tuple[str, str]] = []

    async def send(queue_url: str, message: str) -> None:
        sent.append((queue_url, message))

    monkeypatch.setattr(rotation, "_send", send)
    await far.control.app(APPLICATION, CLIENT_ID, [SECRET], queue_url=QUEUE)
    answer = await rotate(far)
    assert (answer.status_code, answer.content) == (204, b"")
    ((queue_url, message),) = sent
    assert queue_url == QUEUE
    told = json.loads(message)
    assert told["notificationType"] == "APPLICATION_OAUTH_CLIENT_NEW_SECRET"
    its = told["payload"]["applicationOAuthClientNewSecret"]
    assert its["clientId"] == CLIENT_ID
    new = its["newClientSecret"]
    far.now += 7 * DAY - 60
    assert (await knows(far, SECRET), await knows(far, new)) == (True, True)
    far.now += 120
    assert (await knows(far, SECRET), await knows(far, new)) == (False, True)
    far.now += 173 * DAY
    assert not await knows(far, new)


async def test_who_may_not_ask_is_refused(far: Far) -> None:
    """A seller's token and one of another scope: 403; without a queue: 400; more than once a minute: 429."""
    path = "/amazon/eu/applications/2023-11-30/clientSecret"
    assert (await far.http.post(path, headers=far.headers())).status_code == 403
    assert (await rotate(far, "sellingpartnerapi::notifications")).status_code == 403
    assert (await rotate(far)).status_code == 400
    assert (await rotate(far)).status_code == 429
