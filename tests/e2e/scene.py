"""One seller's shop while its far side misbehaves: what is put in its way, what the seller sees, that it ends well."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any, TypeVar
from uuid import UUID

from deploy.local.browser import Unexpected
from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.stack import Stack
from tests.e2e.databases import Databases
from tests.shop import Json, Shop

T = TypeVar("T")

SKU = "SKU-001"
# Older than what Amazon keeps back with its clock two minutes behind ours; younger than what readings overlap.
_AGE_SECONDS = 330
_LOOK_AGAIN_SECONDS = 0.7
_PATIENCE_SECONDS = 100.0


@dataclass(frozen=True)
class Operations:
    """What a marketplace calls the reading of orders, telling a parcel, reading it back, and probing a consent."""

    lists: str
    tells: str
    shows: str
    probes: str


_OPERATIONS = {
    AMAZON: Operations("searchOrders", "confirmShipment", "getOrder", "getMarketplaceParticipations"),
    OCTOPIA: Operations("listOrders", "createShipments", "getOrder", "getSeller"),
}


@contextmanager
def busy_is_nothing_yet() -> Iterator[None]:
    try:
        yield
    except Unexpected as error:
        if error.status != 503:
            raise


async def until(
    look: Callable[[], Awaitable[T]],
    what: str,
    *,
    seconds: float = _PATIENCE_SECONDS,
    instead: Callable[[], Awaitable[Any]] | None = None,
) -> T:
    """
    What `look` gives once it gives something; fails after so long with `what`, and what there is `instead`.

    An answer that asks to come again (503) is nothing yet.
    """
    try:
        async with asyncio.timeout(seconds):
            while True:
                with busy_is_nothing_yet():
                    if found := await look():
                        return found
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    except TimeoutError:
        there = f"; instead: {await instead()}" if instead else ""
        raise AssertionError(f"not within {seconds:g} s: {what}{there}") from None


@dataclass
class Scene:
    """`planted`: how often orders were planted, so that each time gives others. `shown`: what the seller saw so far."""

    stack: Stack
    shop: Shop
    databases: Databases
    planted: int = 0
    shown: list[str] = field(default_factory=list)

    def saw(self, where: str, sentence: str) -> None:
        """Notes what the seller was shown."""
        self.shown.append(f"{where}: \u201c{sentence}\u201d")

    @property
    def operations(self) -> Operations:
        return _OPERATIONS[self.shop.marketplace]

    async def fault(self, operation: str, kind: str, times: int = 0, **fields: Any) -> None:
        """In force for this seller only, until it struck so often (0: until `mend`)."""
        await self.shop.sandbox.fault(
            f"{self.shop.marketplace}.{operation}", kind, times, seller_id=self.shop.seller_id, **fields
        )

    async def mend(self) -> None:
        """The far side is well again for this seller."""
        await self.shop.sandbox.clear_faults(self.shop.seller_id)

    async def calls(self, operation: str) -> list[Json]:
        """What was asked of the far side for this seller."""
        name = f"{self.shop.marketplace}.{operation}"
        return list((await self.shop.sandbox.calls(name, self.shop.seller_id))["calls"])

    async def struck(self, operation: str, kind: str) -> None:
        """Returns once the fault has struck a call."""

        async def look() -> bool:
            return any(call["fault"] == kind for call in await self.calls(operation))

        await until(look, f"{kind} of {operation} strikes")

    async def plant(self, count: int = 1, **fields: Any) -> list[str]:
        """New orders of one unit each."""
        self.planted += 1
        line = {"lines": [{"sku": SKU, "quantity": 1}], "age_seconds": _AGE_SECONDS, "seed": self.planted}
        return await self.shop.plant(count, **line | fields)

    async def polling(self) -> Json:
        """How far our connection is read, and why reading waits; nothing yet where orders has not heard of it."""
        found = (await self.shop.get("/api/orders/v1/polling"))["items"]
        return dict(found[0]) if found else {"read_up_to": None, "waits_for": None, "lean": False}

    async def shipment(self, number: str) -> Json:
        """The shipment of a marketplace order, as its API shows it; empty: none yet."""
        shipments = await self.shop.shipments()
        return next((dict(one) for one in shipments if one["marketplace_order_id"] == number), {})

    async def page(self, path: str) -> str:
        """What a page says, as a person reads it."""
        return unescape((await self.shop.browser.open(path)).text)

    async def reading_waits(self, code: str, sentence: str) -> None:
        """Reading comes to wait for this, and the order list says so; the connection stays as it is."""

        async def look() -> bool:
            waits = (await self.polling())["waits_for"] == code
            return waits and sentence in await self.page("/orders")

        await until(look, f"reading waits for {code!r}, the page says {sentence!r}")
        self.saw(f"reading waits, *{code}*", sentence)

    async def telling_waits(self, number: str, states: set[str], reason: str | None, sentence: str) -> None:
        """The write-back of an order's parcel comes to this state, and the shipments page says the sentence."""

        async def look() -> bool:
            shipment = await self.shipment(number)
            there = shipment.get("write_back") in states and shipment["reason"] == reason
            return there and sentence in await self.page(f"/shipments/{shipment['id']}")

        await until(look, f"telling of {number} is {states} because of {reason!r}, the page says {sentence!r}")
        self.saw(f"parcel number *{' or '.join(sorted(states))}*", sentence)

    async def connections(self) -> list[Json]:
        """Our connections, none before the first consent; without what a probe may change meanwhile."""
        found = (await self.shop.get("/api/auth/v1/connections"))["items"]
        return [{name: one[name] for name in ("id", "state", "consent_version", "authorised_at")} for one in found]

    async def connection_is(self, state: str, sentence: str) -> None:
        """The connection comes to this state, and its page says so."""

        async def look() -> bool:
            connection = await self.shop.connection()
            return connection["state"] == state and sentence in await self.page("/connections")

        await until(look, f"the connection is {state}, the page says {sentence!r}")
        self.saw(f"connection *{state}*", sentence)

    async def read_to_the_end(self) -> None:
        """Returns once a window of changes has been read completely."""

        async def look() -> Any:
            return (await self.polling())["read_up_to"]

        await until(look, "the first windows are read", instead=self.polling)

    async def pauses_are_over(self) -> None:
        """What reading rests until is now."""
        statement = "update lease set not_before = null where kind = 'poll' and subject = :connection"
        await self._change("orders", statement)

    async def an_hour_after_less_data(self) -> None:
        """The hour after which all data is asked for again has passed."""
        statement = """
            update poll set progress = jsonb_set(progress, '{data_set_since}', to_jsonb(now() - interval '61 minutes'))
            where connection_id = :connection
        """
        await self._change("orders", statement)

    async def minutes_pass_for(self, number: str) -> None:
        """What telling of this order's parcel waits until is now."""
        statement = """
            update write_back set due_at = now()
            where connection_id = :connection
              and order_id in (select order_id from fulfilment where marketplace_order_id = :number)
        """
        await self._change("labels", statement, number=number)

    async def tokens_may_be_asked_for(self) -> None:
        """The half minute in which nobody asks for another token that all sellers share is over."""
        statement = "update access_grant set retry_at = null where marketplace = :marketplace"
        await self.databases.change("auth", statement, marketplace=self.shop.marketplace)

    async def listings_are_due(self) -> None:
        """The time until all listings are read again has passed."""
        await self._change("inventory", "update discovery set due_at = now() where connection_id = :connection")

    async def a_probe_is_due(self) -> None:
        """The day, or the hour after a refusal, until auth asks what the consent is worth, has passed."""
        await self._change("auth", "update connection set probe_due_at = now() where id = :connection")

    async def _change(self, service: str, statement: str, **values: str) -> None:
        connection = UUID((await self.shop.connection())["id"])
        assert await self.databases.change(service, statement, connection=connection, **values) == 1

    async def all_confirmed(self, numbers: list[str]) -> None:
        """Everything caught up: each order told once, shown once over there; nobody must authorise again."""

        async def told() -> dict[str, tuple[str, str | None]]:
            shown = {one["marketplace_order_id"]: one for one in await self.shop.shipments()}
            return {number: (one["write_back"], one["reason"]) for number in numbers if (one := shown.get(number))}

        async def look() -> bool:
            found = await told()
            return all(found.get(number, ("", None))[0] == "confirmed" for number in numbers)

        await until(look, f"{numbers} are confirmed", instead=told)
        far = await self.shop.sandbox.order_states(self.shop.seller_id)
        for number in numbers:
            assert (far[number]["status"].upper(), far[number]["confirmations"]) == ("SHIPPED", 1), far[number]
            assert len(far[number]["packages"]) == 1, far[number]
        assert (await self.shop.connection())["state"] == "authorised"

        async def reads_on() -> bool:
            return (await self.polling())["waits_for"] is None

        await until(reads_on, "reading waits for nothing any more")

    async def shipped(self, number: str) -> None:
        """An order that was answered first is shipped there, in one parcel."""

        async def look() -> bool:
            order = (await self.shop.sandbox.order_states(self.shop.seller_id))[number]
            return order["status"].upper() == "SHIPPED" and len(order["packages"]) == 1

        await until(look, f"{number} is shipped")

    async def count_another(self) -> None:
        """The shelf is counted: another number than any before."""
        self.planted += 1
        await self.shop.count_levels({SKU: 1000 + self.planted})

    async def in_sync(self) -> None:
        """Buyers see what is available, and the page of listings says that they do."""

        async def listings() -> list[Json]:
            return list((await self.shop.get("/api/inventory/v1/listings"))["items"])

        async def look() -> bool:
            (level,) = await self.shop.everything("/api/inventory/v1/skus")
            known = [one["state"] for one in await listings()]
            return set(known) == {"in_sync"} and await self.shop.shown(SKU) == {level["available"]}

        await until(look, "what is shown is what is available", instead=listings)
