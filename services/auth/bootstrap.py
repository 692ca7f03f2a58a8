"""The composition root: the one place where ports meet what fills them."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.auth.adapters.access import OwnRevokedTokens, OwnSessions, OwnSigningKeys
from services.auth.adapters.audit import SqlAuditLog
from services.auth.adapters.closing import farewells_due
from services.auth.adapters.connections import probes_due
from services.auth.adapters.mails import mails_due
from services.auth.adapters.member_queries import SqlMemberViews
from services.auth.adapters.members import invitations_due
from services.auth.adapters.passwords import passwords_of
from services.auth.adapters.queries import SqlViews
from services.auth.adapters.relying_party import relying_party
from services.auth.adapters.store import bind
from services.auth.adapters.support import SqlSupportViews
from services.auth.adapters.token_states import KeptTokenStates
from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.offers_bootstrap import (
    Unlisted,
    delegations_of,
    grants_of,
    offers_of,
    private_of,
    private_ports,
    restricted_ports,
    unlisted_of,
)
from services.auth.outside_bootstrap import mailer_of, openid_of
from services.auth.secrets_bootstrap import SECRET, SecretKeeper, far_sides_on, keeper_on
from services.auth.settings import MigrationSettings, Settings
from services.auth.usecases.account_ports import PasswordHasher
from services.auth.usecases.address_ports import AddressVault
from services.auth.usecases.audit_log import AuditLog
from services.auth.usecases.begin_consent import Offer
from services.auth.usecases.claim_seller import DelegationOffer
from services.auth.usecases.factor_ports import FactorVault
from services.auth.usecases.keep_house import keep_house
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.member_views import MemberViews
from services.auth.usecases.openid_ports import OpenIdProvider
from services.auth.usecases.passkey_ports import RelyingParty
from services.auth.usecases.ports import NamedLeases, SharedGrants, Store
from services.auth.usecases.private_apps import PrivateOffer
from services.auth.usecases.probe_connection import probe_connection
from services.auth.usecases.support_ports import SupportViews
from services.auth.usecases.views import Views
from services.auth.vault.addresses import SealedAddresses
from services.auth.vault.client_secrets import SealedClientSecrets
from services.auth.vault.consents import SealingConsents
from services.auth.vault.private_apps import SealedPrivateApps
from services.auth.vault.renewal import KIND as TOKEN
from services.auth.vault.renewal import LEASE_SECONDS, MARGIN_SECONDS, Renewal
from services.auth.vault.restricted import KIND as RESTRICTED
from services.auth.vault.restricted import RestrictedTokens
from services.auth.vault.seals import GrantSeals
from services.auth.vault.second_factors import SealedFactors
from services.auth.vault.service_tokens import ServiceClient, ServiceTokenIssuer
from services.auth.vault.signing import SealedSigning
from services.auth.vault.tokens import RenewedTokens
from services.auth.vault.wrapping import Rewrapping
from shared.access.access import Access
from shared.access.tokens import TokenVerifier
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.db.claims import Kind, SqlClaims
from shared.db.engine import make_engine
from shared.db.readiness import migrated
from shared.db.unit_of_work import SqlReads, SqlUnitOfWork
from shared.http.outward import Outward
from shared.kernel.clock import Clock
from shared.kernel.ports import Lease, Reads, UnitOfWork
from shared.marketplaces.registry import WANT_SECOND_FACTOR, accesses, rates
from shared.marketplaces.registry import Access as FarAccess
from shared.messaging.kafka import kafka_of as kafka_of
from shared.runtime.serve import Ready

SERVICE = "auth"
PROBE = "probe"
MAIL = "mail"
INVITATION = "invitation"
FAREWELL = "farewell"


@dataclass(frozen=True)
class Auth:
    """What pages, APIs and the worker work with."""

    uow: UnitOfWork[Store]
    reads: Reads[Store]
    claims: SqlClaims[Store]
    views: Views
    members: MemberViews
    audit_log: AuditLog
    support: SupportViews
    offers: Mapping[str, Offer]
    delegations: Mapping[str, DelegationOffer]
    shared_grants: SharedGrants
    probe: Callable[[Lease[Store]], Awaitable[None]]
    keep_house: Callable[[], Awaitable[None]]
    mailer: Mailer | None
    keys: DataKeys
    consents: SealingConsents
    tokens: RenewedTokens
    signing: SealedSigning
    issuer: ServiceTokenIssuer
    verifier: TokenVerifier
    revoked: OwnRevokedTokens
    clock: Clock
    consent_lasts: Mapping[str, timedelta]
    expired_goes_on: bool
    password_lasts: timedelta
    second_factor: SecondFactorPolicy
    openid: OpenIdProvider | None
    delegation_proves: bool
    unlisted: tuple[Unlisted, ...]
    private: Mapping[str, PrivateOffer]
    private_apps: SealedPrivateApps
    restricted: RestrictedTokens
    client_secrets: SecretKeeper
    hasher: PasswordHasher

    def mask_attempt(self, counted: str) -> str:
        return self.keys.mask(counted.encode(), b"auth.attempt")

    @property
    def public_url(self) -> str:
        return self.verifier.issuer

    @property
    def addresses(self) -> AddressVault:
        return SealedAddresses(self.keys)

    @property
    def factors(self) -> FactorVault:
        return SealedFactors(self.keys)

    def new_secret(self) -> str:
        return new_secret_text()

    @property
    def relying_party(self) -> RelyingParty | None:
        """None: passkeys need an address with a name."""
        return relying_party(self.public_url)

    def regions(self, marketplace: str) -> frozenset[str]:
        """Where sellers can connect this marketplace here, either way."""
        if (delegation := self.delegations.get(marketplace)) is not None:
            return frozenset(delegation.portals)
        offer = self.offers.get(marketplace)
        return offer.regions if offer else frozenset()


def keys_of(settings: Settings | MigrationSettings, clock: Clock) -> DataKeys:
    """Raises KeysInvalid: there are none."""
    setting = settings.key_encryption_keys
    keys = WrappingKeys.parse(setting.get_secret_value() if setting else "")
    return DataKeys(keys, clock, settings.aws_kms_url)


def engine_of(settings: Settings | MigrationSettings, process: str, *, pool_size: int = 5) -> AsyncEngine:
    return make_engine(settings.database_url.get_secret_value(), f"{SERVICE} {process}", pool_size=pool_size)


def auth_on(engine: AsyncEngine, settings: Settings, outward: Outward, clock: Clock) -> Auth:
    uow, keys, views = SqlUnitOfWork(engine, bind), keys_of(settings, clock), SqlViews(engine)
    known = accesses(outward, far_sides_on(engine, settings, keys, clock), clock=clock)
    seals, claims, offers = GrantSeals(keys), claims_on(engine, clock), offers_of(settings, known)
    (private_apps, tokens), revoked = renewing_on(known, engine, claims, keys, clock), OwnRevokedTokens(views, clock)
    return Auth(
        uow=uow,
        reads=SqlReads(engine, bind),
        claims=claims,
        views=views,
        members=SqlMemberViews(engine),
        audit_log=SqlAuditLog(engine),
        support=SqlSupportViews(engine),
        offers=offers,
        delegations=delegations_of(settings, known),
        shared_grants=seals,
        probe=probe_of(known, tokens, settings, clock),
        keep_house=house_of(uow, keys, settings, clock),
        mailer=mailer_of(settings, clock),
        keys=keys,
        consents=SealingConsents(offers, seals, clock),
        tokens=tokens,
        signing=SealedSigning(keys),
        issuer=ServiceTokenIssuer(settings.public_url, clients_of(settings)),
        verifier=TokenVerifier(settings.public_url, OwnSigningKeys(views, clock), clock, revoked),
        revoked=revoked,
        clock=clock,
        second_factor=SecondFactorPolicy(settings.second_factor, WANT_SECOND_FACTOR),
        openid=openid_of(settings, outward, clock),
        password_lasts=timedelta(days=settings.password_max_age_days),
        consent_lasts={name: settings.consent_lasts(name) for name in offers},
        expired_goes_on=settings.expired_goes_on,
        delegation_proves=settings.delegation_proves,
        unlisted=unlisted_of(settings),
        private=private_of(known),
        private_apps=private_apps,
        restricted=RestrictedTokens(claims, tokens, restricted_ports(known), clock),
        client_secrets=secret_keeper_of(settings, known, uow, claims, keys, clock),
        hasher=passwords_of(settings.password_hash_mib),
    )


def secret_keeper_of(
    settings: Settings,
    known: Mapping[str, FarAccess],
    uow: UnitOfWork[Store],
    leases: NamedLeases,
    keys: DataKeys,
    clock: Clock,
) -> SecretKeeper:
    vault, mailer = SealedClientSecrets(keys), mailer_of(settings, clock)
    return keeper_on(settings, known, uow=uow, leases=leases, vault=vault, mailer=mailer, clock=clock)


def renewing_on(
    known: Mapping[str, FarAccess], engine: AsyncEngine, claims: SqlClaims[Store], keys: DataKeys, clock: Clock
) -> tuple[SealedPrivateApps, RenewedTokens]:
    seals, states = GrantSeals(keys), KeptTokenStates(SqlReads(engine, bind), engine, clock)
    private = SealedPrivateApps(keys, seals, private_ports(known), clock)
    return private, RenewedTokens(states, claims, Renewal(grants_of(known), seals, private, clock), seals, clock)


def probe_of(
    known: Mapping[str, FarAccess], tokens: RenewedTokens, settings: Settings, clock: Clock
) -> Callable[[Lease[Store]], Awaitable[None]]:
    proves = settings.delegation_proves
    return partial(probe_connection, grants=grants_of(known), vault=tokens, clock=clock, delegation_proves=proves)


def house_of(uow: UnitOfWork[Store], keys: DataKeys, settings: Settings, clock: Clock) -> Callable[[], Awaitable[None]]:
    """The worker's hourly upkeep."""
    return partial(
        keep_house,
        uow=uow,
        signing=SealedSigning(keys),
        signing_turns=settings.signing_turns,
        wrapping=Rewrapping(keys),
        expired_goes_on=settings.expired_goes_on,
        clock=clock,
    )


