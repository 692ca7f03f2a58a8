"""An operator says which roles our application asks for since when; whoever consented before is to consent anew."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from services.auth.domain.asked_role import asked_role
from services.auth.domain.audit import OPERATOR, Action, AuditEntry
from services.auth.domain.mail import REMINDED_EVERY, MailKind
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


class RoleUnknown(Exception):
    """It was asked for nowhere."""


async def ask_for_role(
    marketplace: str, regions: Sequence[str], role: str, since: datetime | None, *, store: Store, clock: Clock
) -> None:
    """In these regions. `since` None: from now on. Raises AskedRoleInvalid."""
    now = clock.now()
    for region in regions:
        asked = asked_role(marketplace, region, role, since or now, now)
        await store.roles.ask(asked, now)
        what = f"{marketplace} {region} {asked.role}"
        await store.audit.add(AuditEntry(new_id(), now, Action.ROLE_ASKED, None, reason=OPERATOR, after=what))


async def drop_role(marketplace: str, role: str, *, store: Store, clock: Clock) -> None:
    """It is asked for no longer. Raises RoleUnknown."""
    if not await store.roles.drop(marketplace, role):
        raise RoleUnknown
    what = f"{marketplace} {role}"
    await store.audit.add(AuditEntry(new_id(), clock.now(), Action.ROLE_DROPPED, None, reason=OPERATOR, before=what))


async def tell_of_roles(*, store: Store, clock: Clock) -> bool:
    """
    One mail to each member of an organisation, naming all its connections that lack a role it was not told of, and at
    most one a week. A batch of organisations; False: there was none.
    """
    now = clock.now()
    lacking = await store.connections.lock_lacking_roles(now - REMINDED_EVERY)
    for organisation_id, found in groupby(
        sorted(lacking, key=lambda one: one.organisation_id), key=lambda one: one.organisation_id
    ):
        about = [one.id for one in found]
        await store.connections.roles_told(about, now)
        await store.mails.add(organisation_id, MailKind.ROLES, about, due_at=now, now=now)
    return bool(lacking)
