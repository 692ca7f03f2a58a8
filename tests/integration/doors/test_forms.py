"""
What another site's page makes a browser send: whatever a session's cookie may change needs the session's token.

Seen red with the check left out of `posted_form`, with it left out of `principal`, with any token believed, with the
form's token of sign-in believed without its cookie, and with a route that reads its form by itself.
"""

import json
from dataclasses import replace
from typing import Any

import httpx

from tests.integration.auth.conftest import PASSWORD, Visitor
from tests.integration.doors.conftest import Service
from tests.integration.orders.service import OrdersService
from tests.routes import Route
from tests.unit.orders.builders import connection

# What a browser says of another site's form.
FROM_ELSEWHERE = {
    "origin": "https://evil.example",
    "referer": "https://evil.example/",
    "sec-fetch-site": "cross-site",
    "accept": "text/html",
}
_FORM = {
    "name": "Ours", "marketplace": "amazon", "region": "eu", "scopes": "orders.orders:read", "sku": "SKU-1",
    "counted": "5", "weight_grams": "5", "lines": "A\n", "answer": "accept", "carrier_name": "Ours",
    "gs1_prefix": "9521234", "extension": "0", "serial_first": "1", "serial_last": "9", "postal_code": "75001",
    "city": "Paris", "country": "FR",
}  # fmt: skip
_FIRST_FORM = {"email": "victim@shop.example", "password": PASSWORD, "organisation": "Ours"}
_SENDER = {"name": "A", "lines": ["1 rue A"], "postal_code": "75001", "city": "Paris", "country": "FR"}
_CARRIER = {"sender": _SENDER, "carrier_name": "Ours", "gs1_prefix": "9521234", "extension": 0}
_BODIES: dict[str, Any] = {
    "/api/inventory/v1/skus/bulk": [{"sku": "SKU-1", "counted": 5}],
    "/api/inventory/v1/skus/{sku:path}": {"weight_grams": 5},
    "/api/inventory/v1/skus/{sku:path}/level": {"counted": 5},
    "/api/labels/v1/carrier": _CARRIER | {"serial_first": 1, "serial_last": 9, "tracking_url_template": None},
    "/api/orders/v1/acceptance-modes/{connection_id}": {"mode": "automatic"},
    "/api/labels/v1/batches": {"order_ids": ["01890a5d-ac96-774b-bcce-b302099a8058"]},
}
_FIRST = (
    "/signin",
    "/signin/password",
    "/signin/code",
    "/signin/code/begin",
    "/signin/code/passkey",
    "/signin/code/passkey/begin",
    "/signin/code/passkeys",
    "/signin/code/passkeys/begin",
    "/signin/passkey",
    "/signin/passkey/begin",
    "/signin/forgotten",
    "/signin/reset/{secret}",
    "/signup",
    "/signup/confirm/{secret}",
    "/signup/invited/{secret}",
)


async def test_no_other_site_changes_anything(service: Service) -> None:
    """Without the token, with an empty one, with another session's, with one made up: 403, and no row is other."""
    victim, attacker = await service.signed_up(), await service.signed_up()
    stolen = await service.token_of(attacker)
    routes = [route for route in service.routes if route.changes and route.takes_cookies]
    assert len(routes) >= 5
    before = await service.kept()
    wrong = [
        f"{route} with {token!r}: {answer.status_code}"
        for route in routes
        for token in (None, "", stolen, "x" * 43, "é")
        if not _is_refused(answer := await send(victim, route, token))
    ]
    assert (wrong, await service.kept()) == ([], before)


async def test_with_its_token_the_same_is_done(service: Service) -> None:
    """What was refused above is no mistake of the request: with the session's own token it goes on and changes rows."""
    owner = await service.signed_up()
    if service.name == "orders":
        organisation = (await service.principal_of(owner)).organisation
        await OrdersService(service.engine).connect(
            replace(connection(), organisation_id=organisation, marketplace="octopia")
        )
    token, before = await service.token_of(owner), await service.kept()
    routes = [r for r in service.routes if r.changes and r.takes_cookies and r.path not in ("/signout", *_FIRST)]
    refused = [str(route) for route in routes if _is_refused(await send(owner, route, token))]
    assert refused == []
    assert await service.kept() != before


async def test_what_only_reads_changes_nothing(service: Service) -> None:
    """A link or an image of another site makes a browser send these with its cookie."""
    victim = await service.signed_up()
    before = await service.kept()
    reads = [route for route in service.routes if route.method == "GET" and route.takes_cookies]
    assert len(reads) > 5
    for route in reads:
        assert (await victim.client.get(route.address(), headers=FROM_ELSEWHERE)).status_code < 500, route
    assert await service.kept() == before


async def send(visitor: Visitor, route: Route, token: str | None) -> httpx.Response:
    """A good request but for the token, in the field of a form or the header of a call."""
    if route.is_api:
        told = FROM_ELSEWHERE | ({} if token is None else {"x-csrf-token": token})
        headers = httpx.Headers(told | {"content-type": "application/json"}, encoding="utf-8")
        body = json.dumps(_BODIES.get(route.path, {}))
        return await visitor.client.request(route.method, route.address(), headers=headers, content=body)
    fields = (_FIRST_FORM if route.path in _FIRST else _FORM) | ({} if token is None else {"csrf_token": token})
    return await visitor.client.request(route.method, route.address(), headers=FROM_ELSEWHERE, data=fields)


def _is_refused(answer: httpx.Response) -> bool:
    """For the token, and for nothing else."""
    return answer.status_code == 403 and ("form-expired" in answer.text or "no longer valid" in answer.text)
