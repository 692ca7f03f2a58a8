"""Our applications at Amazon, one for each way of dealing with it, and where auth finds Amazon in the sandbox."""

from typing import Any

REGIONS = ("na", "eu", "fe")
APP = {"application_id": "amzn1.sp.solution.tests", "client_id": "amzn1.client.tests", "client_secret": "s3cret-tests"}
VENDOR_APP = {name: f"{value}-vendors" for name, value in APP.items()}
MCF_APP = {name: f"{value}-mcf" for name, value in APP.items()}
AMAZONS = {
    "amazon": ("central", APP),
    "amazon_vendor": ("vendorcentral", VENDOR_APP),
    "amazon_mcf": ("central", MCF_APP),
}


def amazon_settings(sandbox_url: str) -> dict[str, Any]:
    """Applications and addresses, as settings."""
    at = f"{sandbox_url}/amazon"
    return {
        "apps": {name: dict.fromkeys(REGIONS, app) for name, (_, app) in AMAZONS.items()},
        "token_urls": dict.fromkeys(AMAZONS, f"{at}/lwa/auth/o2/token"),
        "central_urls": {
            name: dict.fromkeys(REGIONS, f"{at}/{host}/{{country}}") for name, (host, _) in AMAZONS.items()
        },
        "api_urls": {name: {region: f"{at}/{region}" for region in REGIONS} for name in AMAZONS},
        "sandbox_api_urls": {"amazon_mcf": {region: f"{at}/sandbox/{region}" for region in REGIONS}},
    }
