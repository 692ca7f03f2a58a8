"""
The calls of an offer package, each with what its answer means. All of them name the channel in a header: creating needs
it, and others were seen to be refused without it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import Refused, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.fields import Json, load, load_object, parts, text
from shared.marketplaces.octopia.operations import (
    CREATE_OFFER_PACKAGE,
    GET_OFFER_PACKAGE,
    GET_OFFER_RESULTS,
    LIST_OFFER_PACKAGES,
    SUBMIT_OFFER_PACKAGE,
    UPLOAD_OFFER_REQUESTS,
)
from shared.marketplaces.octopia.wire import Call, OctopiaApi, next_cursor, refusal, said
from shared.marketplaces.ports import FarAccount

OPEN = "WaitingForCompletion"
_PATH = "/offer-packages"
_RESULTS_LIMIT = 1000
_NOT_NOW = re.compile(r"state|status|waiting ?for ?completion|already|open package|in progress")


class PackageGone(Exception):
    """There is no such package (any more)."""


@dataclass(frozen=True, slots=True)
class Packages:
    """A channel's packages, within one turn."""

    api: OctopiaApi
    account: FarAccount
    channel: str
    token: AccessToken
    budgets: Budgets
    send_before_monotonic: float

    async def find_open(self) -> str | None:
        """The id of a package that waits to be filled or made ready; None: there is none, or it cannot be read."""
        params = (("state", OPEN), ("salesChannelId", self.channel))
        answer = await self._ask(LIST_OFFER_PACKAGES, "GET", _PATH, params=params)
        if answer.status != 200:
            raise refusal(answer)
        try:
            told = load(answer.body)
        except Unreadable:
            return None  # if there is one, none can be made beside it
        rows = parts(told if isinstance(told, dict) else {"items": told}, "items")
        return next((found for row in rows if self._is_open(row) and (found := _id(row))), None)

    async def create(self) -> str | None:
        """The new package's id; None: there is an open one already, or its id was not told."""
        answer = await self._ask(CREATE_OFFER_PACKAGE, "POST", _PATH, {"packageType": "Update"})
        if answer.status < 300:
            return _named_by(answer)
        if _not_now(answer):
            return None
        raise refusal(answer)

    async def fill(self, package: str, lines: Sequence[tuple[str, int]]) -> bool:
        """False: not taken now. Raises PackageGone, Refused (what the lines say)."""
        body = [{"sellerExternalReference": sku, "quantity": quantity} for sku, quantity in lines]
        answer = await self._ask(UPLOAD_OFFER_REQUESTS, "POST", f"{_of(package)}/offer-requests", body)
        if answer.status == 404:
            raise PackageGone
        if answer.status >= 300 and not _not_now(answer):
            raise Refused("Octopia refused the quantities as a whole.", code="lines_refused")
        return answer.status < 300

    async def make_ready(self, package: str) -> bool:
        """False: not from the state it is in. Raises PackageGone."""
        answer = await self._ask(SUBMIT_OFFER_PACKAGE, "PATCH", _of(package), {"state": "Ready"})
        if answer.status == 404:
            raise PackageGone
        return answer.status < 300

    async def state(self, package: str) -> str:
        """Octopia's word, lower case; empty where it cannot be read. Raises PackageGone."""
        answer = await self._ask(GET_OFFER_PACKAGE, "GET", _of(package))
        if answer.status == 404:
            raise PackageGone
        if answer.status != 200:
            raise refusal(answer)
        try:
            return (text(load_object(answer.body), "state") or "").lower()
        except Unreadable:
            return ""

    async def results(self, package: str, cursor: str | None) -> tuple[list[Json], str | None]:
        """
        A page of results, and the cursor of the next one.

        Raises Unreadable, and PackageGone: they are kept for three days.
        """
        params = [("limit", str(_RESULTS_LIMIT)), *([("cursor", cursor)] if cursor else [])]
        answer = await self._ask(GET_OFFER_RESULTS, "GET", f"{_of(package)}/offer-requests-results", params=params)
        if answer.status == 404:
            raise PackageGone
        if answer.status != 200:
            raise refusal(answer)
        body = load_object(answer.body)
        if not isinstance(body.get("items"), list):
            raise Unreadable("The answer holds no list of results.", code="no_results", raw=answer.body)
        following = next_cursor(answer)
        return list(parts(body, "items")), following if following != cursor else None

    def _is_open(self, row: Json) -> bool:
        """The list was asked for open ones of this channel; a row that says otherwise is passed over."""
        return text(row, "state") in (None, OPEN) and text(row, "salesChannelId") in (None, self.channel)

    async def _ask(
        self,
        operation: str,
        method: Literal["GET", "POST", "PATCH"],
        path: str,
        body: Any = None,
        *,
        params: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        writes = method != "GET"
        call = Call(
            operation,
            method,
            path,
            params,
            headers={"SalesChannelId": self.channel},
            body=json.dumps(body).encode() if writes else None,
            send_before_monotonic=self.send_before_monotonic if writes else None,
        )
        return await self.api.call(self.account, call, self.token, self.budgets)


def _of(package: str) -> str:
    return f"{_PATH}/{quote(package, safe='')}"


def _id(row: Mapping[str, Any]) -> str | None:
    told = row.get("packageId", row.get("id"))
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) and told else None


def _named_by(answer: Answer) -> str | None:
    """The last segment of `Content-Location`; the body is empty."""
    place = answer.headers.get("content-location") or answer.headers.get("location") or ""
    try:
        path = urlsplit(place).path
    except ValueError:
        return None
    return path.rstrip("/").rpartition("/")[2] or None


def _not_now(answer: Answer) -> bool:
    """Refused for the state something is in, not for what was said."""
    return answer.status == 409 or (answer.status in (400, 422) and _NOT_NOW.search(said(answer)) is not None)
