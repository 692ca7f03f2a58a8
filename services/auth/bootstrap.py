"""The composition root: the one place where ports meet what fills them."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.access import OwnSessions, OwnSigningKeys
from services.auth.adapters.connections import probes_due
from services.auth.adapters.mails import mails_due
from services.auth.adapters.passwords import Argon2Passwords
from services.auth.adapters.queries import SqlViews
from services.auth.adapters.smtp import SmtpMailer, SmtpServer
from services.auth.adapters.store import bind
from services.auth.settings import MigrationSettings, Settings
from services.auth.usecases.begin_consent import Offer
from services.auth.usecases.claim_seller import DelegationOffer, Portal
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.keep_house import keep_house
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.ports import PasswordHasher, SharedGrants, Store
from services.auth.usecases.private_apps import PrivateOffer
from services.auth.usecases.probe_connection import probe_connection
from services.auth.usecases.views import Views
from services.auth.vault.consents import SealingConsents
from services.auth.vault.private_apps import SealedPrivateApps
from services.auth.vault.renewal import KIND as TOKEN
from services.auth.vault.renewal import LEASE_SECONDS, MARGIN_SECONDS, Renewal
from services.auth.vault.seals import GrantSeals
from services.auth.vault.service_tokens import ServiceClient, ServiceTokenIssuer
from services.auth.vault.signing import SealedSigning
from services.auth.vault.tokens import RenewedTokens
from services.auth.vault.wrapping import Rewrapping
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from shared.crypto.keyring import KeyRing
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.readiness import migrated
from shared.db.unit_of_work import SqlReads, SqlUnitOfWork
from shared.http.outward import Outward
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ports import Lease, Reads, UnitOfWork
from shared.marketplaces.private import PrivatePort
from shared.marketplaces.registry import PROFILES, accesses, rates
from shared.marketplaces.registry import Access as MarketplaceAccess
from shared.messaging.kafka import kafka_of as kafka_of
from shared.runtime.serve import Ready

SERVICE = "auth"
PROBE = "probe"
MAIL = "mail"


@dataclass(frozen=True)
class Unlisted:
    """An application of ours that may have so many sellers at most, over all its regions."""

    marketplace: str
    application_id: str
    regions: frozenset[str]
    most: int


@dataclass(frozen=True)
class Auth:
    """What pages, APIs and the worker work with."""

    uow: UnitOfWork[Store]
    reads: Reads[Store]
    claims: SqlClaims[Store]
    views: Views
    hasher: PasswordHasher
    offers: Mapping[str, Offer]
    delegations: Mapping[str, DelegationOffer]
    shared_grants: SharedGrants
    probe: Callable[[Lease[Store]], Awaitable[None]]
    keep_house: Callable[[], Awaitable[None]]
    mailer: Mailer | None
    consents: SealingConsents
    tokens: RenewedTokens
    signing: SealedSigning
    issuer: ServiceTokenIssuer
    clock: Clock
    new_secret: Callable[[], str]
    mask_attempt: Mask
    consent_lasts: Mapping[str, timedelta]
    delegation_proves: bool
    public_url: str
    unlisted: tuple[Unlisted, ...]
    private: Mapping[str, PrivateOffer]
    private_apps: SealedPrivateApps

    def regions(self, marketplace: str) -> frozenset[str]:
        """Where sellers can connect this marketplace here, either way."""
        if (delegation := self.delegations.get(marketplace)) is not None:
            return frozenset(delegation.portals)
        offer = self.offers.get(marketplace)
        return offer.regions if offer else frozenset()


@dataclass(frozen=True)
class Operator:
    """What an operator's commands work with: the tables, and no secret."""

    uow: UnitOfWork[Store]
    views: Views
    clock: Clock


def operator_on(engine: AsyncEngine) -> Operator:
    return Operator(SqlUnitOfWork(engine, bind), SqlViews(engine), SystemClock())


def engine_of(settings: Settings | MigrationSettings, process: str) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}")


def auth_on(engine: AsyncEngine, settings: Settings, outward: Outward, clock: Clock) -> Auth:
    uow, keys = SqlUnitOfWork(engine, bind), KeyRing.parse(settings.key_encryption_keys.get_secret_value())
    known = accesses(outward, {name: settings.far_side(name) for name in PROFILES}, clock=clock)
    offers, grants = offers_of(settings, known), {name: one.grants for name, one in known.items() if one.grants}
    seals, claims, signing = GrantSeals(keys), claims_on(engine, clock), SealedSigning(keys)
    private_apps, proves = SealedPrivateApps(keys, seals, private_ports(known), clock), settings.delegation_proves
    tokens = RenewedTokens(uow, claims, Renewal(grants, seals, private_apps, clock), seals, clock)
    return Auth(
        uow=uow,
        reads=SqlReads(engine, bind),
        claims=claims,
        views=SqlViews(engine),
        hasher=Argon2Passwords(),
        offers=offers,
        delegations=delegations_of(settings, known),
        shared_grants=seals,
        probe=partial(probe_connection, grants=grants, vault=tokens, clock=clock, delegation_proves=proves),
        keep_house=partial(
            keep_house,
            uow=uow,
            signing=signing,
            wrapping=Rewrapping(keys),
            expired_goes_on=settings.expired_goes_on,
            clock=clock,
        ),
        mailer=mailer_of(settings, clock),
        consents=SealingConsents(offers, seals, clock),
        tokens=tokens,
        signing=signing,
        issuer=ServiceTokenIssuer(settings.public_url, clients_of(settings)),
        clock=clock,
        new_secret=lambda: secrets.token_urlsafe(32),
        mask_attempt=lambda counted: keys.mask(counted.encode(), b"auth.attempt"),
        consent_lasts={name: settings.consent_lasts(name) for name in offers},
        delegation_proves=proves,
        public_url=settings.public_url,
        unlisted=unlisted_of(settings),
        private=private_of(known),
        private_apps=private_apps,
    )


