"""
Another organisation's ids wherever an id may stand but in a path: query parameters and bodies as the documents have
them, fields of forms as the owner's pages have them.

Whoever asks has something of everything too. A foreign id is answered as one that never was, an error names its field,
a filter by it finds nothing; no answer has more of the owner than was sent, and what the owner sees stays as it was.

Seen red with an organisation left out of a filter, of a cursor's page, of what a batch locks, of the rows a list of
listings changes, and of a form's connection.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.doors.knocking import Findings
from tests.doors.pages import PageForm, forms_of
from tests.doors.places import Place, filled
from tests.shop import Shop

Ids = tuple[dict[str, str], ...]
ASKER = "another organisation, by an id"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


@dataclass(frozen=True)
class Foreign:
    """
    `asker`'s browser asks, with `own` ids in paths. `sent`: the owner's ids; `channels`: as filters name them, with
    their connection; `theirs`: all ids that the owner sees.
    """

    asker: Shop
    own: Mapping[str, str]
    sent: frozenset[str]
    channels: frozenset[str]
    theirs: frozenset[str]
    findings: Findings

    async def try_place(self, place: Place, cursor: str | None) -> None:
        """Each of the owner's ids there, and one that never was; and where the owner's list goes on."""
        unknown = await self._ask(place, str(uuid4()))
        for value in sorted(self.sent):
            answer = await self._ask(place, value)
            unlike = [] if place.is_cursor else _unlike(answer, unknown)  # of anything, a place in one's own list
            self._note(str(place), answer, [*self._of_answer(place, answer, value), *unlike])
        for value in [*sorted(self.channels if place.is_text else ()), *([cursor] if cursor else [])]:
            answer = await self._ask(place, value)
            self._note(str(place), answer, list(self._of_answer(place, answer, value)))

    async def try_form(self, form: PageForm) -> None:
        """As its owner's page has it, but for the token; then with ids that never were."""
        ids = sorted(set(_UUID.findall(json.dumps(form.fields))))
        answer = await self._submit(form, {})
        unknown = await self._submit(form, {each: str(uuid4()) for each in ids})
        wrong = [f"shows {len(more)} of the owner's ids" for more in [self.theirs & _ids_in(answer) - set(ids)] if more]
        wrong += [f"{answer.status_code} instead of {unknown.status_code}"] * (
            answer.status_code != unknown.status_code
        )
        self._note(f"POST {form.action}", answer, wrong)

    async def _ask(self, place: Place, value: str) -> httpx.Response:
        headers = {"x-csrf-token": self.asker.csrf_token, "accept": "application/json"}
        sent: dict[str, Any] = (
            {"params": {place.name: value}} if place.part == "query" else {"json": filled(place, value)}
        )
        path = re.sub(r"{(\w+)}", lambda found: self.own.get(found[1], str(uuid4())), place.path)
        return await self._send(place.method, path, headers=headers, **sent)

    async def _submit(self, form: PageForm, instead: Mapping[str, str]) -> httpx.Response:
        fields = {
            name: [instead.get(value, value) for value in values]
            for name, values in (form.fields | {"csrf_token": [self.asker.csrf_token]}).items()
        }
        return await self._send("POST", form.action, headers={"accept": "text/html"}, data=fields)

    async def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        self.findings.requests += 1
        client: httpx.AsyncClient = self.asker.browser._client
        return await client.request(method, self.asker.browser._origin + path, **sent)

    def _of_answer(self, place: Place, answer: httpx.Response, value: str) -> Iterator[str]:
        if more := self.theirs & _ids_in(answer) - set(_UUID.findall(value)):
            yield f"shows {len(more)} of the owner's ids"
        if answer.status_code >= 400:
            yield from ["the error repeats the id"] if value in answer.text else []
            if answer.status_code not in {404, 422}:
                yield f"{answer.status_code} instead of 404 or 422"
            elif answer.status_code == 422 and place.name not in _fields(answer):
                yield "the error names another field"
        elif place.filters and answer.json()["items"]:
            yield "a filter by it finds something"

    def _note(self, where: str, answer: httpx.Response, wrong: list[str]) -> None:
        self.findings.statuses[ASKER, answer.status_code] += 1
        for what in wrong:
            key = (where, ASKER, what)
            self.findings.broken[key] += 1
            self.findings.examples.setdefault(key, f"{answer.request.url}\n    -> {answer.text[:500]}")


