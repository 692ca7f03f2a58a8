"""Plans orders inside a caller's transaction, with what their sellers chose and their marketplaces allow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.labels.domain.carrier import CarrierAbilities
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.hand_over import followed
from services.labels.domain.holds import UNCHOSEN, Splitting, Terms
from services.labels.domain.planning import plan
from services.labels.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.marketplaces.ports import Capabilities


@dataclass(frozen=True, slots=True)
class Planner:
    """`capabilities` by marketplace."""

    capabilities: Mapping[str, Capabilities]
    carrier: CarrierAbilities
    clock: Clock
    new_id: Callable[[], UUID]

    def now(self) -> datetime:
        return self.clock.now()

    async def plan(self, store: Store, fulfilments: Sequence[Fulfilment]) -> list[Fulfilment]:
        terms = await self.terms(store, fulfilments)
        now = self.now()
        return [
            self._planned(fulfilment, terms[fulfilment.order_id], now) if fulfilment.order else fulfilment
            for fulfilment in fulfilments
        ]

    def _planned(self, fulfilment: Fulfilment, terms: Terms, now: datetime) -> Fulfilment:
        """What is still to be told first: a parcel that is taken back there leaves units to plan."""
        return plan(followed(fulfilment, terms, now), terms, now, self.new_id)

    async def terms(self, store: Store, fulfilments: Sequence[Fulfilment]) -> dict[UUID, Terms]:
        """By order id; orders not heard of have none. KeyError: a marketplace this service does not know."""
        known = [(one, one.order) for one in fulfilments if one.order is not None]
        if not known:
            return {}
        modes = await store.policies.modes([order.connection_id for _, order in known])
        carriers = await store.policies.carriers([one.organisation_id for one, _ in known])
        return {
            one.order_id: Terms(
                automatic=(mode := modes.get((order.connection_id, order.channel_id), UNCHOSEN)).automatic,
                splitting=self.splitting_in(order.marketplace, order.channel_id),
                carrier=self.carrier,
                carrier_is_set_up=one.organisation_id in carriers,
                at_hand_over=mode.at_hand_over,
            )
            for one, order in known
        }

    def splitting(self, fulfilment: Fulfilment) -> Splitting:
        """What of this order may leave apart; an order not heard of is taken whole."""
        if fulfilment.order is None:
            return Splitting(orders=False, lines=False)
        return self.splitting_in(fulfilment.order.marketplace, fulfilment.order.channel_id)

    def splitting_in(self, marketplace: str, channel_id: str) -> Splitting:
        """The same for a channel. KeyError: a marketplace this service does not know."""
        capabilities = self.capabilities[marketplace]
        return Splitting(capabilities.splits_orders(channel_id), capabilities.splits_lines)
