"""
Octopia's sales channels and addresses, as data.

Sources (read 2026-11): developer.octopia-io.net (Getting started, API Credentials). Only Cdiscount's channel id is
confirmed by several clients; ids of partner channels are read from the seller's subscriptions (`oauth.py`).
"""

from collections.abc import Mapping

from shared.marketplaces.models import Channel

EU = "eu"
CDISCOUNT = "CDISFR"

TOKEN_URL = "https://auth.octopia-io.net/auth/realms/maas/protocol/openid-connect/token"  # noqa: S105 - an address
API_URLS: Mapping[str, str] = {EU: "https://api.octopia-io.net/seller/v2"}
# The page of the portal where a seller lets an aggregator in by its Seller ID.
CENTRAL_URLS: Mapping[str, str] = {EU: "https://developer.octopia-io.net/api-credentials/#linkAgreeToSeller"}

# What a seller does on that page: the connection model in which we are told nothing but the Seller ID.
DELEGATION_STEPS = (
    "Choose “I use a feed aggregator”.",
    "Choose “My aggregator only requests my SellerID”.",
    "Choose “%(us)s” in the list of aggregators.",
    "Confirm that you grant the access.",
)
# The connection model in which the seller types our client id instead.
CLIENT_STEPS = (
    "Choose “I use a feed aggregator”, and that it gives you its client ID.",
    "Enter this client ID: %(client_id)s",
    "Sign in there as this seller, and confirm that you grant the access.",
)
# Octopia's test seller is 98979. A leading zero would be another spelling of the same account.
SELLER_IDS = "[1-9][0-9]{0,17}"

# A channel we do not know is shown in Octopia's own zone.
ZONE = "Europe/Paris"
STORES: Mapping[str, Channel] = {CDISCOUNT: Channel(CDISCOUNT, "Cdiscount", "FR", "EUR", ZONE)}
