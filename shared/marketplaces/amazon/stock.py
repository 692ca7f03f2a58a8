"""
Telling a store how many are left: patchListingsItem, read back by searchListingsItems (Listings Items API v2021-08-01).

Calls per quantity, which is what the budget allows (5 patches a second per seller and region):

* one at a time: check, patch, read back = 3; getListingsItem (5 a second) is the narrowest: 2.5 quantities a second
* twenty at a time: a check and a reading for all, a patch each = 1.1; patches are: 5 quantities a second

A patch is absolute, so it is told again after an unknown outcome. It is a `merge`: `replace` drops the handling time,
and adds a second warehouse where the selector fits none (selling-partner-api-models#4406, -docs#1714, -docs#2395).
"""

from collections.abc import Iterator, Sequence
from itertools import repeat

from shared.http.messages import Answer
from shared.kernel.budgets import Budgets
from shared.kernel.errors import Unreadable
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.amazon.issues import patch_refusal
from shared.marketplaces.amazon.items import parse_item, parse_records
from shared.marketplaces.amazon.listing_calls import MOST_ON_A_PAGE, Search, patch_quantity, read_listing
from shared.marketplaces.amazon.operations import READ_STOCK
from shared.marketplaces.amazon.submission import (
    LISTING_UNKNOWN,
    LISTING_UNREADABLE,
    Found,
    Line,
    Submission,
    given_up,
)
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.fields import BadField, load_object
from shared.marketplaces.listings import StockLimits, StockLine, StockOutcome, StockStep
from shared.marketplaces.ports import FarAccount, FrozenBody

# Twenty: what one search takes. Open at once: twice what keeps the patch budget busy while others wait to be read back;
# more would only freeze quantities long before they are told.
LIMITS = StockLimits(lines=MOST_ON_A_PAGE, open_at_once=20, shared=False)
# Accepted is not applied: seen after seconds, and after minutes (issue selling-partner-api-docs#2167); eight are given.
# What changes meanwhile is told at the next reading, so the next one is never far: twenty open submissions cost two
# searches a second at most, of five.
READ_AFTER_SECONDS = (5.0, 5.0, *repeat(10.0, 7), *repeat(20.0, 20))
_SHOWS = ("fulfillmentAvailability",)


class AmazonStock:
    """See `shared.marketplaces.ports.StockPort`. `read_after_seconds`: the wait before each reading back."""

    def __init__(self, spapi: Spapi, *, read_after_seconds: Sequence[float] = READ_AFTER_SECONDS) -> None:
        self._spapi = spapi
        self._read_after_seconds = read_after_seconds

    @property
    def limits(self) -> StockLimits:
        return LIMITS

    def begin(self, channel_id: str, lines: tuple[StockLine, ...]) -> FrozenBody:
        return Submission.of(channel_id, lines).dump()

    async def advance(
        self, account: FarAccount, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> StockStep:
        submission = Submission.load(intent.value)
        if submission.step == "patch":
            call = _patch(account, submission, intent.send_before_monotonic)
            answer = await self._spapi.call(account, call, token, budgets)
            return self._step(*submission.patched(patch_refusal(submission.lines[0].sku, answer)))
        asked = submission.asked_next
        if asked[0].alone:
            answer = await self._spapi.call(account, _one(account, submission, asked[0]), token, budgets)
            found = {asked[0].sku: _found(answer, submission.channel_id)}
        else:
            answer = await self._spapi.call(account, _many(account, submission, asked), token, budgets)
            found = dict(_all_found(answer, submission.channel_id))
        return self._step(*submission.read(found))

    def _step(self, now: Submission, outcomes: tuple[StockOutcome, ...]) -> StockStep:
        """On to the next line, the next step or the next round; the end where no line is left."""
        if now.lines:
            return StockStep(now.dump(), 0.0, outcomes)
        rounds = now.rounds + 1 if now.step == "read" else 0
        if not now.done or rounds == len(self._read_after_seconds):
            return StockStep(None, 0.0, (*outcomes, *map(given_up, now.done)))
        if now.step == "check":
            return StockStep(Submission(now.channel_id, "patch", now.done).dump(), 0.0, outcomes)
        again = Submission(now.channel_id, "read", now.done, rounds=rounds)
        return StockStep(again.dump(), self._read_after_seconds[rounds], outcomes, replaceable=rounds > 0)


def _patch(account: FarAccount, submission: Submission, send_before_monotonic: float) -> Call:
    line, stores = submission.lines[0], (submission.channel_id,)
    return patch_quantity(account.seller_id, line.sku, stores, line.product_type, line.quantity, send_before_monotonic)


def _one(account: FarAccount, submission: Submission, line: Line) -> Call:
    return read_listing(account.seller_id, line.sku, (submission.channel_id,), _SHOWS)


def _many(account: FarAccount, submission: Submission, lines: Sequence[Line]) -> Call:
    search = Search(stores=(submission.channel_id,), data=_SHOWS, skus=[line.sku for line in lines])
    return search.call(READ_STOCK, account.seller_id)


def _found(answer: Answer, channel_id: str) -> Found:
    """One listing, or why there is none. Raises what no single listing is to blame for."""
    if answer.status == 404:
        return LISTING_UNKNOWN
    if answer.status == 403:
        raise refusal(answer)
    try:
        return parse_item(load_object(answer.body), channel_id) if answer.status == 200 else LISTING_UNREADABLE
    except (Unreadable, BadField):
        return LISTING_UNREADABLE


def _all_found(answer: Answer, channel_id: str) -> Iterator[tuple[str, Found]]:
    """
    The listings that were found and could be read.

    The others are asked for one by one: not found by a search is not yet gone, and one refused SKU spoils the search.
    """
    if answer.status == 403:
        raise refusal(answer)
    if answer.status != 200:
        return
    try:
        listings, _ = parse_records(load_object(answer.body), channel_id)
    except (Unreadable, BadField):
        return
    yield from ((listing.sku, listing) for listing in listings)