def access_on(auth: Auth) -> Access:
    """Sessions and tokens are checked against our own tables."""
    verifier = TokenVerifier(auth.public_url, OwnSigningKeys(auth.views, auth.clock), auth.clock)
    return Access(OwnSessions(auth.uow, auth.clock), verifier, auth.public_url)


def claims_on(engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    kinds = {
        TOKEN: Kind(due=None, lease_seconds=LEASE_SECONDS, margin_seconds=MARGIN_SECONDS),
        MAIL: Kind(due=mails_due(), lease_seconds=60),
        PROBE: Kind(due=probes_due(), lease_seconds=60, margin_seconds=5, rates=rates(PROBE)),
    }
    return SqlClaims(engine, bind, kinds=kinds, clock=clock)


def mailer_of(settings: Settings, clock: Clock) -> Mailer | None:
    """None: no mail is sent here."""
    if settings.smtp_host is None or settings.mail_from is None:
        return None
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username,
        settings.smtp_password,
        settings.mail_from,
    )
    return SmtpMailer(server, clock)


def offers_of(settings: Settings, known: Mapping[str, MarketplaceAccess]) -> Mapping[str, Offer]:
    """The marketplaces one can consent to here: those we have an application for."""
    return {
        name: Offer(
            each.consent,
            PROFILES[name].places,
            f"{settings.public_url}/connections/{name}/callback",
            frozenset(settings.apps[name]),
            each.appstore,
        )
        for name, each in known.items()
        if each.consent is not None
    }


def private_ports(known: Mapping[str, MarketplaceAccess]) -> Mapping[str, PrivatePort]:
    return {name: one.private for name, one in known.items() if one.private is not None}


def private_of(known: Mapping[str, MarketplaceAccess]) -> Mapping[str, PrivateOffer]:
    """The marketplaces that know applications of an organisation's own: they need none of ours."""
    profiles = {name: PROFILES[name] for name, each in known.items() if each.private is not None}
    return {
        name: PrivateOffer(name, profile.title, profile.private, profile.places, profile.reach == "country")
        for name, profile in profiles.items()
        if profile.private is not None
    }


def unlisted_of(settings: Settings) -> tuple[Unlisted, ...]:
    """The applications that are in no app store, where that limits them."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, by_region in settings.apps.items():
        for region, app in by_region.items():
            if PROFILES[name].unlisted_most is not None and not app.listed:
                found.setdefault((name, app.application_id), set()).add(region)
    return tuple(
        Unlisted(name, application_id, frozenset(regions), PROFILES[name].unlisted_most or 0)
        for (name, application_id), regions in found.items()
    )


def delegations_of(settings: Settings, known: Mapping[str, MarketplaceAccess]) -> Mapping[str, DelegationOffer]:
    """The marketplaces whose sellers may delegate to us: those we have an application for."""
    return {
        name: DelegationOffer(
            each.delegation,
            portals_of(settings, name),
            PROFILES[name].seller_ids,
            frozenset(PROFILES[name].stores),
        )
        for name, each in known.items()
        if each.delegation is not None
    }


def portals_of(settings: Settings, marketplace: str) -> Mapping[str, Portal]:
    """Where sellers delegate, by the regions we have an application for."""
    addresses = settings.far_side(marketplace).central_urls or {}
    return {region: Portal(addresses[region], app.listed_as) for region, app in settings.apps[marketplace].items()}


def clients_of(settings: Settings) -> Mapping[str, ServiceClient]:
    return {
        client.id: ServiceClient(client.id, client.secret_hash, frozenset(client.scopes))
        for client in settings.service_clients
    }


def consent_origins(settings: Settings) -> list[str]:
    """Where the marketplaces' consent pages are."""
    central = (
        urlsplit(url)
        for name, by_region in settings.apps.items()
        if PROFILES[name].authorisation == "consent"
        for country, url in (settings.far_side(name).central_urls or {}).items()
        if PROFILES[name].places.regions[country] in by_region
    )
    return sorted({f"{url.scheme}://{url.netloc}" for url in central})


def form_targets(settings: Settings) -> list[str]:
    """Where a form of ours may lead to by redirect: consent pages, and the confirmation pages of app stores."""
    appstores = {PROFILES[name].places.appstore for name in settings.apps}
    return sorted({*consent_origins(settings), *(each for each in appstores if each)})


def ready_on(engine: AsyncEngine) -> Ready:
    return migrated(engine, Path(__file__).parent / "migrations")
