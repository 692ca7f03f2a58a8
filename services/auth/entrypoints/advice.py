"""What the operator should mend, said at the start of the worker: settings that are valid, and yet cannot work."""

import asyncio
from urllib.parse import urlsplit

import structlog

from services.auth.bootstrap import Auth
from services.auth.offers_bootstrap import consent_origins
from services.auth.settings import Settings
from shared.db.errors import Conflict, DatabaseUnavailable

log = structlog.get_logger()


async def advise(held: Auth, settings: Settings, stop: asyncio.Event) -> None:
    """A part of the process, so that logs are set up before it speaks; it ends with the process."""
    warn_of_addresses(settings)
    try:
        await warn_of_regions(held)
    except (DatabaseUnavailable, Conflict) as error:
        log.warning("advice.database_away", reason=str(error))
    await stop.wait()


def warn_of_addresses(settings: Settings) -> None:
    """Real consent pages redirect to public https addresses only; the sandbox's to any (domain rule 35)."""
    real = any(origin.startswith("https:") for origin in consent_origins(settings))
    if real and urlsplit(settings.public_url).scheme != "https":
        log.warning("consent.needs_https", detail="No marketplace redirects to AUTH_PUBLIC_URL: it must be https.")


async def warn_of_regions(held: Auth) -> None:
    """Connections whose application was taken out of the settings get no new token. Raises DatabaseUnavailable."""
    for marketplace, region in await held.views.regions():
        if region not in held.regions(marketplace):
            detail = "Connections live in a region without an application: they get no new token."
            log.warning("connection.no_application", marketplace=marketplace, region=region, detail=detail)
