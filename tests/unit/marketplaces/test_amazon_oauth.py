"""Consent and tokens: the address of the consent page, LWA's error table, and which stores a consent reaches."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.amazon.oauth import AmazonOAuth
from shared.marketplaces.amazon.probes import seller_stores
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.client_secrets import GIVEN_SECRETS, ClientSecrets
from shared.marketplaces.models import FarApp
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    FRANCE,
    JAPAN,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
    denial,
)

APPS = {
    "eu": FarApp("amzn1.sp.solution.eu", "client-eu", "secret+/=&", draft=False),
    "na": FarApp("amzn1.sp.solution.na", "client-na", "secret-na", draft=True),
}
REDIRECT = "https://shop.example/connections/amazon/callback"
GRANTED = {"access_token": "Atza|new", "token_type": "bearer", "expires_in": 3600, "refresh_token": "Atzr|new"}


def client(*answers: Answer | Exception, secrets: ClientSecrets = GIVEN_SECRETS) -> tuple[AmazonOAuth, ScriptedOutward]:
    outward = ScriptedOutward(*answers)
    central = {"FR": "https://central-fr.example/", "US": "https://central-us.example/"}
    spapi = Spapi(outward, API_URLS, StoppedClock())
    token_url = "https://lwa.example/auth/o2/token"
    made = AmazonOAuth(
        outward, spapi, token_url=token_url, central_urls=central, apps=APPS, secrets=secrets, reach=seller_stores
    )
    return made, outward


def lwa(status: int, error: str, description: str = "") -> Answer:
    return answer(status, {"error": error, "error_description": description})


def test_the_consent_page_of_a_published_application() -> None:
    """Application, state and redirect address are encoded; no version."""
    url = urlsplit(client()[0].consent_url("FR", "eu", "st+te/", REDIRECT))
    assert (url.netloc, url.path) == ("central-fr.example", "/apps/authorize/consent")
    assert parse_qs(url.query) == {
        "application_id": ["amzn1.sp.solution.eu"],
        "state": ["st+te/"],
        "redirect_uri": [REDIRECT],
    }


def test_a_draft_application_says_so() -> None:
    """Without version=beta a draft shows MD1000."""
    query = parse_qs(urlsplit(client()[0].consent_url("US", "na", "s", REDIRECT)).query)
    assert query["version"] == ["beta"]


async def test_a_code_is_exchanged_as_a_write() -> None:
    """A code is good once: a lost answer is an unknown outcome, so the call is a write; the form is encoded."""
    oauth, outward = client(answer(200, GRANTED))
    granted = await oauth.exchange("eu", "code+1", REDIRECT)
    assert (granted.access_token, granted.refresh_token, granted.expires_in_seconds) == ("Atza|new", "Atzr|new", 3600)
    (request,) = outward.requests
    assert request.effect == "write"
    assert request.body is not None
    assert request.params == ()
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "authorization_code",
        "code": "code+1",
        "redirect_uri": REDIRECT,
        "client_id": "client-eu",
        "client_secret": "secret+/=&",
    }


async def test_a_region_without_an_application_is_ours_to_mend() -> None:
    """Its application was taken out of the settings while connections live: nothing is asked."""
    oauth, outward = client()
    with pytest.raises(ClientSecretInvalid):
        await oauth.renew("fe", "Atzr|old")
    assert outward.requests == []


async def test_a_refresh_may_be_asked_again() -> None:
    """Refresh tokens are not rotated, so refreshing is a read; an absent refresh token keeps the old one."""
    oauth, outward = client(answer(200, {"access_token": "Atza|new", "expires_in": 1800}))
    granted = await oauth.renew("na", "Atzr|old")
    assert (granted.expires_in_seconds, granted.refresh_token) == (1800, None)
    assert outward.requests[0].effect == "read"
    assert b"grant_type=refresh_token" in (outward.requests[0].body or b"")


@pytest.mark.parametrize(
    ("scripted", "error"),
    [
        (lwa(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token."), ConsentLost),
        (lwa(401, "invalid_client", "Client authentication failed"), ClientSecretInvalid),
        (lwa(400, "invalid_client"), ClientSecretInvalid),
        (lwa(400, "invalid_request"), Refused),
        (lwa(400, "invalid_scope"), Refused),
        (lwa(400, "unauthorized_client"), Refused),
        (lwa(400, "unsupported_grant_type"), Refused),
        (answer(404, b"<html>"), Refused),
        (lwa(429, "temporarily_unavailable"), Throttled),
        (lwa(500, "server_error"), Unavailable),
        (lwa(503, "temporarily_unavailable"), Unavailable),
        (answer(502, b"<html>"), Unavailable),
        (answer(200, {"token_type": "bearer"}), Unreadable),
        (answer(200, b"<html>"), Unreadable),
        (answer(200, []), Unreadable),
        (Unavailable("no answer in time"), Unavailable),
    ],
)
async def test_what_a_refused_refresh_means(scripted: Answer | Exception, error: type[FarSideError]) -> None:
    """A lost grant is the seller's to mend, a refused client is ours, a server that is down is asked again."""
    with pytest.raises(error) as caught:
        await client(scripted)[0].renew("eu", "Atzr|old")
    assert type(caught.value) is error


