"""
patchListingsItem (Listings Items v2021-08-01): a change of a listing, as far as quantities go.

Accepted is not applied: that comes later. What cannot be understood is a 400, what is understood and wrong a 200 with
the status INVALID, as with an attribute in camelCase (90000900, issue jlevers/selling-partner-api#861). The codes of
the other issues are ours: Amazon publishes no list.
"""

import json
from typing import Any

from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import invalid
from tests.sandbox.amazon.item import asked_stores
from tests.sandbox.amazon.listing import SELECTOR, Change, Listing
from tests.sandbox.faults import Unanswered

PARAMETERS = frozenset({"marketplaceIds", "includedData", "mode", "issueLocale"})
ATTRIBUTE = "fulfillment_availability"
_OPS = ("add", "replace", "merge", "delete")
_LATE_SECONDS = 600.0
_PREVIEW = "VALIDATION_PREVIEW"


def patch_listings_item(ctx: Context) -> Any:
    """What became of the submission; raises 400 or 403. An unknown SKU is INVALID: the model has no 404 here."""
    stores, body = asked_stores(ctx), _body(ctx)
    patches = _patches(body)
    now = ctx.world.clock.now()
    found = [ctx.world.catalogue.find(ctx.seller, store, ctx.path["sku"], now) for store in stores]
    listings = [listing for listing in found if listing is not None]
    issues = _issues(ctx, body, patches, listings)
    preview = ctx.query.get("mode") == _PREVIEW
    if issues or preview:
        return _answer(ctx, "INVALID" if issues else "VALID", issues)
    if not ctx.take("dropped_204"):
        late = ctx.take("late_visibility")
        hidden = (late.seconds or _LATE_SECONDS) if late else 0.0
        for listing in listings:
            ctx.world.catalogue.accept(listing, _changes(ctx, patches, now, hidden))
    if fault := ctx.take("timeout_after_effect"):
        raise Unanswered(fault.seconds)
    return _answer(ctx, "ACCEPTED", [])


def _body(ctx: Context) -> dict[str, Any]:
    try:
        body = json.loads(ctx.body)
    except ValueError as error:
        raise invalid("The request body is not JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("productType"), str) or not body["productType"]:
        raise invalid("productType is required.")
    for name in sorted(body.keys() - {"productType", "patches"}):
        ctx.deviates(f"unknown field {name}")
    return body


def _patches(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The patches, each with an operation, a top-level attribute and a list of objects."""
    patches = body.get("patches")
    if not isinstance(patches, list) or not patches:
        raise invalid("patches is required.")
    for patch in patches:
        path = patch.get("path") if isinstance(patch, dict) else None
        if not isinstance(path, str) or patch.get("op") not in _OPS:
            raise invalid("A patch needs an op and a path.")
        if path.count("/") != 2 or not path.startswith("/attributes/"):
            raise invalid("Only top-level listings item attributes can be patched.")
        values = patch.get("value", [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise invalid("The value of a patch is a list of objects.")
    return patches


def _issues(
    ctx: Context, body: dict[str, Any], patches: list[dict[str, Any]], listings: list[Listing]
) -> list[dict[str, Any]]:
    if ctx.take("patch_invalid"):
        return [_issue("90220", "The listing cannot be changed now.", "INVALID_ATTRIBUTE", ATTRIBUTE)]
    if not listings:
        return [_issue("13013", "This SKU does not exist in the catalog.", "INVALID_ATTRIBUTE", "sku")]
    if body["productType"] not in ("PRODUCT", listings[0].product_type):
        ctx.deviates(f"productType {body['productType']} is not the listing's")
    return [issue for patch in patches for issue in _patch_issues(patch)]


def _patch_issues(patch: dict[str, Any]) -> list[dict[str, Any]]:
    name = patch["path"].rsplit("/", 1)[1]
    if name != ATTRIBUTE:
        return [_issue("90000900", f"The attribute '{name}' is not valid.", "INVALID_ATTRIBUTE", name)]
    values = patch.get("value", [])
    if not values or any(not isinstance(value.get(SELECTOR), str) for value in values):
        return [_issue("90244", f"'{SELECTOR}' is required.", "MISSING_ATTRIBUTE", name)]
    if any("quantity" in value and not _whole(value["quantity"]) for value in values):
        return [_issue("90225", "'quantity' is not a whole number of 0 or more.", "INVALID_ATTRIBUTE", name)]
    return []


def _whole(quantity: object) -> bool:
    return type(quantity) is int and quantity >= 0


def _changes(ctx: Context, patches: list[dict[str, Any]], now: float, hidden_seconds: float) -> list[Change]:
    at = now + ctx.world.catalogue.applied_after
    return [Change(at, patch["op"], tuple(patch["value"]), hidden_seconds) for patch in patches]


def _answer(ctx: Context, status: str, issues: list[dict[str, Any]]) -> dict[str, Any]:
    submission = ctx.world.draw("submission")[:32]
    return {"sku": ctx.path["sku"], "status": status, "submissionId": submission, "issues": issues}


def _issue(code: str, message: str, category: str, attribute: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "categories": [category],
        "attributeNames": [attribute],
    }
