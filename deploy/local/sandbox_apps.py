"""Our applications that only the sandbox knows: as auth is told of them, and as the sandbox is."""

from collections.abc import Mapping
from typing import Any

AMAZON, OCTOPIA = "amazon", "octopia"
AMAZON_REGIONS = ("na", "eu", "fe")
AMAZON_APPLICATION_ID = "amzn1.sp.solution.passerelle-demo"
AMAZON_CLIENT_ID = "amzn1.application-oa2-client.passerelle-demo"
OCTOPIA_CLIENT_ID = "passerelle-demo"


def apps(secrets: Mapping[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """AUTH_APPS. `secrets`: our client secret at each marketplace."""
    amazon = {
        "application_id": AMAZON_APPLICATION_ID,
        "client_id": AMAZON_CLIENT_ID,
        "client_secret": secrets[AMAZON],
        "draft": False,
    }
    octopia = {"client_id": OCTOPIA_CLIENT_ID, "client_secret": secrets[OCTOPIA]}
    return {AMAZON: dict.fromkeys(AMAZON_REGIONS, amazon), OCTOPIA: {"eu": octopia}}


def registrations(secrets: Mapping[str, str], public_url: str) -> dict[str, dict[str, Any]]:
    """What `POST /control/apps` is told, by marketplace. `public_url`: where consent leads back to."""
    amazon = {
        "application_id": AMAZON_APPLICATION_ID,
        "client_id": AMAZON_CLIENT_ID,
        "client_secrets": [secrets[AMAZON]],
        "redirect_uris": [public_url.rstrip("/") + "/connections/amazon/callback"],
        "login_uri": public_url.rstrip("/") + "/connections/amazon/login",
        "draft": False,
    }
    octopia = {"marketplace": OCTOPIA, "client_id": OCTOPIA_CLIENT_ID, "client_secrets": [secrets[OCTOPIA]]}
    return {AMAZON: amazon, OCTOPIA: octopia}