class Two:
    """A secret that was just made, and the one before."""

    async def of(self, app: FarApp) -> tuple[str, ...]:
        return ("newest", "former")


@pytest.mark.parametrize(
    ("scripted", "asked", "error"),
    [
        ([answer(200, GRANTED)], ["newest"], None),
        ([lwa(401, "invalid_client"), answer(200, GRANTED)], ["newest", "former"], None),
        ([lwa(400, "invalid_client"), answer(200, GRANTED)], ["newest", "former"], None),
        ([lwa(401, "invalid_client"), lwa(401, "invalid_client")], ["newest", "former"], ClientSecretInvalid),
        ([lwa(401, "invalid_client"), lwa(400, "invalid_grant")], ["newest", "former"], ConsentLost),
        ([lwa(401, "invalid_client"), lwa(503, "")], ["newest", "former"], Unavailable),
        ([lwa(400, "invalid_grant")], ["newest"], ConsentLost),
        ([lwa(503, "")], ["newest"], Unavailable),
        ([lwa(401, "")], ["newest"], Refused),
    ],
)
async def test_which_of_two_secrets_is_asked_with(
    scripted: list[Answer], asked: list[str], error: type[FarSideError] | None
) -> None:
    """
    The next one only where the client was refused, for codes as for refreshing; that both are refused is ours, and a
    lost consent is told by a known client only. Seen red with the first refusal raised at once.
    """
    for call in (AmazonOAuth.renew, AmazonOAuth.exchange):
        oauth, outward = client(*scripted, secrets=Two())
        words = ("Atzr|old",) if call is AmazonOAuth.renew else ("code", REDIRECT)
        wanted = OutcomeUnknown if error is Unavailable and call is AmazonOAuth.exchange else error
        with pytest.raises(wanted) if wanted else nullcontext():
            await call(oauth, "eu", *words)
        assert [dict(parse_qsl((one.body or b"").decode()))["client_secret"] for one in outward.requests] == asked


@pytest.mark.parametrize(
    ("scripted", "error"),
    [
        (lwa(400, "invalid_grant", "The request has an invalid grant parameter : code"), ConsentLost),
        (lwa(500, "server_error"), OutcomeUnknown),
        (answer(502, b"<html>"), OutcomeUnknown),
        (OutcomeUnknown("no answer in time"), OutcomeUnknown),
        (answer(200, {"access_token": "Atza|new"}), Unreadable),
    ],
)
async def test_what_a_refused_exchange_means(scripted: Answer | Exception, error: type[FarSideError]) -> None:
    """An exchange that got no answer may have used the code up: the seller authorises once more (rule 34)."""
    with pytest.raises(error) as caught:
        await client(scripted)[0].exchange("eu", "code", REDIRECT)
    assert type(caught.value) is error


