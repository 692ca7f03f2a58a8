"""What strangers' clients are told besides hosts: the application they speak for, and what they ask for."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox_client import Sandbox

APPLICATION = "amzn1.sellerapps.app.strangers"
CLIENT_ID, SECRET = "amzn1.application-oa2-client.strangers", "strangers-secret"
# A scope nobody is given any more.
DEAD_SCOPE = "sellingpartnerapi::migration"
NOTIFICATIONS = "sellingpartnerapi::notifications"
FRANCE, UNITED_STATES = "A13V1IB3VIYZZH", "ATVPDKIKX0DER"
EVERY_DATA_SET = [
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
    "PAYMENT", "FULFILLMENT_ORDERS",
]  # fmt: skip
EVERY_DUTY = [
    "transparency", "serial_number", "signature", "age_check", "identity_check", "pallet", "cash_on_delivery", "ioss",
    "gift", "customized", "label_window",
]  # fmt: skip
# What tells one 403 from another.
MISSING = "Access token is missing in the request header."
REJECTED = "The access token you provided is revoked, malformed or invalid."
EXPIRED = "The access token you provided has expired."
SECRET_EXPIRED = "The LWA secret token you provided has expired."
NOT_IN_REGION = "The marketplaces you provided are not valid for region."
# Sixteen calls at once are one more than this operation's burst.
PARTICIPATIONS_BURST = 15


@dataclass(frozen=True)
class Account:
    """A seller who let the strangers' application in; `base_url` is the sandbox's."""

    base_url: str
    seller_id: str
    refresh_token: str
    client_id: str = CLIENT_ID
    secret: str = SECRET

    async def access_token(self) -> str:
        """A new one."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self.base_url}/amazon/lwa/auth/o2/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])


async def open_account(sandbox: Sandbox, seller_id: str, **fields: Any) -> Account:
    """A new seller of the sandbox's (`roles`, `channels`), in Europe."""
    await sandbox.app(APPLICATION, CLIENT_ID, [SECRET])
    made = await sandbox.seller(seller_id, **fields)
    return Account(sandbox.base_url, seller_id, made["refresh_token"])
