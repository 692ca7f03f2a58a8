"""What an operation is given: one authorised request."""

from dataclasses import dataclass

from tests.sandbox.calls import Call
from tests.sandbox.models import AccessToken, Fault, Seller
from tests.sandbox.world import World


@dataclass
class Context:
    """
    One authorised request of a seller.

    `now` is the sandbox's time as this operation tells it (a clock_skew fault shifts it); `query` is decoded, a raw `+`
    already being a space; `path` has the decoded segments by the names the model gives them.
    """

    world: World
    call: Call
    seller: Seller
    now: float
    query: dict[str, str]
    body: bytes
    path: dict[str, str]
    token: AccessToken

    @property
    def order_id(self) -> str:
        return self.path["orderId"]

    def take(self, *kinds: str) -> Fault | None:
        """A fault of one of the kinds for this call, used once."""
        fault = self.world.faults.take(self.call.operation, self.seller.seller_id, *kinds)
        if fault is not None:
            self.call.fault = fault.kind
        return fault

    def deviates(self, text: str) -> None:
        """Note something a strict far side would have refused."""
        self.call.deviations.append(text)
