"""The control API's Octopia: clients, sellers, and whom sellers let in. Mistakes raise ValueError with the reason."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request

from tests.sandbox.octopia.models import CDISCOUNT, Account, Client
from tests.sandbox.world import World

Json = dict[str, Any]
NAME = "octopia"


def add_client(world: World, body: Json) -> tuple[int, Any]:
    """An aggregator's credentials, or new secrets for them."""
    client = Client(body["client_id"], tuple(body["client_secrets"]))
    world.octopia.clients.put(client.client_id, client)
    return 201, {"client_id": client.client_id}


def add_account(world: World, body: Json) -> tuple[int, Any]:
    """A seller, again = replaced; `own_client`: credentials of its own, good for itself only."""
    seller_id = str(body.get("seller_id") or int(world.draw("octopia.seller")[:6], 16) + 100_000)
    channels = tuple(body.get("channels") or (CDISCOUNT,))
    account = Account(seller_id, channels, bool(body.get("delegated", True)), bool(body.get("auto_accept", True)))
    world.octopia.accounts.put(seller_id, account)
    if own := body.get("own_client"):
        world.octopia.clients.put(
            own["client_id"], Client(own["client_id"], (own["client_secret"],), seller_id=seller_id)
        )
    return 201, account_json(account)


def account_json(account: Account) -> Json:
    return {"marketplace": NAME, **account.__dict__, "channels": list(account.channels)}


def delegate(world: World, request: Request, body: Json) -> tuple[int, Any]:
    """The seller lets aggregators in on the portal's page, or withdraws that."""
    account = world.octopia.accounts.get(request.path_params["seller_id"])
    if account is None:
        raise ValueError("no such seller of Octopia's")
    account = replace(account, delegated=bool(body["delegated"]))
    world.octopia.accounts.put(account.seller_id, account)
    return 200, account_json(account)