async def try_foreign(places: list[Place], owner: Shop, owned: Ids, asker: Shop, own: Ids, findings: Findings) -> None:
    """
    All places, then all forms of the owner's pages with an id in a field. `owned`, `own`: ids of owner and asker, by
    their names.
    """
    own = ({**own[0], "shipment_id": await _planned(asker)},)
    before = await _settled(owner, places)
    forms = [form for form in await forms_of(owner.browser) if _UUID.search(json.dumps(form.fields))]
    assert len(forms) >= 3, "the owner's pages have forms with ids"
    theirs = frozenset(_UUID.findall(json.dumps(before))) - set(_UUID.findall(json.dumps(await _seen(asker, before))))
    sent = frozenset(value for ids in owned for value in ids.values() if _UUID.fullmatch(value))
    channels = frozenset(f"{ids['connection_id']}:{ids['channel_id']}" for ids in owned)
    foreign = Foreign(asker, own[0], sent, channels, theirs | sent, findings)
    for place in places:
        listed = await owner.get(f"{place.path}?limit=1") if place.is_cursor and "{" not in place.path else {}
        await foreign.try_place(place, listed.get("next_cursor"))
    for form in forms:
        await foreign.try_form(form)
    after = await _seen(owner, before)
    for path in [path for path in before if before[path] != after[path]]:
        findings.broken[path, ASKER, "the owner sees something else afterwards"] += 1
        findings.examples[path, ASKER, "the owner sees something else afterwards"] = str(after[path])[:500]


async def _planned(shop: Shop) -> str:
    """A parcel that waits for its label."""
    await shop.label_automatically("manual")
    (number,) = await shop.plant(1, lines=[{"sku": "SKU-001", "quantity": 1}])
    async with asyncio.timeout(60):
        while True:
            order = (await shop.orders()).get(number, {})
            if found := [one for one in await shop.shipments() if one["order_id"] == order.get("id")]:
                return str(found[0]["id"])
            await asyncio.sleep(0.3)


async def _settled(shop: Shop, places: list[Place]) -> dict[str, Any]:
    """What this organisation's lists show, once they change no more."""
    lists = {place.path: None for place in places if place.method == "GET" and "{" not in place.path}
    lists |= dict.fromkeys(("/api/orders/v1/acceptance-modes", "/api/labels/v1/channels", "/api/labels/v1/batches"))
    before: dict[str, Any] = {}
    async with asyncio.timeout(60):
        while (now := await _seen(shop, lists)) != before:
            before = now
            await asyncio.sleep(4)
    return before


async def _seen(shop: Shop, paths: Mapping[str, Any]) -> dict[str, Any]:
    """What this organisation is answered there, without times."""
    return {path: json.loads(_TIME.sub("time", json.dumps(await shop.get(path)))) for path in paths}


def _unlike(answer: httpx.Response, unknown: httpx.Response) -> list[str]:
    same = answer.status_code == unknown.status_code and _without_ids(answer) == _without_ids(unknown)
    return [] if same else ["answered otherwise than an id that never was"]


def _without_ids(answer: httpx.Response) -> str:
    return _TIME.sub("time", _UUID.sub("id", answer.text))


def _ids_in(answer: httpx.Response) -> set[str]:
    return set(_UUID.findall(answer.text))


def _fields(answer: httpx.Response) -> str:
    return " ".join(error["field"] for error in answer.json().get("errors", []))
