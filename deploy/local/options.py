"""What the person says: the settings of `make run`, read and checked before anything is started."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from deploy.local.errors import CannotRun


@dataclass(frozen=True)
class Options:
    """`environment`: the whole of ours, for the settings that are passed on to one service."""

    port: int
    sandbox_port: int
    with_sandbox: bool
    public_url: str
    database_server_url: str | None
    kafka_bootstrap_servers: str | None
    database_prefix: str
    topic_prefix: str
    environment: Mapping[str, str]


def read_options(environment: Mapping[str, str]) -> Options:
    """Raises `CannotRun` with a sentence for each setting that is missing or wrong."""
    with_sandbox = environment.get("SANDBOX", "on") != "off"
    port = _port(environment, "PORT", 8080)
    options = Options(
        port=port,
        sandbox_port=_port(environment, "SANDBOX_PORT", 9900),
        with_sandbox=with_sandbox,
        public_url=environment.get("PUBLIC_URL", "").rstrip("/") or f"http://127.0.0.1:{port}",
        database_server_url=environment.get("DATABASE_SERVER_URL"),
        kafka_bootstrap_servers=environment.get("KAFKA_BOOTSTRAP_SERVERS"),
        database_prefix=environment.get("DATABASE_PREFIX", "passerelle_"),
        topic_prefix=environment.get("TOPIC_PREFIX", ""),
        environment=environment,
    )
    if not with_sandbox and (missing := _missing_for_real(options)):
        raise CannotRun("\n".join(missing))
    return options


def _missing_for_real(options: Options) -> list[str]:
    """What the real far sides need, a sentence each. The services check the rest of their settings themselves."""
    sentences = []
    if not _is_public_https(options.public_url):
        sentences.append(
            "PUBLIC_URL must be the public https address that sellers' browsers reach (https://passerelle.example): "
            "Amazon sends them back to it after they gave their consent."
        )
    if not options.environment.get("AUTH_APPS"):
        sentences.append(
            "AUTH_APPS must hold your applications by marketplace and region, as JSON: "
            '{"amazon": {"eu": {"application_id": "…", "client_id": "…", "client_secret": "…", "draft": true}}}.'
        )
    return sentences


def _is_public_https(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        public = ip_address(host).is_global
    except ValueError:
        public = "." in host and not host.endswith((".localhost", ".local", ".internal"))
    return parts.scheme == "https" and public


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotRun(f"{name} must be a port between 1 and 65535, not {text!r}.")
    return int(text)
