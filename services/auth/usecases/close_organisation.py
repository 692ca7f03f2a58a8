"""
An organisation is closed by an owner: all that is connected to it ends, and its members' addresses are free again.

One transaction, whose events tell the other services: before it is committed nothing has happened, after it nothing is
left to be done here but mails.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.domain.account import Account, FormInvalid
from services.auth.domain.address import AddressKind
from services.auth.domain.audit import Action, AuditEntry
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.actor import Actor
from services.auth.usecases.api_clients import revoke_api_client
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.calendar import remove_calendar
from services.auth.usecases.change_member import dismiss
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.disconnect_connection import erase_connection
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.invite_member import take_back
from services.auth.usecases.keep_addresses import remove_address
from services.auth.usecases.ports import Store
from services.auth.usecases.remove_private_app import forget_app
from services.auth.usecases.show_at_act import Typed, show_at_act
from shared.events.auth import OrganisationClosedV1
from shared.events.base import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wish:
    """What is typed by whoever means it."""

    organisation: str
    shown: Typed


async def close_organisation(
    wish: Wish,
    who: Who,
    *,
    mails: bool,
    uow: UnitOfWork[Store],
    hasher: PasswordHasher,
    vault: FactorVault,
    clock: Clock,
    mask: Mask,
) -> None:
    """
    By somebody whose role allows it. `mails`: any are sent, so that members who confirmed their address are told.

    Raises FormInvalid (of the field `organisation`), and as `show_at_act`.
    """
    async with uow() as store:
        name = await store.accounts.organisation_name(who.organisation_id)
    if " ".join(wish.organisation.split()) != " ".join(name.split()):
        raise FormInvalid({"organisation": "another"})
    proven = await show_at_act(who, wish.shown, uow=uow, hasher=hasher, vault=vault, clock=clock, mask=mask)
    async with uow() as store:
        members = await store.members.lock(who.organisation_id)
        await proven.locked(store)
        told = [one for one in members if mails and one.email_confirmed_at and not one.disabled_at]
        await store.closings.bid_farewell(told, name, clock.now())
        await _end(members, Actor(who.organisation_id, who.user_id), store, clock)


async def _end(members: Sequence[Account], who: Actor, store: Store, clock: Clock) -> None:
    its = await store.closings.holdings(who.organisation_id)
    for connection_id in its.connections:
        await erase_connection(connection_id, who, store=store, clock=clock)
    for app in await store.private_apps.lock_of(who.organisation_id):
        await forget_app(app, who, store=store, clock=clock)
    for client_id in its.clients:
        await revoke_api_client(client_id, who, store=store, clock=clock)
    for invitation_id in its.invitations:
        await take_back(invitation_id, who, store=store, clock=clock)
    await remove_calendar(who, store=store, clock=clock)
    for kind in AddressKind:
        await remove_address(kind, who, store=store, clock=clock)
    for member in members:
        await dismiss(member, Action.MEMBER_REMOVED, who, store=store, clock=clock)
    now = clock.now()
    await store.closings.close(who.organisation_id, now)
    closed = OrganisationClosedV1(organisation_id=who.organisation_id, closed_at=now)
    await store.outbox.add(Event(new_id(), who.organisation_id, 1, now, closed))
    await store.audit.add(AuditEntry(new_id(), now, Action.CLOSED, who.organisation_id, who.user_id))
