"""*Connect* and *Reconnect*: remembers what the seller began, and gives the address of the far side's consent page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.connection import clean_name
from services.auth.domain.consent import STATE_LASTS, ConsentState
from services.auth.domain.opaque import digest
from services.auth.usecases.errors import ConnectionUnknown, RegionNotOffered
from services.auth.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrganisationId, UserId, new_id
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.models import AppstoreVisit, Places
from shared.marketplaces.ports import AppstorePort, ConsentPort


@dataclass(frozen=True, slots=True)
class Who:
    """A signed-in person; `session` is the digest of the cookie they act with."""

    session: str
    organisation_id: OrganisationId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    `seller_id`: who must authorise; None: whoever signs in over there. `endpoint`: where a new connection is worked; a
    known one stays where it is.
    """

    marketplace: str
    country: str
    name: str
    connection_id: ConnectionId | None = None
    seller_id: str | None = None
    endpoint: Endpoint = Endpoint.PRODUCTION


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A marketplace one can connect here: its consent, where its pages are, our registered address, and the regions we
    have an application for. `appstore` None: no seller is sent to us from one.
    """

    consent: ConsentPort
    places: Places
    redirect_uri: str
    regions: frozenset[str]
    appstore: AppstorePort | None = None

    @property
    def countries(self) -> tuple[str, ...]:
        return self.places.of(self.regions)


async def begin_consent(
    wanted: Wanted,
    who: Who,
    *,
    store: Store,
    offers: Mapping[str, Offer],
    clock: Clock,
    new_secret: Callable[[], str],
    visit: AppstoreVisit | None = None,
) -> str:
    """
    Where to send the seller; back to the app store they came from, with `visit`. Raises RegionNotOffered, NameInvalid.
    """
    offer, region = _place(wanted, offers, visit)
    now, state = clock.now(), new_secret()
    await store.consents.add(
        ConsentState(
            digest=digest(state),
            session=who.session,
            organisation_id=who.organisation_id,
            user_id=who.user_id,
            marketplace=wanted.marketplace,
            region=region,
            country=wanted.country,
            name=clean_name(wanted.name),
            connection_id=wanted.connection_id,
            seller_id=wanted.seller_id,
            expires_at=now + STATE_LASTS,
            endpoint=wanted.endpoint,
        )
    )
    await store.audit.add(
        AuditEntry(new_id(), now, Action.CONSENT_BEGUN, who.organisation_id, who.user_id, wanted.connection_id)
    )
    if visit is not None and offer.appstore is not None:
        return offer.appstore.confirm_url(visit, region, state, offer.redirect_uri)
    return offer.consent.consent_url(wanted.country, region, state, offer.redirect_uri)


def _place(wanted: Wanted, offers: Mapping[str, Offer], visit: AppstoreVisit | None) -> tuple[Offer, str]:
    """The offer, and the country's region. Raises RegionNotOffered."""
    offer = offers.get(wanted.marketplace)
    if offer is None or wanted.country not in offer.countries:
        raise RegionNotOffered
    region = offer.places.regions[wanted.country]
    if visit is not None and region not in visit.regions:
        raise RegionNotOffered
    return offer, region


async def begin_renewal(
    connection_id: ConnectionId,
    who: Who,
    *,
    store: Store,
    offers: Mapping[str, Offer],
    clock: Clock,
    new_secret: Callable[[], str],
) -> str:
    """The same for a connection there is. Raises ConnectionUnknown, RegionNotOffered."""
    connection = await store.connections.get_own(connection_id, who.organisation_id)
    if connection is None:
        raise ConnectionUnknown
    offer = offers.get(connection.marketplace)
    if offer is None:
        raise RegionNotOffered
    wanted = Wanted(
        connection.marketplace,
        connection.country or offer.places.homes[connection.region],
        connection.name,
        connection.id,
        connection.seller_id,
        connection.endpoint,
    )
    return await begin_consent(wanted, who, store=store, offers=offers, clock=clock, new_secret=new_secret)
