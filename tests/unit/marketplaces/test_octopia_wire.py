"""One call to Octopia: whose it is, what it costs, and what a refusal means."""

import pytest

from shared.kernel.errors import (
    ConsentLost,
    FarSideError,
    OutcomeUnknown,
    Refused,
    Throttled,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.octopia.operations import CREATE_SHIPMENTS, LIST_ORDERS
from shared.marketplaces.octopia.wire import Call, next_cursor, refusal, said
from tests.unit.marketplaces.far_side import answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, TOKEN, api, budgets, problem

READ = Call(LIST_ORDERS, "GET", "/orders", (("status", "InPreparation"),))
WRITE = Call(CREATE_SHIPMENTS, "POST", "/orders/1/shipments", body=b"[]", send_before_monotonic=1.0)
HTML = b"<html>Bad Gateway for Claire Martin</html>"


async def test_a_call_says_whose_it_is() -> None:
    """One token serves all sellers, so every call names the seller; and who we are."""
    client, outward = api(answer(200, []))
    await client.call(ACCOUNT, READ, TOKEN, budgets())
    (request,) = outward.requests
    assert request.full_url == "https://octopia.example/seller/v2/orders?status=InPreparation"
    assert request.headers["SellerId"] == "98979"
    assert request.headers["authorization"] == "Bearer secret-token"
    assert request.headers["user-agent"].startswith("Passerelle/")
    assert (request.effect, request.content_type) == ("read", None)


async def test_a_write_is_fenced() -> None:
    """A write carries its fence and its content type."""
    client, outward = api(answer(201))
    await client.call(ACCOUNT, WRITE, TOKEN, budgets())
    (request,) = outward.requests
    assert (request.effect, request.content_type, request.send_before_monotonic) == ("write", "application/json", 1.0)


@pytest.mark.parametrize(
    ("call", "status", "error"),
    [
        (READ, 401, TokenRejected),
        (READ, 403, ConsentLost),
        (READ, 429, Throttled),
        (READ, 500, Unavailable),
        (READ, 502, Unavailable),
        (READ, 408, Unavailable),
        (READ, 302, Unavailable),
        (WRITE, 401, TokenRejected),
        (WRITE, 403, ConsentLost),
        (WRITE, 429, Throttled),
        (WRITE, 502, OutcomeUnknown),
        (WRITE, 302, Unavailable),
    ],
)
async def test_what_a_status_means(call: Call, status: int, error: type[FarSideError]) -> None:
    """Status first; nothing of a body, be it a page of some proxy, is in the error."""
    with pytest.raises(error) as caught:
        await api(answer(status, HTML))[0].call(ACCOUNT, call, TOKEN, budgets())
    assert "Claire" not in str(caught.value)


async def test_a_429_empties_the_bucket() -> None:
    """The wait is one call's at our own rate, and no call is made before."""
    client, outward = api(answer(429))
    spent = budgets()
    with pytest.raises(Throttled) as caught:
        await client.call(ACCOUNT, READ, TOKEN, spent)
    assert caught.value.retry_after_seconds == pytest.approx(2.0)
    with pytest.raises(Throttled) as again:
        await client.call(ACCOUNT, READ, TOKEN, spent)
    assert (again.value.code, len(outward.requests)) == ("budget_empty", 1)


def test_a_problem_says_what_is_wrong() -> None:
    """Title, detail and fields are judged; that every problem has a status is nothing of that."""
    told = said(problem(400, "Claire's order", carrierName="Unknown Carrier"))
    assert told == "bad request claire's order carriername unknown carrier"
    assert said(answer(400, HTML)) == said(answer(400, ["x"])) == said(answer(400, b"")) == ""


def test_what_nobody_knows_better() -> None:
    """A 4xx is a refusal by its status, an unforeseen success cannot be read."""
    assert isinstance(refusal(answer(418)), Refused)
    assert isinstance(refusal(answer(206)), Unreadable)


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ('<https://elsewhere.example/offers?limit=9&cursor=a%2Bb>; rel="next"', "a+b"),
        ('</offers?cursor=1>; rel="prev", </offers?cursor=2>; rel="next"', "2"),
        ("</offers?cursor=3>; rel=next", "3"),
        ('</offers?cursor=1>; rel="prev"', None),
        ('</offers>; rel="next"', None),
        ('<http://[>; rel="next"', None),
        ("", None),
    ],
)
def test_a_further_page_is_known_by_its_cursor(link: str, cursor: str | None) -> None:
    """Only the cursor is taken from a link: an address in an answer is never asked."""
    assert next_cursor(answer(200, [], link=link)) == cursor
