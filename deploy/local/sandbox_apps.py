"""Our applications that only the sandbox knows: as auth is told of them, and as the sandbox is."""

from collections.abc import Mapping
from typing import Any

AMAZON, AMAZON_VENDOR, AMAZON_MCF, OCTOPIA = "amazon", "amazon_vendor", "amazon_mcf", "octopia"
AMAZON_REGIONS = ("na", "eu", "fe")
AMAZON_APPLICATION_ID = "amzn1.sp.solution.passerelle-demo"
AMAZON_CLIENT_ID = "amzn1.application-oa2-client.passerelle-demo"
OCTOPIA_CLIENT_ID = "passerelle-demo"
MARKETPLACES = (AMAZON, AMAZON_VENDOR, AMAZON_MCF, OCTOPIA)
# Amazon knows an application for sellers, another one for vendors, and here a third for Multi-Channel Fulfillment.
_AT_AMAZON = {
    AMAZON: (AMAZON_APPLICATION_ID, AMAZON_CLIENT_ID),
    AMAZON_VENDOR: (f"{AMAZON_APPLICATION_ID}-vendors", f"{AMAZON_CLIENT_ID}-vendors"),
    AMAZON_MCF: (f"{AMAZON_APPLICATION_ID}-mcf", f"{AMAZON_CLIENT_ID}-mcf"),
}


def apps(secrets: Mapping[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """AUTH_APPS. `secrets`: our client secret at each marketplace."""
    made: dict[str, dict[str, dict[str, Any]]] = {
        name: {
            region: {"application_id": ids[0], "client_id": ids[1], "client_secret": secrets[name], "draft": False}
            for region in AMAZON_REGIONS
        }
        for name, ids in _AT_AMAZON.items()
    }
    return made | {OCTOPIA: {"eu": {"client_id": OCTOPIA_CLIENT_ID, "client_secret": secrets[OCTOPIA]}}}


def registrations(secrets: Mapping[str, str], public_url: str) -> dict[str, dict[str, Any]]:
    """What `POST /control/apps` is told, by marketplace. `public_url`: where consent leads back to."""
    ours = public_url.rstrip("/") + "/connections"
    made: dict[str, dict[str, Any]] = {
        name: {
            "application_id": ids[0],
            "client_id": ids[1],
            "client_secrets": [secrets[name]],
            "redirect_uris": [f"{ours}/{name}/callback"],
            "login_uri": f"{ours}/{name}/login",
            "vendors": name == AMAZON_VENDOR,
            "draft": False,
        }
        for name, ids in _AT_AMAZON.items()
    }
    octopia = {"marketplace": OCTOPIA, "client_id": OCTOPIA_CLIENT_ID, "client_secrets": [secrets[OCTOPIA]]}
    return made | {OCTOPIA: octopia}
