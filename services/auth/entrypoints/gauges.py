"""What operators watch of authorisations and mails: counted anew each minute, by the worker."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import structlog
from prometheus_client import Gauge

from services.auth.bootstrap import Auth
from services.auth.domain.client_secret import ClientSecret, OurClient, newest
from services.auth.domain.connection import ConnectionState
from services.auth.domain.keys import KeyCount
from services.auth.usecases.views import Standing
from shared.db.errors import Conflict, DatabaseUnavailable
from shared.marketplaces.registry import PROFILES

_EVERY_SECONDS = 60.0
_DAY_SECONDS = 86_400.0

connections = Gauge("auth_connections", "Connections, by state", ["marketplace", "state"])
nearest_end = Gauge("auth_nearest_end_days", "Until the first known end of a consent that works; below zero: since it")
oldest_mail = Gauge("auth_oldest_unsent_mail_seconds", "How long the mail that is due longest has been so")
keys_to_rewrap = Gauge("auth_data_keys_to_rewrap", "Data keys that are not under the newest key-encryption key")
secret_days = Gauge(
    "auth_client_secret_days_left", "Until the end of an application's newest client secret", ["client"]
)
unlisted = Gauge(
    "auth_unlisted_sellers", "Sellers of an application that is in no app store", ["marketplace", "application"]
)
unlisted_most = Gauge(
    "auth_unlisted_sellers_most", "How many such an application may have", ["marketplace", "application"]
)
private_authorisations = Gauge(
    "auth_private_authorisations",
    "Of the private application that was authorised most often: how often",
    ["marketplace"],
)
private_full = Gauge(
    "auth_private_applications_full", "Private applications authorised as often as one may be", ["marketplace"]
)
role_consents = Gauge(
    "auth_role_consents",
    "Connections by our application that hold a role asked for later (given: yes), and those that do not (no)",
    ["marketplace", "role", "given"],
)

log = structlog.get_logger()


async def keep_gauges(held: Auth, stop: asyncio.Event) -> None:
    """A part of the process."""
    while not stop.is_set():
        try:
            show(await held.views.standing(), held)
            async with held.uow() as store:
                show_keys(await store.upkeep.count_keys(), held.keys.current)
                show_secrets(await store.client_secrets.all(), held.client_secrets.clients, held.clock.now())
        except (DatabaseUnavailable, Conflict) as error:
            log.warning("gauges.database_away", reason=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)


def show_keys(counts: Sequence[KeyCount], newest: str) -> None:
    keys_to_rewrap.set(sum(each.count for each in counts if each.kid != newest))


def show_secrets(secrets: Sequence[ClientSecret], clients: Mapping[str, OurClient], now: datetime) -> None:
    """Of each application the newest one's; what is unknown is no number."""
    for client_id in clients:
        last = newest([one for one in secrets if one.client_id == client_id])
        left = last.days_left(now) if last else None
        secret_days.labels(client_id).set(float("nan") if left is None else left)


def show(standing: Standing, held: Auth) -> None:
    """
    A state that nothing is in is 0, and not what it was; what is unknown is no number. Where there is no mail server no
    mail waits for one.
    """
    now = held.clock.now()
    for marketplace in PROFILES:
        for state in ConnectionState:
            connections.labels(marketplace, state.value).set(standing.counts.get((marketplace, state), 0))
    for each in held.unlisted:
        sellers = sum(standing.grants.get((each.marketplace, region), 0) for region in each.regions)
        unlisted.labels(each.marketplace, each.application_id).set(sellers)
        unlisted_most.labels(each.marketplace, each.application_id).set(each.most)
    for marketplace, profile in PROFILES.items():
        if profile.private is not None and profile.private.authorised_most is not None:
            most = profile.private.authorised_most
            counts = [count for at, count in standing.authorisations if at == marketplace]
            private_authorisations.labels(marketplace).set(max(counts, default=0))
            private_full.labels(marketplace).set(sum(1 for count in counts if count >= most))
    role_consents.clear()
    for role in standing.roles:
        for given, count in (("yes", role.given), ("no", role.lacking)):
            role_consents.labels(role.asked.marketplace, role.asked.role, given).inc(count)
    end, due = standing.nearest_end, standing.oldest_mail
    nearest_end.set((end - now).total_seconds() / _DAY_SECONDS if end else float("nan"))
    oldest_mail.set(max(0.0, (now - due).total_seconds()) if due and held.mailer else 0.0)
