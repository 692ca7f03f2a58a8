"""A submission of quantities to Amazon whose answers are scripted, and the answers such scripts are made of."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.http.messages import Answer, Request
from shared.kernel.ports import Intent
from shared.marketplaces.amazon.stock import AmazonStock
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.listings import StockLine, StockOutcome, StockStep
from tests.unit.marketplaces.far_side import (
    ACCOUNT,
    API_URLS,
    FRANCE,
    NOW,
    TOKEN,
    ScriptedOutward,
    StoppedClock,
    answer,
    budgets,
)

ACCEPTED = {"sku": "A", "status": "ACCEPTED", "submissionId": "f1", "issues": []}


def item(sku: str = "A", quantity: int | None = 9, code: str = "DEFAULT") -> dict[str, Any]:
    available = {"fulfillmentChannelCode": code} | ({} if quantity is None else {"quantity": quantity})
    return {"sku": sku, "fulfillmentAvailability": [available]}


def found(*items: Any) -> Answer:
    return answer(200, {"numberOfResults": len(items), "items": list(items)})


def alone(one: dict[str, Any]) -> Answer:
    return answer(200, one)


def taken(sku: str = "A") -> Answer:
    return answer(200, ACCEPTED | {"sku": sku})


def line(sku: str = "A", quantity: int = 5, product_type: str | None = "LUGGAGE") -> StockLine:
    return StockLine(sku, quantity, {"product_type": product_type} if product_type else {})


class Telling:
    """A submission to France with scripted answers; `waits` between its calls, `outcomes` as they become known."""

    def __init__(self, lines: Sequence[StockLine], *answers: Answer | Exception, rounds: int = 3) -> None:
        self.outward = ScriptedOutward(*answers)
        spapi = Spapi(self.outward, API_URLS, StoppedClock())
        self.port = AmazonStock(spapi, read_after_seconds=(30, 60, 120)[:rounds])
        self.state: dict[str, Any] | None = self.port.begin(FRANCE, tuple(lines))
        self.waits: list[float] = []
        self.outcomes: list[StockOutcome] = []

    async def step(self) -> StockStep:
        """The state goes through JSON between two calls, as it does when it is committed."""
        intent = Intent(json.loads(json.dumps(self.state)), NOW + timedelta(seconds=20), 1234.5)
        step = await self.port.advance(ACCOUNT, intent, TOKEN, budgets())
        self.state = step.state
        self.waits.append(step.wait_seconds)
        self.outcomes += step.outcomes
        return step

    async def to_the_end(self) -> list[StockOutcome]:
        while self.state is not None:
            await self.step()
        assert self.outward.answers == []
        return self.outcomes

    @property
    def requests(self) -> list[Request]:
        return self.outward.requests

    @property
    def calls(self) -> list[str]:
        return [request.operation.removeprefix("amazon.") for request in self.requests]
