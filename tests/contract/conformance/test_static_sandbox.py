"""
Our client against the sandbox's static mode, over HTTP: the client asks, the case's answer comes, we read it.

Seen red with includedData joined otherwise: the sandbox finds no case for it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.conformance.cases import Case, load
from tests.conformance.client import REGIONS, Client
from tests.conformance.run import Result, operation_of, run, run_case
from tests.contract.conformance.made import one_of_each, write
from tests.contract.sandbox.far import APPLICATION, CLIENT_ID, SECRET, SELLER
from tests.contract.sandbox.specs import sandbox_cases
from tests.sandbox_client import Sandbox, start_sandbox


class Static:
    """A sandbox in static mode, with a seller in every region."""

    def __init__(self, sandbox: Sandbox, tokens: dict[str, str]) -> None:
        self.sandbox = sandbox
        self.tokens = tokens

    async def ask(self, case: Case) -> Result:
        """What becomes of a case when our client asks for it here."""
        operation = operation_of(case)
        assert operation is not None
        client = Client(httpx.AsyncHTTPTransport(), f"{self.sandbox.base_url}/amazon", self.tokens)
        try:
            return await run_case(case, operation, client)
        finally:
            await client.close()


@asynccontextmanager
async def static(file: Path) -> AsyncIterator[Static]:
    async with start_sandbox(static_cases=file, quota_scale=100) as sandbox:
        await sandbox.app(APPLICATION, CLIENT_ID, [SECRET], redirect_uris=["http://127.0.0.1:8080/callback"])
        tokens = {}
        for region in REGIONS:
            made = await sandbox.seller(SELLER, region=region)
            tokens[region] = await _access_token(sandbox, made["refresh_token"])
        yield Static(sandbox, tokens)


async def _access_token(sandbox: Sandbox, refresh_token: str) -> str:
    form = {
        "grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": CLIENT_ID, "client_secret": SECRET
    }  # fmt: skip
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{sandbox.base_url}/amazon/lwa/auth/o2/token", data=form)
    return str(answer.json()["access_token"])


async def test_our_client_gets_each_answer(tmp_path: Path) -> None:
    """Each request fits its own case and no other, each answer is read whole; nothing of ours was odd."""
    cases = load(write(tmp_path / "cases.jsonl", *one_of_each()))
    async with static(tmp_path / "cases.jsonl") as far:
        results = [await far.ask(case) for case in cases]
        calls = await far.sandbox.calls()
    assert [(one.case.operation, one.differences, one.unsaid) for one in results if one.differences or one.unsaid] == []
    assert calls["deviations"] == []


async def test_official_cases_are_answered() -> None:
    """Every official case whose request our client builds."""
    cases = load(sandbox_cases())
    asked = [one.case for one in await run(cases) if not one.unsaid]
    async with static(sandbox_cases()) as far:
        results = [await far.ask(case) for case in asked]
        calls = await far.sandbox.calls()
    assert {case.operation for case in asked} == {case.operation for case in cases if operation_of(case)} - {
        "confirmShipment"  # the one case tells what the product does not know of a parcel
    }
    assert [(one.case.number, one.differences) for one in results if one.differences] == []
    assert calls["deviations"] == []
