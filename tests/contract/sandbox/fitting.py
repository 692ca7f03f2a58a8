"""
The sandbox inside the test's own process, where every answer to anybody has to fit the model of its operation.

That is Amazon's own model, or the reconstruction of Octopia's; where they are not at hand nothing is held against an
answer. What a fault spoiled need not fit. Seen red with an order that had no `createdTime`.
"""

import httpx
import jsonschema
from starlette.applications import Starlette

from tests.contract.sandbox import specs
from tests.sandbox.amazon import operations as amazon
from tests.sandbox.octopia import edge
from tests.sandbox.octopia import operations as octopia
from tests.sandbox.world import World

# By the first two segments of a path.
MODELS = {
    "orders/2026-01-01": "orders_2026-01-01",
    "orders/v0": "ordersV0",
    "sellers/v1": "sellers",
    "listings/2021-08-01": "listingsItems_2021-08-01",
    "vendor/orders": "vendorOrders",
    "fba/outbound": "fulfillmentOutbound_2020-07-01",
    "vendor/directFulfillment": "vendorDirectFulfillmentOrders_2021-12-28",
    "tokens/2021-03-01": "tokens_2021-03-01",
}


class Fitting(httpx.AsyncBaseTransport):
    """`misfits` tells the answers that did not fit so far."""

    def __init__(self, app: Starlette) -> None:
        self._inside = httpx.ASGITransport(app)
        self._world: World = app.state.world
        self.misfits: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        before = len(self._world.calls.find(None, None))
        response = await self._inside.handle_async_request(request)
        await response.aread()
        if not any(call.fault for call in self._world.calls.find(None, None)[before:]):
            self._check(request, response)
        return response

    def _check(self, request: httpx.Request, response: httpx.Response) -> None:
        path = request.url.raw_path.decode().partition("?")[0]
        try:
            if path.startswith(edge.PREFIX):
                _check_octopia(request.method, path.removeprefix(edge.PREFIX), response)
            elif path.startswith("/amazon/"):
                path = path.replace("/amazon/sandbox/", "/amazon/", 1)
                _check_amazon(request.method, "/" + path.split("/", 3)[3], response)
        except (jsonschema.ValidationError, AssertionError) as error:
            where = getattr(error, "json_path", "")
            said = str(error).partition("\n")[0]
            self.misfits.append(f"{request.method} {path} {response.status_code}: {where} {said}")


def _check_amazon(method: str, path: str, response: httpx.Response) -> None:
    found = amazon.find_operation(method, path)
    if found is None:
        return
    operation = found[0]
    name = MODELS["/".join(operation.path.split("/")[1:3])]
    if specs.model_file(name).exists():
        body = response.json() if response.content else None
        specs.check(name, operation.path, method.lower(), response.status_code, body)


def _check_octopia(method: str, path: str, response: httpx.Response) -> None:
    found = octopia.find_operation(method, path)
    if found is not None and specs.octopia_is_at_hand():
        specs.check_octopia(found[0].path, method.lower(), response)
