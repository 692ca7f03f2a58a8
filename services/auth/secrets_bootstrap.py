"""What keeps our applications' client secrets, put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.store import bind
from services.auth.domain.client_secret import GivenSecret, OurClient
from services.auth.settings import Settings
from services.auth.settings_in_json import AppSettings
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.ports import NamedLeases, Store
from services.auth.usecases.secret_ports import SecretVault
from services.auth.vault.client_secrets import HeldClientSecrets, SealedClientSecrets
from shared.crypto.data_keys import DataKeys
from shared.db.unit_of_work import SqlReads
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.client_secrets import RotationPort
from shared.marketplaces.ports import FarSide
from shared.marketplaces.private import PrivatePort
from shared.marketplaces.registry import PROFILES, Access

if TYPE_CHECKING:
    from services.auth.adapters.sqs import SqsQueue

SECRET = "secret"  # noqa: S105 - a kind of work


@dataclass(frozen=True)
class SecretKeeper:
    """
    `clients` by client id; `rotations` and `checks` by marketplace: who is asked for another secret, and whether one is
    known there; `queue_of`: the queue at an address.
    """

    uow: UnitOfWork[Store]
    leases: NamedLeases
    vault: SecretVault
    clients: Mapping[str, OurClient]
    rotations: Mapping[str, RotationPort]
    checks: Mapping[str, PrivatePort]
    queue_of: Callable[[str], "SqsQueue"]
    mailer: Mailer | None
    operators_email: str | None
    replaced_before: timedelta
    clock: Clock

    def queues(self) -> Mapping[str, RotationPort]:
        """Addresses of the queues, with who reads their messages."""
        named = {client.queue_url: client.marketplace for client in self.clients.values()}
        return {url: self.rotations[name] for url, name in named.items() if url is not None}


def far_sides_on(engine: AsyncEngine, settings: Settings, keys: DataKeys, clock: Clock) -> Mapping[str, FarSide]:
    """With the secrets of our applications as they are kept, beside those of the settings."""
    held = HeldClientSecrets(SqlReads(engine, bind), SealedClientSecrets(keys), clock)
    return {name: replace(settings.far_side(name), secrets=held) for name in PROFILES}


def keeper_on(
    settings: Settings,
    known: Mapping[str, Access],
    *,
    uow: UnitOfWork[Store],
    leases: NamedLeases,
    vault: SecretVault,
    mailer: Mailer | None,
    clock: Clock,
) -> SecretKeeper:
    return SecretKeeper(
        uow=uow,
        leases=leases,
        vault=vault,
        clients=our_clients(settings),
        rotations={name: one.rotation for name, one in known.items() if one.rotation is not None},
        checks={name: one.private for name, one in known.items() if one.private is not None},
        queue_of=_queue,
        mailer=mailer,
        operators_email=settings.operators_email,
        replaced_before=timedelta(days=settings.secret_replaced_days),
        clock=clock,
    )


def our_clients(settings: Settings) -> Mapping[str, OurClient]:
    """One for each client id, wherever it serves: regions, and marketplaces of one far side, may share one."""
    found: dict[str, list[tuple[str, str, AppSettings]]] = {}
    for name, by_region in settings.apps.items():
        for region, app in by_region.items():
            found.setdefault(app.client_id, []).append((name, region, app))
    return {client_id: _client(client_id, places) for client_id, places in found.items()}


def _client(client_id: str, places: list[tuple[str, str, AppSettings]]) -> OurClient:
    name, region, _ = places[0]
    days = PROFILES[name].secret_days
    given: dict[str, list[date]] = {}
    for *_, app in places:
        given.setdefault(app.client_secret.get_secret_value(), []).extend([app.secret_ends] if app.secret_ends else [])
    return OurClient(
        client_id=client_id,
        marketplace=name,
        region=region,
        lasts=timedelta(days=days) if days is not None else None,
        queue_url=next((app.secret_queue_url for *_, app in places if app.secret_queue_url), None),
        given=tuple(
            GivenSecret(value, datetime.combine(min(ends), time(), UTC) if ends else None)
            for value, ends in given.items()
        ),
    )


def _queue(url: str) -> "SqsQueue":
    """AWS's SDK takes half a second to import: only who has a queue there does."""
    from services.auth.adapters.sqs import SqsQueue

    return SqsQueue(url)
