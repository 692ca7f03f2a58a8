"""`python-amazon-sp-api`, unchanged but for hosts, in both its kinds, as a client of the sandbox's sellers."""

import asyncio
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tests.contract.sandbox.strangers import FRANCE, Account


class Blocking:
    """Its first kind: calls block, and are made in threads."""

    package = "sp_api"

    async def call(self, function: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        return await asyncio.to_thread(function, *args, **fields)

    async def all_of(self, pages: Any) -> list[Any]:
        return await asyncio.to_thread(list, pages)

    async def close(self, opened: Any) -> None:
        """Its token client has no `close` and would leave its connection to the garbage collector."""
        opened._transport.close()


class Awaiting:
    """Its second kind: calls are awaited."""

    package = "sp_api.asyncio"

    async def call(self, function: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        return await function(*args, **fields)

    async def all_of(self, pages: Any) -> list[Any]:
        return [page async for page in pages]

    async def close(self, opened: Any) -> None:
        await opened.aclose()


Kind = Blocking | Awaiting


@dataclass
class Stranger:
    """Makes the library's clients of one kind, and closes them."""

    kind: Kind
    opened: list[Any] = field(default_factory=list)

    def client(self, name: str, account: Account, **fields: Any) -> Any:
        """The library's client of an API as a seller in France."""
        api = importlib.import_module(f"{self.kind.package}.api")
        credentials = {"lwa_app_id": account.client_id, "lwa_client_secret": account.secret}
        made = getattr(api, name)(
            SimpleNamespace(endpoint=f"{account.base_url}/amazon/eu", marketplace_id=FRANCE, region="eu-west-1"),
            refresh_token=account.refresh_token,
            credentials=credentials,
            auth_token_client_class=lambda **given: self.token_client(account, **given),
            **fields,
        )
        self.opened.append(made)
        return made

    def token_client(self, account: Account, **given: Any) -> Any:
        """The library's client of the token endpoint, whose host is an attribute of its class."""
        auth = importlib.import_module(f"{self.kind.package}.auth")
        hosts = {"scheme": "http://", "host": account.base_url.removeprefix("http://")}
        made = type("Tokens", (auth.AccessTokenClient,), hosts | {"path": "/amazon/lwa/auth/o2/token"})(**given)
        self.opened.append(made)
        return made

    def tokens(self, account: Account) -> Any:
        """A client of the token endpoint alone."""
        credentials = SimpleNamespace(lwa_app_id=account.client_id, lwa_client_secret=account.secret)
        return self.token_client(account, refresh_token=account.refresh_token, credentials=credentials)

    async def all_pages(self, function: Callable[..., Any], **question: Any) -> list[Any]:
        """As the library itself walks through pages."""
        util = importlib.import_module(f"{self.kind.package}.util")
        walk = util.load_all_pages(throttle_by_seconds=0, next_token_param="paginationToken")
        return await self.kind.all_of(walk(function)(**question))

    async def call(self, function: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        return await self.kind.call(function, *args, **fields)

    async def refusal(self, function: Callable[..., Any], *args: Any, **fields: Any) -> tuple[int, str, str]:
        """Status, code and details of the exception a call raises."""
        base = importlib.import_module("sp_api.base")
        with pytest.raises(base.SellingApiException) as caught:
            await self.call(function, *args, **fields)
        [error] = caught.value.error
        return caught.value.code, error["code"], error["details"]

    async def close(self) -> None:
        for each in self.opened:
            await self.kind.close(each)
