"""The composition root: the one place where ports meet what fills them."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.access import OwnSessions, OwnSigningKeys
from services.auth.adapters.connections import probes_due
from services.auth.adapters.passwords import Argon2Passwords
from services.auth.adapters.queries import SqlViews
from services.auth.adapters.store import bind
from services.auth.settings import MigrationSettings, Settings
from services.auth.usecases.begin_consent import Offer
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.ports import PasswordHasher, Store
from services.auth.usecases.views import Views
from services.auth.vault.consents import SealingConsents
from services.auth.vault.renewal import KIND as TOKEN
from services.auth.vault.renewal import LEASE_SECONDS, MARGIN_SECONDS, Renewal
from services.auth.vault.seals import GrantSeals
from services.auth.vault.service_tokens import ServiceClient, ServiceTokenIssuer
from services.auth.vault.signing import SealedSigning
from services.auth.vault.tokens import RenewedTokens
from services.auth.vault.wrapping import Rewrapping
from shared.access.dependencies import Access
from shared.access.tokens import TokenVerifier
from shared.crypto.keyring import KeyRing
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.unit_of_work import SqlUnitOfWork, transaction
from shared.http.outward import Outward
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork
from shared.marketplaces.ports import GrantPort
from shared.marketplaces.registry import PROFILES, Marketplace, marketplaces, rates
from shared.messaging.kafka import KafkaSettings

SERVICE = "auth"
PROBE = "probe"


@dataclass(frozen=True)
class Auth:
    """What pages, APIs and the worker work with."""

    uow: UnitOfWork[Store]
    claims: SqlClaims[Store]
    views: Views
    hasher: PasswordHasher
    offers: Mapping[str, Offer]
    grants: Mapping[str, GrantPort]
    consents: SealingConsents
    tokens: RenewedTokens
    signing: SealedSigning
    wrapping: Rewrapping
    issuer: ServiceTokenIssuer
    clock: Clock
    new_secret: Callable[[], str]
    mask_attempt: Mask
    public_url: str


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def kafka_of(settings: Settings) -> KafkaSettings:
    return KafkaSettings(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.instance_id)


def auth_on(engine: AsyncEngine, settings: Settings, outward: Outward, clock: Clock) -> Auth:
    uow, keys = SqlUnitOfWork(engine, bind), KeyRing.parse(settings.key_encryption_keys.get_secret_value())
    offers = offers_of(settings, outward, clock)
    grants = {name: one.grants for name, one in connectable(settings, outward, clock).items() if one.grants}
    seals, claims = GrantSeals(keys), claims_on(engine, clock)
    return Auth(
        uow=uow,
        claims=claims,
        views=SqlViews(engine),
        hasher=Argon2Passwords(),
        offers=offers,
        grants=grants,
        consents=SealingConsents(offers, seals, clock),
        tokens=RenewedTokens(uow, claims, Renewal(grants, seals, clock), seals, clock),
        signing=SealedSigning(keys),
        wrapping=Rewrapping(keys),
        issuer=ServiceTokenIssuer(settings.public_url, clients_of(settings)),
        clock=clock,
        new_secret=lambda: secrets.token_urlsafe(32),
        mask_attempt=lambda counted: keys.mask(counted.encode(), b"auth.attempt"),
        public_url=settings.public_url,
    )


def access_on(auth: Auth) -> Access:
    """Sessions and tokens are checked against our own tables."""
    verifier = TokenVerifier(auth.public_url, OwnSigningKeys(auth.views, auth.clock), auth.clock)
    return Access(OwnSessions(auth.uow, auth.clock), verifier, auth.public_url)


def claims_on(engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    kinds = {
        TOKEN: Kind(due=None, lease_seconds=LEASE_SECONDS, margin_seconds=MARGIN_SECONDS),
        PROBE: Kind(due=probes_due(), lease_seconds=60, margin_seconds=5, rates=rates(PROBE)),
    }
    return SqlClaims(engine, bind, kinds=kinds, clock=clock)


def offers_of(settings: Settings, outward: Outward, clock: Clock) -> Mapping[str, Offer]:
    """The marketplaces one can consent to here: those we have an application for."""
    return {
        name: Offer(each.consent, f"{settings.public_url}/connections/{name}/callback", frozenset(settings.apps[name]))
        for name, each in connectable(settings, outward, clock).items()
        if each.consent is not None
    }


def connectable(settings: Settings, outward: Outward, clock: Clock) -> Mapping[str, Marketplace]:
    """The marketplaces we have an application for."""
    return marketplaces(outward, {name: settings.far_side(name) for name in settings.apps}, clock=clock)


def clients_of(settings: Settings) -> Mapping[str, ServiceClient]:
    return {
        client.id: ServiceClient(client.id, client.secret_hash, frozenset(client.scopes))
        for client in settings.service_clients
    }


def consent_origins(settings: Settings) -> list[str]:
    """Where a *Connect* form leads to by redirect."""
    central = (
        urlsplit(url)
        for name, by_region in settings.apps.items()
        if PROFILES[name].authorisation == "consent"
        for region, url in (settings.far_side(name).central_urls or {}).items()
        if region in by_region
    )
    return sorted({f"{url.scheme}://{url.netloc}" for url in central})


async def database_answers(engine: AsyncEngine) -> bool:
    async with transaction(engine) as connection:
        await connection.execute(text("select 1"))
    return True
