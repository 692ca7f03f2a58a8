"""
What each process is told: the one table of names that the services read.

A setting of a service that is in our own environment (`LABELS_REPEAT_AFTER_SECONDS=…`) wins over ours, and is passed
to that service only.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.options import Options
from deploy.local.ports import free_ports
from deploy.local.sandbox_apps import AMAZON, AMAZON_MCF, AMAZON_REGIONS, AMAZON_VENDOR, apps
from deploy.local.secrets import Secrets

PROCESSES = {
    "auth": ("api", "worker"),
    "orders": ("api", "worker", "poller"),
    "inventory": ("api", "worker"),
    "labels": ("api", "worker"),
}
# What a service may ask of auth and of the others (shared/access/scopes.py says what each means).
SCOPES = {
    "orders": ["auth.tokens:use", "auth.sessions:resolve"],
    "inventory": ["auth.tokens:use", "auth.sessions:resolve"],
    "labels": ["auth.tokens:use", "auth.restricted_tokens:use", "auth.sessions:resolve", "orders.recipient:read"],
}
_PROJECT = Path(__file__).parents[2]
# The demo does not wait for far sides that answer at once: it asks often and reads back soon.
_DEMO = {
    "ORDERS_POLL_INTERVAL_SECONDS": '{"amazon": 5, "octopia": 5}',
    "INVENTORY_LISTING_INTERVAL_SECONDS": "60",
    "LABELS_READ_BACK_SECONDS": '{"amazon": 2, "octopia": 2}',
    "LABELS_READ_BACK_LAG_SECONDS": '{"amazon": 10, "octopia": 10}',
    "LABELS_REPEAT_AFTER_SECONDS": '{"amazon": 20, "octopia": 20}',
}
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True)
class Layout:
    """Where everything of one run listens; the inner ports are chosen anew at each start."""

    postgres: int
    kafka: int
    kafka_controller: int
    mail: int
    api: Mapping[str, int]
    watch: Mapping[tuple[str, str], int]

    def api_url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.api[service]}"


def choose_ports() -> Layout:
    """Free ports for all that nobody outside needs to find."""
    watched = [(service, process) for service, processes in PROCESSES.items() for process in processes]
    postgres, kafka, controller, mail, *ports = free_ports(4 + len(PROCESSES) + len(watched))
    api, watch = ports[: len(PROCESSES)], ports[len(PROCESSES) :]
    return Layout(
        postgres,
        kafka,
        controller,
        mail,
        dict(zip(PROCESSES, api, strict=True)),
        dict(zip(watched, watch, strict=True)),
    )


@dataclass(frozen=True)
class Environments:
    """Gives each process its environment: what it needs, and no other service's secrets."""

    options: Options
    layout: Layout
    secrets: Secrets
    database_urls: Mapping[str, str]
    kafka_bootstrap_servers: str

    def base(self) -> dict[str, str]:
        """For a process that has no settings: where to find programs and files."""
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return kept | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(_PROJECT)}

    def of(self, service: str, process: str) -> dict[str, str]:
        """For `python -m services.<service> <process>`; `migrate` is told the same as the API."""
        prefix = service.upper() + "_"
        watched = process if (service, process) in self.layout.watch else "api"
        made = {
            "DATABASE_URL": self.database_urls[service],
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "TOPIC_PREFIX": self.options.topic_prefix,
            "INSTANCE_ID": f"{service}-{process}-1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self.layout.api[service]),
            "METRICS_PORT": str(self.layout.watch[service, watched]),
            "LOG_LEVEL": self.options.environment.get("LOG_LEVEL", "INFO"),
            "LOG_FORMAT": self.options.environment.get("LOG_FORMAT", "json"),
            "PUBLIC_URL": self.options.public_url,
        }
        settings = {prefix + name: value for name, value in made.items()} | self._own(service)
        given = {name: value for name, value in self.options.environment.items() if name.startswith(prefix)}
        return self.base() | settings | given

    def _own(self, service: str) -> dict[str, str]:
        match service:
            case "auth":
                own = self._auth()
            case "orders":
                own = {"ORDERS_KEY_ENCRYPTION_KEYS": self.secrets.key_encryption_keys("orders")}
            case "labels":
                own = {"LABELS_ORDERS_URL": self.layout.api_url("orders")}
            case _:
                own = {}
        return own | self._caller(service) | self._far_sides(service)

    def _auth(self) -> dict[str, str]:
        clients = [
            {"id": service, "secret_hash": self.secrets.client_secret_hash(service), "scopes": scopes}
            for service, scopes in SCOPES.items()
        ]
        return {
            "AUTH_KEY_ENCRYPTION_KEYS": self.secrets.key_encryption_keys("auth"),
            "AUTH_SERVICE_CLIENTS": json.dumps(clients),
        }

    def _caller(self, service: str) -> dict[str, str]:
        """What a service needs to call another: its own OAuth client at auth."""
        if service not in SCOPES:
            return {}
        prefix = service.upper() + "_"
        return {
            prefix + "AUTH_URL": self.layout.api_url("auth"),
            prefix + "CLIENT_ID": service,
            prefix + "CLIENT_SECRET": self.secrets.client_secret(service),
        }

    def _far_sides(self, service: str) -> dict[str, str]:
        """The sandbox's addresses and the demo's delays; with `SANDBOX=off` the services know the real ones."""
        if not self.options.with_sandbox:
            return {}
        prefix = service.upper() + "_"
        root = f"http://127.0.0.1:{self.options.sandbox_port}"
        amazon, octopia = f"{root}/amazon", f"{root}/octopia"
        far = {name: value for name, value in _DEMO.items() if name.startswith(prefix)}
        far[prefix + "API_URLS"] = json.dumps(
            {
                AMAZON: {region: f"{amazon}/{region}" for region in AMAZON_REGIONS},
                AMAZON_VENDOR: {region: f"{amazon}/{region}" for region in AMAZON_REGIONS},
                AMAZON_MCF: {region: f"{amazon}/{region}" for region in AMAZON_REGIONS},
                "octopia": {"eu": f"{octopia}/api/seller/v2"},
            }
        )
        if service == "auth":
            tokens = f"{octopia}/auth/realms/maas/protocol/openid-connect/token"
            far["AUTH_APPS"] = json.dumps(apps(self.secrets.far_client_secrets()))
            far["AUTH_TOKEN_URLS"] = json.dumps(
                dict.fromkeys((AMAZON, AMAZON_VENDOR, AMAZON_MCF), f"{amazon}/lwa/auth/o2/token") | {"octopia": tokens}
            )
            test_endpoint = {AMAZON_MCF: {region: f"{amazon}/sandbox/{region}" for region in AMAZON_REGIONS}}
            far["AUTH_SANDBOX_API_URLS"] = json.dumps(test_endpoint)
            far |= {
                "AUTH_SMTP_HOST": "127.0.0.1",
                "AUTH_SMTP_PORT": str(self.layout.mail),
                "AUTH_SMTP_SECURITY": "none",
            }
            far["AUTH_MAIL_FROM"] = "Passerelle <no-reply@passerelle.example>"
            far["AUTH_CENTRAL_URLS"] = json.dumps(
                {
                    AMAZON: dict.fromkeys(AMAZON_REGIONS, f"{amazon}/central/{{country}}"),
                    AMAZON_VENDOR: dict.fromkeys(AMAZON_REGIONS, f"{amazon}/vendorcentral/{{country}}"),
                    AMAZON_MCF: dict.fromkeys(AMAZON_REGIONS, f"{amazon}/central/{{country}}"),
                }
            )
        return far

    def gateway(self) -> dict[str, str]:
        services = {service: self.layout.api_url(service) for service in PROCESSES}
        return self.base() | {
            "GATEWAY_PORT": str(self.options.port),
            "GATEWAY_PUBLIC_URL": self.options.public_url,
            "GATEWAY_SERVICES": json.dumps(services),
        }

    def sandbox_command(self, state: str) -> list[str]:
        """
        By default with twenty times Amazon's quotas, and writes that are seen before they are read back: a demo of a
        minute shows what takes an afternoon.
        """
        own = ["--port", str(self.options.sandbox_port), "--mail-port", str(self.layout.mail), "--state", state]
        given = self.options.environment.get("SANDBOX_OPTIONS", "--quota-scale=20 --write-visible-seconds=1").split()
        return [sys.executable, "-m", "tests.sandbox", *own, *given]
