"""
What sellers choose: who makes labels in a channel, and the carrier they are made for. Planned parcels follow.

Orders' rows are locked before the choice is written, as planners do; those that were planned while we waited for the
planners are marked after it.
"""

from collections.abc import Mapping
from uuid import UUID

from services.labels.domain.carrier import CarrierSettings
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import Store


class ChannelUnknown(Exception):
    """This organisation has no such channel (yet)."""


async def set_channel_mode(
    store: Store,
    organisation_id: UUID,
    connection_id: UUID,
    channel_id: str,
    choice: Mapping[str, bool],
    *,
    planner: Planner,
) -> None:
    """
    `choice`: the fields of ChannelMode that change. Automatic takes up the parcels that are planned already; when the
    marketplace is told changes for every parcel it was not told of yet. The worker does that at once, in batches.

    Raises ChannelUnknown.
    """
    await require_channel(store, organisation_id, connection_id, channel_id)
    await store.fulfilments.replan_channel(connection_id, channel_id)
    await store.policies.set_mode(connection_id, channel_id, choice, planner.now())
    await store.fulfilments.replan_channel(connection_id, channel_id)


async def require_channel(store: Store, organisation_id: UUID, connection_id: UUID, channel_id: str) -> None:
    """Raises ChannelUnknown."""
    copy = await store.connections.get(connection_id)
    known = copy is not None and copy.organisation_id == organisation_id
    if copy is None or not known or channel_id not in {known_id for known_id, _ in copy.channels}:
        raise ChannelUnknown


async def set_carrier(store: Store, settings: CarrierSettings, *, planner: Planner) -> None:
    """Parcels that waited for these settings are planned anew."""
    await store.fulfilments.replan_organisation(settings.organisation_id)
    await store.policies.put_carrier(settings, planner.now())
    await store.fulfilments.replan_organisation(settings.organisation_id)
