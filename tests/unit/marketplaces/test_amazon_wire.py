"""One call to Amazon: what is sent, what is learnt from an answer, and what each refusal means."""

from datetime import timedelta
from typing import Literal

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import (
    ClientSecretInvalid,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.amazon.wire import Call, Spapi, denied, refusal
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    NOW,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
    denial,
)

DENIED = "Access to requested resource is denied."
REVOKED = "The access token you provided is revoked, malformed or invalid."


async def call(scripted: Answer | Exception, method: Literal["GET", "POST"] = "GET") -> Answer:
    spapi = Spapi(ScriptedOutward(scripted), API_URLS, StoppedClock())
    return await spapi.call(ACCOUNT, Call("amazon.getOrder", method, "/x"), TOKEN, budgets())


async def test_a_call_carries_what_amazon_asks_for() -> None:
    """Token, date in basic ISO format and user agent are headers; the address is the region's."""
    outward = ScriptedOutward(answer(200, {}))
    spapi = Spapi(outward, {"eu": "https://eu.example/prefix/"}, StoppedClock())
    await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, budgets())
    (request,) = outward.requests
    assert request.url == "https://eu.example/prefix/x"
    assert request.headers["x-amz-access-token"] == TOKEN.value
    assert request.headers["x-amz-date"] == "20261122T120000Z"
    assert request.headers["user-agent"].startswith("Passerelle/")
    assert request.content_type is None


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (denial(403, "Unauthorized", DENIED, REVOKED), TokenRejected, "token_rejected"),
        (denial(403, "Unauthorized", DENIED, "The access token you provided has expired."), TokenRejected, ""),
        (denial(401, "Unauthorized", DENIED), TokenRejected, "unauthorised"),
        (
            denial(403, "Unauthorized", DENIED, "The LWA secret token you provided has expired."),
            ClientSecretInvalid,
            "client_secret_invalid",
        ),
        (
            denial(403, "Unauthorized", DENIED, "Access token is missing in the request header."),
            Refused,
            "token_missing",
        ),
        (answer(500, b"<html>"), Unavailable, "server_error"),
        (answer(502, b"<html>"), Unavailable, "server_error"),
        (answer(408), Unavailable, "server_error"),
        (answer(302), Unavailable, "redirected"),
    ],
)
async def test_what_ends_a_read(scripted: Answer, error: type[FarSideError], code: str) -> None:
    """The text of a 403 tells a token from a secret from a bug; a server that is down is asked again later."""
    with pytest.raises(error) as caught:
        await call(scripted)
    assert type(caught.value) is error
    assert caught.value.code == (code or caught.value.code)
    assert caught.value.request_id == "request-1"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_write_that_ends_in_5xx_may_have_happened(status: int) -> None:
    """A server error after a write is an unknown outcome, whatever its body."""
    with pytest.raises(OutcomeUnknown):
        await call(answer(status, b"<html>Bad gateway"), "POST")


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 413])
async def test_what_an_operation_judges_itself_is_handed_on(status: int) -> None:
    """Bad input, a denial without a token text and not found mean something else to each operation."""
    assert (await call(answer(status))).status == status


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (denial(403, "Unauthorized", DENIED), RoleMissing, "access_denied"),
        (answer(403, b"<html>"), RoleMissing, "access_denied"),
        (
            denial(403, "Unauthorized", DENIED, "The marketplaces you provided are not valid for region."),
            Refused,
            "store_of_another_region",
        ),
        (denial(404, "NotFound"), Refused, "http_404"),
        (denial(400), Refused, "http_400"),
        (answer(201), Unreadable, "unexpected_status"),
    ],
)
def test_what_a_refusal_means_by_default(scripted: Answer, error: type[FarSideError], code: str) -> None:
    """Empty details of a 403 are a missing role, not a lost consent (domain rule 20)."""
    found = refusal(scripted)
    assert (type(found), found.code) == (error, code)


