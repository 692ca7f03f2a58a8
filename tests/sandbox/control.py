"""
The control API: what tests and the demo say to the sandbox itself. JSON in, JSON out; mistakes answer 400 with `error`.

Orders have a module of their own, `control_orders`.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.amazon.render import ROLE_SHIPPING, ROLES
from tests.sandbox.amazon.stores import USUAL, find_store
from tests.sandbox.amazon.vendors import ROLE_VENDOR_ORDERS
from tests.sandbox.clock import iso
from tests.sandbox.control_octopia import NAME as OCTOPIA
from tests.sandbox.control_octopia import account_json, add_account, add_client, add_offers, delegate
from tests.sandbox.models import REGIONS, Application, Fault, Grant, Seller
from tests.sandbox.world import World

Json = dict[str, Any]
Action = Callable[[World, Request, Json], tuple[int, Any]]


class ControlError(Exception):
    """The request makes no sense; the text says why."""


def control_route(world: World, path: str, method: str, action: Action) -> Route:
    """A route that reads JSON, runs the action, saves, and answers."""

    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
            status, answer = action(world, request, body)
        except (ControlError, ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error) or repr(error)}, 400)
        finally:
            world.save()
        return JSONResponse(answer, status)

    handler: Callable[[Request], Awaitable[Response]] = endpoint
    return Route(f"/control{path}", handler, methods=[method])


def control_routes(world: World) -> list[Route]:
    """All control endpoints but those about orders."""
    return [
        control_route(world, "/health", "GET", _health),
        control_route(world, "/apps", "POST", _add_app),
        control_route(world, "/sellers", "POST", _add_seller),
        control_route(world, "/sellers", "GET", _sellers),
        control_route(world, "/sellers/{seller_id}/revoke", "POST", _revoke),
        control_route(world, "/sellers/{seller_id}/delegate", "POST", delegate),
        control_route(world, "/offers", "POST", add_offers),
        control_route(world, "/faults", "POST", _add_fault),
        control_route(world, "/faults", "GET", _faults),
        control_route(world, "/faults", "DELETE", _clear_faults),
        control_route(world, "/calls", "GET", _calls),
        control_route(world, "/clock", "POST", _advance),
        control_route(world, "", "DELETE", _empty),
    ]


def _health(world: World, request: Request, body: Json) -> tuple[int, Any]:
    return 200, {"status": "ok", "now": iso(world.clock.now())}


def _add_app(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """Register an application, or replace its registration."""
    if body.get("marketplace") == OCTOPIA:
        return add_client(world, body)
    app = Application(
        application_id=body["application_id"],
        client_id=body["client_id"],
        client_secrets=tuple(body["client_secrets"]),
        redirect_uris=tuple(body.get("redirect_uris", ())),
        draft=bool(body.get("draft", False)),
        login_uri=body.get("login_uri", ""),
        vendors=bool(body.get("vendors", False)),
        queue_url=body.get("queue_url", ""),
    )
    world.apps.put(app.application_id, app)
    return 201, {"application_id": app.application_id}


def _add_seller(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """A seller of a region with a self-authorised refresh token, as the console of a private application shows one."""
    if body.get("marketplace") == OCTOPIA:
        return add_account(world, body)
    if body.get("marketplace", "amazon") != "amazon":
        raise ControlError("marketplace is amazon or octopia")
    region = body.get("region", "eu")
    if region not in REGIONS:
        raise ControlError(f"region is one of {', '.join(REGIONS)}")
    seller_id = body.get("seller_id") or f"A{world.draw('seller')[:12].upper()}"
    codes = tuple(body.get("vendor_codes", ()))
    known = (ROLE_VENDOR_ORDERS, ROLE_SHIPPING) if codes else ROLES
    roles = tuple(body.get("roles", known))
    if unknown := sorted(set(roles) - set(known)):
        raise ControlError(f"unknown roles {', '.join(unknown)}; known: {', '.join(known)}")
    channels, days = _channels(region, body.get("channels")), int(body.get("grant_days", 365))
    seller = Seller(seller_id, region, channels, roles, days, codes, bool(body.get("professional", True)))
    world.sellers.put(seller.key, seller)
    token = f"Atzr|{world.draw('refresh')}"
    world.grants.put(token, Grant(token, seller_id, region, _client_id(world, body), world.clock.now()))
    made = {"marketplace": "amazon", "seller_id": seller_id, "region": region, "refresh_token": token}
    return 201, made | {"channels": list(seller.channels), "roles": list(roles)}


def _sellers(world: World, request: Request, body: Json) -> tuple[int, Any]:
    others = [account_json(account) for account in world.octopia.accounts]
    return 200, {"sellers": [*(seller.__dict__ for seller in world.sellers), *others]}


def _channels(region: str, asked: list[str] | None) -> tuple[str, ...]:
    """Marketplace ids from ids or country codes; of an empty list none."""
    found = {text: find_store(region, text) for text in (USUAL[region] if asked is None else asked)}
    if wrong := [text for text, store in found.items() if store is None]:
        raise ControlError(f"no such store in {region}: {', '.join(wrong)}")
    return tuple(store.marketplace_id for store in found.values() if store is not None)


def _client_id(world: World, body: Json) -> str | None:
    """The application a self-authorised token is for: the one named, the only one, or whichever uses it first."""
    if "application_id" in body:
        app = world.apps.get(body["application_id"])
        if app is None:
            raise ControlError("unknown application_id")
        return app.client_id
    apps = list(world.apps)
    return apps[0].client_id if len(apps) == 1 else None


def _revoke(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """The seller disables the application: all grants so far are void, in `region` or in all."""
    from_region = body.get("region")
    grants = [g for g in world.grants if g.seller_id == request.path_params["seller_id"]]
    revoked = [g for g in grants if from_region in (None, g.region) and not g.revoked]
    for grant in revoked:
        world.grants.put(grant.refresh_token, Grant(**{**grant.__dict__, "revoked": True}))
    return 200, {"revoked": len(revoked)}


def _add_fault(world: World, request: Request, body: Json) -> tuple[int, Any]:
    times = int(body.get("times") or 0)
    fault = Fault(
        fault_id=world.draw("fault")[:12],
        operation=body["operation"],
        kind=body["kind"],
        remaining=times or None,
        seller_id=body.get("seller_id"),
        seconds=body.get("seconds"),
        datasets=tuple(body.get("datasets", ("BUYER", "RECIPIENT"))),
    )
    return 201, _fault_json(world.faults.add(fault))


def _fault_json(fault: Fault) -> Json:
    return fault.__dict__ | {"datasets": list(fault.datasets)}


def _faults(world: World, request: Request, body: Json) -> tuple[int, Any]:
    return 200, {"faults": [_fault_json(fault) for fault in world.faults.all()]}


def _clear_faults(world: World, request: Request, body: Json) -> tuple[int, Any]:
    world.faults.clear(request.query_params.get("seller_id"), request.query_params.get("fault_id"))
    return 200, {"faults": [_fault_json(fault) for fault in world.faults.all()]}


def _calls(world: World, request: Request, body: Json) -> tuple[int, Any]:
    found = world.calls.find(request.query_params.get("operation"), request.query_params.get("seller_id"))
    deviations = [
        {"operation": call.operation, "seller_id": call.seller_id, "at": call.at, "deviation": text}
        for call in found
        for text in call.deviations
    ]
    return 200, {"count": len(found), "calls": [call.as_json() for call in found], "deviations": deviations}


def _advance(world: World, request: Request, body: Json) -> tuple[int, Any]:
    now = world.advance(float(body["advance_seconds"]))
    return 200, {"now": iso(now), "advanced_seconds": world.clock.advanced}


def _empty(world: World, request: Request, body: Json) -> tuple[int, Any]:
    world.empty()
    return 200, {"status": "empty"}
