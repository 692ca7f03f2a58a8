"""
The sandbox as tests use it: `start_sandbox` runs one as a process of its own, `Sandbox` speaks to its control API.

Knows nothing of the sandbox's code, so that it works against any sandbox at any address.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.ports import free_port

_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 30.0
# The sandbox closes connections that were idle for 5 s: ours are dropped before, or a request meets a closing one.
_LIMITS = httpx.Limits(keepalive_expiry=2.0)

Json = dict[str, Any]


class Sandbox:
    """The control API at `base_url`; every answer that is not a success raises `httpx.HTTPStatusError`."""

    def __init__(self, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            base_url=self.base_url,
            transport=transport,
            verify=False,  # noqa: S501 - it speaks plain HTTP, and reading certificates takes 30 ms
            timeout=httpx.Timeout(60.0),
            limits=_LIMITS,
            trust_env=False,
        )

    async def __aenter__(self) -> "Sandbox":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def app(self, application_id: str, client_id: str, client_secrets: list[str], **fields: Any) -> None:
        """Register an application (`redirect_uris`, `login_uri`, `draft`), or replace its registration."""
        body = {"application_id": application_id, "client_id": client_id, "client_secrets": client_secrets}
        await self._call("POST", "/apps", body | fields)

    async def register(self, application: Json) -> None:
        """An application of either marketplace, as `POST /control/apps` takes it."""
        await self._call("POST", "/apps", application)

    async def seller(self, seller_id: str | None = None, *, region: str = "eu", **fields: Any) -> Json:
        """A new seller or vendor (`vendor_codes`) for an `application_id`, with its self-authorised `refresh_token`."""
        body = {"marketplace": "amazon", "region": region} | fields
        return await self._call("POST", "/sellers", body | ({"seller_id": seller_id} if seller_id else {}))

    async def octopia_app(self, client_id: str, client_secrets: list[str], seller_id: str | None = None) -> None:
        """Register credentials at Octopia, an aggregator's or that seller's own, or replace their secrets."""
        body = {"marketplace": "octopia", "client_id": client_id, "client_secrets": client_secrets}
        await self._call("POST", "/apps", body | ({"seller_id": seller_id} if seller_id else {}))

    async def octopia_seller(self, seller_id: str | None = None, **fields: Any) -> Json:
        """A new seller at Octopia (`channels`, `delegated`, `own_client`, `auto_accept`, `sub_state`, `skus`)."""
        body = {"marketplace": "octopia"} | fields
        return await self._call("POST", "/sellers", body | ({"seller_id": seller_id} if seller_id else {}))

    async def delegate(self, seller_id: str, delegated: bool = True) -> None:
        """A seller at Octopia lets aggregators in, or withdraws that."""
        await self._call("POST", f"/sellers/{seller_id}/delegate", {"delegated": delegated})

    async def let_in(self, seller_id: str, *client_ids: str) -> None:
        """A seller at Octopia types the client ids of those it lets in."""
        await self._call("POST", f"/sellers/{seller_id}/delegate", {"client_ids": list(client_ids)})

    async def offers(self, seller_id: str, *offers: str | Json) -> None:
        """Offers of a seller at Octopia: SKUs, or fields (README)."""
        await self._call("POST", "/offers", {"seller_id": seller_id, "offers": list(offers)})

    async def stock(self, seller_id: str, sku: str | None = None) -> dict[str, dict[str, int]]:
        """What buyers see of a seller's offers, by SKU and channel."""
        query = {"seller_id": seller_id} | ({"sku": sku} if sku else {})
        return dict((await self._call("GET", "/stock", query=query))["stock"])

    async def revoke(self, seller_id: str) -> int:
        """The seller disables the application; how many grants that ended."""
        return int((await self._call("POST", f"/sellers/{seller_id}/revoke", {}))["revoked"])

    async def orders(self, seller_id: str, count: int = 1, **fields: Any) -> list[str]:
        """Plant orders (fields: tests/sandbox/README.md) and give their ids."""
        made = await self._call("POST", "/orders", {"seller_id": seller_id, "count": count} | fields)
        return list(made["order_ids"])

    async def listings(self, seller_id: str, skus: list[str], **fields: Any) -> None:
        """List SKUs in the seller's stores, or replace them (`quantity`, `fba`, `package_weight`, …: its README)."""
        await self._call("POST", "/listings", {"seller_id": seller_id, "skus": skus} | fields)

    async def unlist(self, seller_id: str, sku: str) -> None:
        """Take a SKU away from all the seller's stores."""
        await self._call("DELETE", "/listings", query={"seller_id": seller_id, "sku": sku})

    async def order_states(self, seller_id: str | None = None) -> dict[str, Json]:
        """The truth about orders, by order id: status, lines, packages, confirmations."""
        query = {"seller_id": seller_id} if seller_id else {}
        return {order["order_id"]: order for order in (await self._call("GET", "/orders", query=query))["orders"]}

    async def patch_order(self, order_id: str, **change: Any) -> Json:
        """`cancel`, `buyer_cancel`, `ship`, `quantity`, `status`, `deliver`, `buyer`, `release` (README)."""
        return await self._call("PATCH", f"/orders/{order_id}", change)

    async def fault(self, operation: str, kind: str, times: int = 0, **fields: Any) -> Json:
        """Put a fault in force (`seller_id`, `seconds`, `datasets`); 0 times lasts until cleared."""
        return await self._call("POST", "/faults", {"operation": operation, "kind": kind, "times": times} | fields)

    async def mails(self, to: str | None = None) -> list[Json]:
        """What the mail server took, oldest first: `to`, `headers`, `text`."""
        return list((await self._call("GET", "/mails", query={"to": to} if to else None))["mails"])

    async def mail_port(self) -> int:
        return int((await self._call("GET", "/mails"))["port"])

    async def forget_mails(self) -> None:
        await self._call("DELETE", "/mails")

    async def answer_mails(self, answer: str, times: int = 1) -> None:
        """The next mails are not taken, but answered so: `451 later`, `550 nobody here`."""
        await self._call("POST", "/mails", {"answer": answer, "times": times})

    async def faults(self) -> list[Json]:
        """The faults still in force: what was used up is gone."""
        return list((await self._call("GET", "/faults"))["faults"])

    async def clear_faults(self, seller_id: str | None = None, fault_id: str | None = None) -> None:
        """Ends the faults of one seller, one fault, or all."""
        query = {"seller_id": seller_id, "fault_id": fault_id}
        await self._call("DELETE", "/faults", query={k: v for k, v in query.items() if v})

    async def calls(self, operation: str | None = None, seller_id: str | None = None) -> Json:
        """`count`, `calls` and `deviations` of an operation and a seller, or of all."""
        query = {"operation": operation, "seller_id": seller_id}
        return await self._call("GET", "/calls", query={k: v for k, v in query.items() if v})

    async def advance(self, seconds: float) -> None:
        """Turn the sandbox's clock forward."""
        await self._call("POST", "/clock", {"advance_seconds": seconds})

    async def empty(self) -> None:
        """Forget everything."""
        await self._call("DELETE", "")

    async def healthy(self) -> bool:
        """Whether it answers."""
        try:
            await self._call("GET", "/health")
        except httpx.TransportError:
            return False
        return True

    async def _call(self, method: str, path: str, body: Json | None = None, query: Json | None = None) -> Json:
        answer = await self._client.request(method, f"/control{path}", json=body, params=query)
        if answer.is_client_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        answer.raise_for_status()
        found: Json = answer.json()
        return found


@asynccontextmanager
async def start_sandbox(port: int | None = None, **options: Any) -> AsyncIterator[Sandbox]:
    """
    A sandbox process on `port` (a free one where None), ended on leaving.

    `options` are its command-line options with underscores: seed, quota_scale, list_lag_seconds, write_visible_seconds,
    patch_applied_seconds, acceptance_seconds, package_seconds, state, static_cases,
    mail_port.
    """
    port = free_port() if port is None else port
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sandbox", f"--port={port}", *flags, cwd=_ROOT
    )
    try:
        async with Sandbox(f"http://127.0.0.1:{port}") as sandbox:
            await _until_healthy(sandbox, process)
            yield sandbox
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_healthy(sandbox: Sandbox, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while not await sandbox.healthy():
            if process.returncode is not None:
                raise RuntimeError(f"the sandbox ended at its start with status {process.returncode}")
            await asyncio.sleep(0.05)
