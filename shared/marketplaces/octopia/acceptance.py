"""
Accepting or refusing an order that waits for the seller: POST approval-status.

Cdiscount only, and only where the seller has not chosen to accept automatically (page Orders management of
developer.octopia-io.net, read 2026-11). The same answer twice does no harm: the second finds that nothing waits.
"""

import json

from shared.kernel.budgets import Budgets
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.octopia.operations import APPROVE_ORDER
from shared.marketplaces.octopia.orders import order_path
from shared.marketplaces.octopia.refusals import answer_refusal
from shared.marketplaces.octopia.wire import Call, OctopiaApi
from shared.marketplaces.ports import FarAccount

_WORDS = {True: "Accepted", False: "Refused"}


class OctopiaAcceptance:
    """See `shared.marketplaces.ports.AcceptancePort`."""

    def __init__(self, api: OctopiaApi) -> None:
        self._api = api

    async def answer(
        self, account: FarAccount, order_id: str, intent: Intent[bool], token: AccessToken, budgets: Budgets
    ) -> None:
        call = Call(
            APPROVE_ORDER,
            "POST",
            f"{order_path(order_id)}/approval-status",
            body=json.dumps({"approval_status": _WORDS[intent.value]}).encode(),
            send_before_monotonic=intent.send_before_monotonic,
        )
        answer = await self._api.call(account, call, token, budgets)
        if answer.status >= 400:
            raise answer_refusal(answer)