def access_on(auth: Auth) -> Access:
    """Sessions and tokens are checked against our own tables."""
    sessions = OwnSessions(auth.uow, auth.clock, second=auth.second_factor, mails=auth.mailer is not None)
    return Access(sessions, auth.verifier, auth.public_url)


def claims_on(engine: AsyncEngine, clock: Clock) -> SqlClaims[Store]:
    kinds = {
        TOKEN: Kind(due=None, lease_seconds=LEASE_SECONDS, margin_seconds=MARGIN_SECONDS),
        MAIL: Kind(due=mails_due(), lease_seconds=60),
        SECRET: Kind(due=None, lease_seconds=90, margin_seconds=30),
        INVITATION: Kind(due=invitations_due(), lease_seconds=60),
        FAREWELL: Kind(due=farewells_due(), lease_seconds=60),
        RESTRICTED: Kind(due=None, lease_seconds=LEASE_SECONDS, margin_seconds=MARGIN_SECONDS, rates=rates(RESTRICTED)),
        PROBE: Kind(due=probes_due(), lease_seconds=60, margin_seconds=5, rates=rates(PROBE)),
    }
    return SqlClaims(engine, bind, kinds=kinds, clock=clock)


def clients_of(settings: Settings) -> Mapping[str, ServiceClient]:
    return {
        client.id: ServiceClient(client.id, {client.secret_hash: None}, frozenset(client.scopes))
        for client in settings.service_clients
    }


def ready_on(engine: AsyncEngine) -> Ready:
    return migrated(engine, Path(__file__).parent / "migrations")


def new_secret_text() -> str:
    return secrets.token_urlsafe(32)
