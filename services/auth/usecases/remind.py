"""
Who can renew authorisations is told by mail: of those that end once a week, past the end each day; where no end is
known, once a year. Of the client secrets of their own applications: when one is refused, and before it ends.
"""

from dataclasses import replace
from itertools import groupby

from services.auth.domain.mail import MailKind
from services.auth.domain.private_app import REMINDED_EVERY
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import OrganisationId


async def remind(after: OrganisationId | None, *, store: Store, clock: Clock) -> OrganisationId | None:
    """
    One mail to each member of an organisation, naming all that end: a batch, in the order of the organisations' ids.

    Gives the last id; None: there was none left. A reminder that was not sent yet is replaced.
    """
    now = clock.now()
    found = await store.mails.lock_to_be_reminded(now, after)
    for one in found:
        if one.is_due(now):
            await store.mails.drop_unsent(one.organisation_id, MailKind.ENDING)
            await store.mails.add(one.organisation_id, MailKind.ENDING, one.connection_ids, due_at=now, now=now)
            await store.mails.reminded(one.organisation_id, now)
    return found[-1].organisation_id if found else None


async def remind_of_private_apps(*, store: Store, clock: Clock) -> None:
    """
    One mail to each member of an organisation, naming all that are due: a batch; the rest comes next time. What rests,
    or was withdrawn, stays due.
    """
    now = clock.now()
    due = sorted(await store.connections.lock_to_be_reminded(now), key=lambda one: one.organisation_id)
    for organisation_id, found in groupby(due, key=lambda one: one.organisation_id):
        connections = list(found)
        for one in connections:
            await store.connections.save(replace(one, remind_at=now + REMINDED_EVERY))
        about = tuple(one.id for one in connections)
        await store.mails.add(organisation_id, MailKind.YEARLY, about, due_at=now, now=now)


async def tell_of_own_secrets(*, store: Store, clock: Clock) -> None:
    """One mail to each member of an application whose secret is refused, or ends: a batch; the rest comes next time."""
    now = clock.now()
    for app, about in await store.private_apps.lock_to_be_told(now):
        due = [
            *([MailKind.SECRET_REFUSED] if app.is_refusal_due(now) else []),
            *([MailKind.SECRET_ENDS] if app.is_warning_due(now) else []),
        ]
        for kind in due:
            await store.mails.add(app.organisation_id, kind, about, due_at=now, now=now)
        await store.private_apps.told(app.told(now))
