"""What an operation is given, and what it gives back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.calls import Call
from tests.sandbox.faults import Unanswered
from tests.sandbox.models import Fault
from tests.sandbox.octopia.errors import Problem
from tests.sandbox.octopia.models import Account
from tests.sandbox.octopia.state import Octopia
from tests.sandbox.world import World


@dataclass(frozen=True)
class Reply:
    """A success; `body` None is an empty answer."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Context:
    """One authorised request for a seller. `item_id` is the id in the path; `url` the address asked, without query."""

    world: World
    call: Call
    account: Account
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    item_id: str
    url: str

    @property
    def octopia(self) -> Octopia:
        return self.world.octopia

    def take(self, *kinds: str) -> Fault | None:
        """A fault of one of the kinds for this call, used once."""
        fault = self.world.faults.take(self.call.operation, self.account.seller_id, *kinds)
        if fault is not None:
            self.call.fault = fault.kind
        return fault

    def deviates(self, text: str) -> None:
        """Note something a strict far side would have refused."""
        self.call.deviations.append(text)

    def json(self) -> Any:
        """The body; raises 415 or 400."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise Problem(415)
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Problem(400, "The request body is not JSON.") from error

    def done(self, reply: Reply) -> Reply:
        """A write's answer; with a timeout_after_effect fault there is none (raises Unanswered)."""
        if fault := self.take("timeout_after_effect"):
            raise Unanswered(fault.seconds)
        return reply
