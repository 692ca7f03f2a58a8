"""
What can be made to go wrong, and the two kinds of going wrong that touch the connection itself.

`KINDS` says which kinds each operation knows; asking for another is an error, so that no test waits for a fault that
cannot happen.
"""

import asyncio
from dataclasses import replace

from starlette.requests import Request

from tests.sandbox.calls import Call
from tests.sandbox.models import Fault
from tests.sandbox.store import Table

_ANY = frozenset({"throttle", "server_error", "html_502", "timeout", "slow", "clock_skew"})
_API = _ANY | {"revoked_grant", "expired_secret", "token_rejected", "role_missing"}
_PAGED = {"late_order", "repeated_page_token", "refused_page_token"}

_OCTOPIA = _ANY | {"revoked_grant", "token_rejected"}
_OCTOPIA_READ = _OCTOPIA | {"malformed_record"}
_OCTOPIA_WRITE = _OCTOPIA | {"timeout_after_effect", "dropped_204"}
_OCTOPIA_KINDS: dict[str, frozenset[str]] = {
    "octopia.token": _ANY | {"timeout_after_effect", "expired_secret", "malformed_record"},
    "octopia.getSeller": _OCTOPIA_READ,
    "octopia.getSubscriptions": _OCTOPIA_READ,
    "octopia.listCarriers": _OCTOPIA_READ,
    "octopia.listOrders": _OCTOPIA_READ | {"late_order"},
    "octopia.countOrders": _OCTOPIA_READ | {"late_order"},
    "octopia.getOrder": _OCTOPIA_READ,
    "octopia.approveOrder": _OCTOPIA_WRITE | {"late_visibility"},
    "octopia.createShipments": _OCTOPIA_WRITE | {"late_visibility"},
    "octopia.listOffers": _OCTOPIA_READ | {"repeated_page_token", "refused_page_token"},
    "octopia.createOfferPackage": _OCTOPIA_WRITE,
    "octopia.listOfferPackages": _OCTOPIA_READ,
    "octopia.getOfferPackage": _OCTOPIA_READ,
    "octopia.uploadOfferRequests": _OCTOPIA_WRITE,
    "octopia.submitOfferPackage": _OCTOPIA_WRITE | {"late_visibility", "package_rejected"},
    "octopia.getOfferResults": _OCTOPIA_READ | {"repeated_page_token", "refused_page_token"},
    "octopia.*": _OCTOPIA,
}

KINDS: dict[str, frozenset[str]] = {
    **_OCTOPIA_KINDS,
    "amazon.token": _ANY | {"timeout_after_effect", "revoked_grant", "expired_secret", "malformed_record"},
    "amazon.searchOrders": _API | {"malformed_record", "included_data_400"} | _PAGED,
    "amazon.getOrder": _API | {"malformed_record", "included_data_400"},
    "amazon.confirmShipment": _API | {"timeout_after_effect", "dropped_204", "late_visibility"},
    "amazon.getMarketplaceParticipations": _API | {"malformed_record"},
    "amazon.getAccount": _API | {"malformed_record"},
    "amazon.listAllFulfillmentOrders": _API | {"malformed_record"},
    "amazon.createRestrictedDataToken": _API,
    "amazon.getOrders": _API,
    "amazon.getPurchaseOrders": _API | {"malformed_record"},
    "amazon.searchListingsItems": _API | {"malformed_record", "repeated_page_token", "refused_page_token"},
    "amazon.getListingsItem": _API | {"malformed_record"},
    "amazon.patchListingsItem": _API | {"timeout_after_effect", "dropped_204", "late_visibility", "patch_invalid"},
    "amazon.rotateApplicationClientSecret": _ANY - {"clock_skew"} | {"timeout_after_effect"},
    "amazon.*": _API,
}

_FOREVER_SECONDS = 600.0
_SLOW_SECONDS = 5.0


class Faults:
    """The faults in force, oldest first."""

    def __init__(self, table: Table[Fault]) -> None:
        self._table = table

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force; raises ValueError when the operation does not know the kind."""
        if fault.operation not in KINDS:
            raise ValueError(f"unknown operation {fault.operation!r}; known: {', '.join(sorted(KINDS))}")
        if fault.kind not in KINDS[fault.operation]:
            raise ValueError(f"{fault.operation} does not know the kind {fault.kind!r}")
        self._table.put(fault.fault_id, fault)
        return fault

    def all(self) -> list[Fault]:
        return list(self._table)

    def clear(self, seller_id: str | None = None, fault_id: str | None = None) -> None:
        """Those of one seller only, one of them, or all."""
        for fault in self.all():
            if seller_id in (None, fault.seller_id) and fault_id in (None, fault.fault_id):
                self._table.remove(fault.fault_id)

    def peek(self, operation: str, seller_id: str | None, *kinds: str) -> Fault | None:
        """The oldest fault of one of the kinds that fits this call, not yet used up by it."""
        for fault in self._table:
            if fault.kind in kinds and _fits(fault, operation, seller_id):
                return fault
        return None

    def take(self, operation: str, seller_id: str | None, *kinds: str) -> Fault | None:
        """As `peek`, and one of its times is used."""
        fault = self.peek(operation, seller_id, *kinds)
        if fault is not None and fault.remaining is not None:
            if fault.remaining <= 1:
                self._table.remove(fault.fault_id)
            else:
                self._table.put(fault.fault_id, replace(fault, remaining=fault.remaining - 1))
        return fault

    async def disturb(self, call: Call) -> None:
        """
        The faults that strike any call before it is understood: slow, timeout, html_502.

        Raises Unanswered or BadGateway; an operation's own faults come later.
        """
        if slow := self.take(call.operation, call.seller_id, "slow"):
            call.fault = slow.kind
            await asyncio.sleep(slow.seconds or _SLOW_SECONDS)
        fault = self.take(call.operation, call.seller_id, "timeout", "html_502")
        if fault is None:
            return
        call.fault = fault.kind
        raise Unanswered(fault.seconds) if fault.kind == "timeout" else BadGateway


def _fits(fault: Fault, operation: str, seller_id: str | None) -> bool:
    whole_side = f"{operation.partition('.')[0]}.*"
    if fault.operation != operation and not (fault.operation == whole_side and fault.kind in KINDS.get(operation, ())):
        return False
    return fault.seller_id in (None, seller_id)


class Unanswered(Exception):
    """The client gets no answer; after `seconds` of real time a gateway's one, if it still waits."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__("unanswered")
        self.seconds = seconds


class BadGateway(Exception):
    """The client gets a gateway's HTML page with status 502."""


async def hang(request: Request, seconds: float | None) -> None:
    """Say nothing until the client hangs up, or `seconds` of real time have passed (10 minutes where not given)."""
    try:
        async with asyncio.timeout(_FOREVER_SECONDS if seconds is None else seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except (TimeoutError, asyncio.CancelledError):
        return  # cancelled: the server is being stopped and closes the connection itself
