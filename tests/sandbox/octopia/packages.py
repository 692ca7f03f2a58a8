"""
createOfferPackage, listOfferPackages, getOfferPackage, uploadOfferRequests, submitOfferPackage, getOfferResults.

A seller has one package at a time on a channel: another one is refused with 409 until the first is integrated or
rejected (that there is one is known, how a second is refused is not). Results are kept for three days.
"""

from dataclasses import replace
from typing import Any

from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.cursor import page
from tests.sandbox.octopia.errors import Problem, invalid
from tests.sandbox.octopia.package import KINDS, STATES, Outcome, Package
from tests.sandbox.octopia.query import known, number
from tests.sandbox.octopia.render import date
from tests.sandbox.octopia.uploads import read_requests

LIST_PARAMETERS = frozenset({"state", "salesChannelId", "limit"})
_MOST_REQUESTS = 50_000
_KEPT_SECONDS = 3 * 86_400
_LATE_SECONDS = 600.0


def create_offer_package(ctx: Context) -> Reply:
    """An empty 201; the new package's id is the last segment of `Content-Location`."""
    channel, body = ctx.headers.get("saleschannelid"), ctx.json()
    if channel not in ctx.account.channels:
        raise invalid("SalesChannelId", "The SalesChannelId header must name a channel of the seller.")
    kind = body.get("packageType") if isinstance(body, dict) else None
    if kind not in KINDS:
        raise invalid("packageType", "The packageType must be Upsert, Update or Delete.")
    mine = (p for p in ctx.octopia.packages_of(ctx.account, ctx.world.clock.now()) if p.channel == channel)
    if any(_state(ctx, p) not in ("Integrated", "Rejected") for p in mine):
        raise Problem(409, "A package of the seller is not integrated yet on this sales channel.")
    package_id = f"PKG{ctx.world.next_number('octopia.package'):09d}"
    if not ctx.take("dropped_204"):
        package = Package(package_id, ctx.account.seller_id, channel, kind, ctx.world.clock.now())
        ctx.octopia.packages.put(package_id, package)
    return ctx.done(Reply(status=201, headers={"Content-Location": f"/offer-packages/{package_id}"}))


def list_offer_packages(ctx: Context) -> Reply:
    """The newest first."""
    states = known("state", STATES, [ctx.query["state"]]) if "state" in ctx.query else STATES
    channel, limit = ctx.query.get("salesChannelId"), number(ctx, "limit", 100)
    found = [p for p in ctx.octopia.packages_of(ctx.account, ctx.world.clock.now()) if channel in (None, p.channel)]
    rows = [_package_json(ctx, p) for p in reversed(found) if _state(ctx, p) in states][:limit]
    return Reply("unavailable" if ctx.take("malformed_record") else {"itemsPerPage": limit, "items": rows})


def get_offer_package(ctx: Context) -> Reply:
    answer = _package_json(ctx, _package(ctx))
    return Reply("unavailable" if ctx.take("malformed_record") else answer)


def upload_offer_requests(ctx: Context) -> Reply:
    """An empty 202: the requests are taken in later, and the package is not WaitingForCompletion until then."""
    package = _package(ctx)
    requests = read_requests(ctx, package.kind)
    if package.submitted_at is not None:
        raise invalid("state", f"The package is {_state(ctx, package)}: nothing can be added.")
    if len(package.requests) + len(requests) > _MOST_REQUESTS:
        raise invalid("$", f"A package has at most {_MOST_REQUESTS} requests.")
    if not ctx.take("dropped_204"):
        taken_in_at = ctx.world.clock.now() + ctx.octopia.package_seconds
        filled = replace(package, requests=(*package.requests, *requests), taken_in_at=taken_in_at)
        ctx.octopia.packages.put(package.package_id, filled)
    return ctx.done(Reply(status=202))


def submit_offer_package(ctx: Context) -> Reply:
    """An empty 204; raises 400 unless the package waits for its completion and has something in it."""
    package, body, now = _package(ctx), ctx.json(), ctx.world.clock.now()
    if not isinstance(body, dict) or body.get("state") != "Ready":
        raise invalid("state", "The state must be Ready.")
    if (state := _state(ctx, package)) != "WaitingForCompletion":
        raise invalid("state", f"The package is {state}, not WaitingForCompletion.")
    if not package.requests:
        raise invalid("state", "The package is empty.")
    if not ctx.take("dropped_204"):
        late = ctx.take("late_visibility")
        settles_at = now + 2 * ctx.octopia.package_seconds + ((late.seconds or _LATE_SECONDS) if late else 0.0)
        rejected = ctx.take("package_rejected") is not None
        submitted = replace(package, submitted_at=now, settles_at=settles_at, rejected=rejected)
        ctx.octopia.packages.put(package.package_id, submitted)
    return ctx.done(Reply(status=204))


def get_offer_results(ctx: Context) -> Reply:
    """One page; 404 before the package is integrated, and from three days after."""
    package = _package(ctx)
    kept = package.settles_at + _KEPT_SECONDS > ctx.world.clock.now()
    if _state(ctx, package) != "Integrated" or package.outcomes is None or not kept:
        raise Problem(404, f"There are no results of package {ctx.item_id}.")
    keyed = [(f"{at:06d}", outcome) for at, outcome in enumerate(package.outcomes)]
    outcomes, headers = page(ctx, keyed)
    rows = [_outcome_json(outcome) for outcome in outcomes]
    if rows and ctx.take("malformed_record"):
        rows[len(rows) // 2] |= {"integrationStatus": None, "results": "unavailable"}
    return Reply({"itemsPerPage": len(rows), "items": rows}, headers=headers)


def _package(ctx: Context) -> Package:
    """The package if it is this seller's; raises 404."""
    found = [p for p in ctx.octopia.packages_of(ctx.account, ctx.world.clock.now()) if p.package_id == ctx.item_id]
    if not found:
        raise Problem(404, f"Package {ctx.item_id} was not found.")
    return found[0]


def _state(ctx: Context, package: Package) -> str:
    return package.state(ctx.world.clock.now(), ctx.octopia.package_seconds)


def _package_json(ctx: Context, package: Package) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "packageId": package.package_id,
        "type": package.kind,
        "state": _state(ctx, package),
        "salesChannelId": package.channel,
        "createdAt": date(package.created),
    }
    if package.outcomes is not None:
        good = sum(outcome.status == "Integrated" for outcome in package.outcomes)
        answer["result"] = {"integrated": good, "rejected": len(package.requests) - good}
    return answer


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "sellerExternalReference": outcome.sku,
        "integrationStatus": outcome.status,
        "results": [{"resultCode": outcome.code, "message": outcome.message}],
    }