async def test_too_fast_empties_the_bucket() -> None:
    """A 429 says no time: the wait is one call's at the known rate, and the next call is not even made."""
    ours, outward = budgets(), ScriptedOutward(denial(429, "QuotaExceeded"))
    spapi = Spapi(outward, API_URLS, StoppedClock())
    with pytest.raises(Throttled) as refused:
        await spapi.call(ACCOUNT, Call("amazon.searchOrders", "GET", "/x"), TOKEN, ours)
    assert refused.value.retry_after_seconds == pytest.approx(1 / 0.0056)
    with pytest.raises(Throttled) as held:
        await spapi.call(ACCOUNT, Call("amazon.searchOrders", "GET", "/x"), TOKEN, ours)
    assert held.value.code == "budget_empty"
    assert len(outward.requests) == 1


async def test_every_call_is_paid_for() -> None:
    """A burst of calls empties the bucket, whatever came of them; time fills it again."""
    clock, ours = StoppedClock(), budgets()
    spapi = Spapi(ScriptedOutward(*(answer(200) for _ in range(31))), API_URLS, clock)
    for _ in range(30):
        await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, ours)
    with pytest.raises(Throttled) as held:
        await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, ours)
    assert held.value.retry_after_seconds is not None
    clock.time += timedelta(seconds=held.value.retry_after_seconds)
    await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, ours)


@pytest.mark.parametrize(
    ("status", "told", "learnt"),
    [(200, "1.5", 1.5), (404, "1.5", 1.5), (403, "1.5", 0.5), (200, "fast", 0.5), (200, "0", 0.5)],
)
async def test_the_rate_is_learnt_where_amazon_means_it(status: int, told: str, learnt: float) -> None:
    """The header counts on successes, 400 and 404 only; nonsense changes nothing."""
    ours = budgets()
    spapi = Spapi(ScriptedOutward(answer(status, x_amzn_ratelimit_limit=told)), API_URLS, StoppedClock())
    await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, ours)
    assert ours.dump()["amazon.getOrder"]["per_second"] == learnt


async def test_amazons_test_hosts_teach_no_rate() -> None:
    """They always say 5.0, which no production bucket has."""
    ours, url = budgets(), "https://sandbox.sellingpartnerapi-eu.amazon.com"
    outward = ScriptedOutward(answer(200, x_amzn_ratelimit_limit="5.0"))
    await Spapi(outward, {"eu": url}, StoppedClock()).call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, ours)
    assert ours.dump()["amazon.getOrder"]["per_second"] == 0.5


async def test_the_far_clock_is_measured() -> None:
    """Two minutes are counted by Amazon's clock as its Date tells it, with a margin for whole seconds."""
    outward = ScriptedOutward(answer(200, date=NOW - timedelta(seconds=40)))
    spapi = Spapi(outward, API_URLS, StoppedClock())
    assert spapi.skew.latest_before(NOW) == NOW - timedelta(seconds=123)
    await spapi.call(ACCOUNT, Call("amazon.getOrder", "GET", "/x"), TOKEN, budgets())
    assert spapi.skew.latest_before(NOW) == NOW - timedelta(seconds=163)


@pytest.mark.parametrize("header", [None, "", "yesterday", "0"])
def test_a_date_that_cannot_be_read_measures_nothing(header: str | None) -> None:
    """The skew stays what it was."""
    spapi = Spapi(ScriptedOutward(), API_URLS, StoppedClock())
    spapi.skew.measure("eu", header, NOW)
    assert spapi.skew.ahead_seconds == {}


def test_the_slowest_region_decides() -> None:
    """What is old enough for the clock that is furthest behind is old enough everywhere."""
    spapi = Spapi(ScriptedOutward(), API_URLS, StoppedClock())
    spapi.skew.ahead_seconds = {"eu": 30.0, "na": -10.0}
    assert spapi.skew.far_now(NOW) == NOW - timedelta(seconds=10)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"errors": 1}', b'{"errors": []}', b'{"errors": ["x"]}'])
def test_a_refusal_in_strange_words_has_no_words(body: bytes) -> None:
    """A proxy's page or an empty list is no error text."""
    assert denied(answer(400, body)).said.strip() == ""
