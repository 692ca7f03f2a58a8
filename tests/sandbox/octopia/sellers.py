"""
getSeller, getSubscriptions, listCarriers: who the seller is, where it sells, and the carriers' names.

Sellers are snake_case where orders are camelCase. The keys of a subscription are documented in prose only; their case
and the envelope are taken from delivery modes, which public clients have measured.
"""

from typing import Any

from tests.sandbox.octopia.carriers import CARRIERS
from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.models import CHANNELS, channel


def get_seller(ctx: Context) -> Reply:
    """The seller's profile."""
    account = ctx.account
    profile: dict[str, Any] = {
        "seller_id": account.seller_id,
        "shop_name": f"Boutique {account.seller_id}",
        "shop_url": None,
        "seller_state": "Activated",
        "seller_sub_state": account.sub_state,
        "auto_accept_order": account.auto_accept,
        "language": "fr-FR",
    }
    return Reply("unavailable" if ctx.take("malformed_record") else profile)


def get_subscriptions(ctx: Context) -> Reply:
    """The seller's channels, and one it has left: real lists hold more than what is live."""
    rows = [_subscription(ctx, name, "Active") for name in ctx.account.channels]
    left = [name for name in CHANNELS if name not in ctx.account.channels]
    rows += [_subscription(ctx, name, "Inactive") for name in left[-1:]]
    return Reply("unavailable" if ctx.take("malformed_record") else {"count": len(rows), "items": rows})


def list_carriers(ctx: Context) -> Reply:
    """A bare array; codes are not unique."""
    rows = [{"code": code, "label": label} for code, label in CARRIERS]
    return Reply("unavailable" if ctx.take("malformed_record") else rows)


def _subscription(ctx: Context, channel_id: str, status: str) -> dict[str, Any]:
    currency = channel(channel_id).currency
    return {
        "subscription_id": f"{ctx.account.seller_id}-{channel_id}",
        "sales_channel_id": channel_id,
        "status": status,
        "action": "None",
        "offer_submission_currency": currency,
        "seller_payment_currency": currency,
    }