async def test_an_error_about_tokens_holds_none() -> None:
    """Whatever the token endpoint sent, neither its bytes nor our secret are in the error."""
    odd = {"error": "odd", "refresh_token": "Atzr|new"}
    with pytest.raises(Refused) as refused:
        await client(answer(400, odd))[0].renew("eu", "Atzr|old")
    with pytest.raises(Unreadable) as unreadable:
        await client(answer(200, odd))[0].renew("eu", "Atzr|old")
    assert unreadable.value.raw == b""
    for error in (refused.value, unreadable.value):
        assert "Atzr" not in repr(error) + error.detail
        assert "secret" not in repr(error) + error.detail


@pytest.mark.parametrize("lifetime", [None, "soon", 0, -5])
async def test_a_lifetime_that_makes_no_sense_is_an_hour(lifetime: Any) -> None:
    """Amazon's tokens live an hour; a missing number does not make one useless."""
    granted = await client(answer(200, {"access_token": "Atza|new", "expires_in": lifetime}))[0].renew("eu", "t")
    assert granted.expires_in_seconds == 3600


def participation(store: str, *, takes_part: bool = True) -> dict[str, Any]:
    return {"marketplace": {"id": store, "name": "x"}, "participation": {"isParticipating": takes_part}}


async def test_a_consent_reaches_the_stores_of_its_region() -> None:
    """Rows that are no store of the table, other regions and stores not taken part in are left out (rule 20)."""
    rows = [
        participation(FRANCE),
        participation("A1PA6795UKMFR9", takes_part=False),
        participation("A1NONAMAZON"),
        participation(JAPAN),
        {"marketplace": None},
        "nonsense",
    ]
    oauth, outward = client(answer(200, {"payload": rows}), answer(403))
    channels = (await oauth.probe(ACCOUNT, TOKEN, budgets())).channels
    assert [(channel.id, channel.name, channel.country, channel.time_zone) for channel in channels] == [
        (FRANCE, "Amazon.fr", "FR", "Europe/Paris")
    ]
    assert outward.requests[0].url == "https://eu.example/sellers/v1/marketplaceParticipations"


@pytest.mark.parametrize(
    ("scripted", "professional"),
    [
        (answer(200, {"payload": {"sellingPlan": "PROFESSIONAL"}}), True),
        (answer(200, {"payload": {"sellingPlan": "INDIVIDUAL"}}), False),
        (answer(200, {"payload": {"sellingPlan": "ANOTHER"}}), None),
        (answer(200, b"<html>"), None),
        (denial(403), None),
        (answer(503), None),
    ],
)
async def test_a_selling_plan_is_told_or_not_known(scripted: Answer, professional: bool | None) -> None:
    """Asked in Europe only, after the stores; a probe does not fail for it."""
    oauth, outward = client(answer(200, {"payload": [participation(FRANCE)]}), scripted)
    assert (await oauth.probe(ACCOUNT, TOKEN, budgets())).professional is professional
    assert outward.requests[1].url == "https://eu.example/sellers/v1/account"
    oauth, outward = client(answer(200, {"payload": []}))
    assert (await oauth.probe(replace(ACCOUNT, region="fe"), TOKEN, budgets())).professional is None


@pytest.mark.parametrize(
    ("scripted", "error"),
    [(denial(403), RoleMissing), (answer(200, {}), Unreadable), (answer(503), Unavailable)],
)
async def test_a_probe_that_tells_nothing(scripted: Answer, error: type[FarSideError]) -> None:
    """A missing role, an answer without a list and a server that is down are told apart."""
    with pytest.raises(error):
        await client(scripted)[0].probe(ACCOUNT, TOKEN, budgets())
