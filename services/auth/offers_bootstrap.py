"""How a seller account can be connected here: by consent, by delegation, or by an application of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from services.auth.settings import Settings
from services.auth.usecases.begin_consent import Offer
from services.auth.usecases.claim_seller import DelegationOffer, Portal
from services.auth.usecases.private_apps import PrivateOffer
from shared.marketplaces.ports import GrantPort
from shared.marketplaces.private import PrivatePort
from shared.marketplaces.registry import PROFILES, Access
from shared.marketplaces.restricted import RestrictedPort


@dataclass(frozen=True)
class Unlisted:
    """An application of ours that may have so many sellers at most, over all its regions."""

    marketplace: str
    application_id: str
    regions: frozenset[str]
    most: int


def offers_of(settings: Settings, known: Mapping[str, Access]) -> Mapping[str, Offer]:
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


def grants_of(known: Mapping[str, Access]) -> Mapping[str, GrantPort]:
    return {name: one.grants for name, one in known.items() if one.grants}


def private_ports(known: Mapping[str, Access]) -> Mapping[str, PrivatePort]:
    return {name: one.private for name, one in known.items() if one.private is not None}


def restricted_ports(known: Mapping[str, Access]) -> Mapping[str, RestrictedPort]:
    return {name: one.restricted for name, one in known.items() if one.restricted is not None}


def private_of(known: Mapping[str, Access]) -> Mapping[str, PrivateOffer]:
    """The marketplaces that know applications of an organisation's own: they need none of ours."""
    profiles = {name: PROFILES[name] for name, each in known.items() if each.private is not None}
    return {
        name: PrivateOffer(
            name,
            profile.title,
            profile.private,
            profile.private.places if profile.private.places.regions else profile.places,
            profile.reach == "country",
            timedelta(days=profile.secret_days) if profile.secret_days is not None else None,
        )
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


def delegations_of(settings: Settings, known: Mapping[str, Access]) -> Mapping[str, DelegationOffer]:
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
    return {
        region: Portal(addresses[region], app.listed_as, app.client_id)
        for region, app in settings.apps[marketplace].items()
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
