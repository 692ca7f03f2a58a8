"""
The same faults at Octopia, where one token of ours serves all sellers, a parcel is told by a write that has no key, and
being let in is a matter of the portal.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from deploy.local.sandbox_apps import OCTOPIA
from tests.e2e import faults_of_reading as reading
from tests.e2e import faults_of_telling as telling
from tests.e2e.courses import Case, Course
from tests.e2e.faults_of_consent import a_later_probe_disturbs_nobody
from tests.e2e.scene import Scene, until
from tests.shop import label_when_known

_TOKEN = "octopia.token"
# Of a client of the seller's own.
OWN_SECRET = "of-the-sellers-own"
_LETS_NOBODY_IN = "The marketplace does not let us in."
# Younger than what a course plants otherwise: first in the list.
_YOUNG_SECONDS = 60
# What is told is shown so much later where a proof is about reading it back, or a poll might see it first.
_HIDDEN_SECONDS = 6


async def an_unreadable_record_holds_up_nobody(scene: Scene) -> None:
    """It is listed with its number; a younger order goes its way meanwhile."""
    await scene.fault("listOrders", "malformed_record")
    (stuck,) = await scene.plant()

    async def parked() -> bool:
        items = (await scene.shop.get("/api/orders/v1/unreadable"))["items"]
        return [item["marketplace_order_id"] for item in items] == [stuck]

    await until(parked, "the record is parked")
    await scene.all_confirmed(await scene.plant(age_seconds=_YOUNG_SECONDS))
    await reading.it_is_listed_until_it_can_be_read(scene, stuck)


async def a_clock_that_is_off_disturbs_nobody(scene: Scene) -> None:
    """Its dates bound no question of ours: what is late or early, windows cover by their overlap."""
    await scene.fault("listOrders", "clock_skew", times=1, seconds=-400)
    numbers = await scene.plant(2)

    async def used_up() -> bool:
        return not [one for one in await scene.shop.sandbox.faults() if one["seller_id"] == scene.shop.seller_id]

    await until(used_up, "an answer has another clock's date")
    await scene.all_confirmed(numbers)


async def what_its_state_forbids_is_refused_and_told_later(scene: Scene) -> None:
    """Octopia checks the order again just then: refused, a person sees why; tried again later, it is told once."""
    await scene.shop.label_automatically("manual")
    (number,) = await scene.plant()

    async def planned() -> bool:
        return (await scene.shipment(number)).get("reason") == "channel_manual"

    await until(planned, "the parcel waits for a person")
    await scene.fault("listOrders", "server_error")
    await scene.shop.sandbox.patch_order(number, status="Accepted")
    shipment = f"/api/labels/v1/shipments/{(await scene.shipment(number))['id']}"
    await scene.shop.send("POST", f"{shipment}/label")
    await scene.telling_waits(number, {"refused"}, "marketplace_refused", "Octopia is still checking the order.")
    await scene.shop.sandbox.patch_order(number, release=True)
    await scene.shop.send("POST", f"{shipment}/retry")
    await scene.mend()
    await scene.all_confirmed([number])
    await scene.shop.label_automatically()


async def a_refusal_of_one_call_is_asked_about(scene: Scene, *, operation: str) -> None:
    """403 says that the seller took the access back; the probe shows otherwise, and the work goes on."""
    await telling.one_fault_passes(scene, operation=operation, kind="revoked_grant")
    assert (await scene.shop.connection())["consent_version"] == 1


@asynccontextmanager
async def tokens_fail(scene: Scene, kind: str) -> AsyncIterator[None]:
    """Nobody gets a new token of ours, and this seller's calls need one; in the end both are well."""
    fault = await scene.shop.sandbox.fault(_TOKEN, kind)
    try:
        await scene.fault("listOrders", "token_rejected")
        yield
    finally:
        await scene.mend()
        await scene.shop.sandbox.clear_faults(fault_id=fault["fault_id"])


async def a_shared_renewal_waits_and_goes_on(scene: Scene, *, kind: str, code: str, sentence: str) -> None:
    """No token can be had: reading waits for it and says why; no seller's access is doubted."""
    async with tokens_fail(scene, kind):
        await scene.tokens_may_be_asked_for()
        (number,) = await scene.plant()
        await scene.reading_waits(code, sentence)
        connection = await scene.shop.connection()
        assert (connection["state"], connection["consent_version"]) == ("authorised", 1)
    await scene.tokens_may_be_asked_for()
    await scene.all_confirmed([number])


async def a_claim_is_not_proven_by_silence(scene: Scene) -> None:
    """Let in while Octopia did not answer: nothing shows that the claim came first. Taken back and given, it does."""
    sandbox, seller = scene.shop.sandbox, scene.shop.seller_id
    await scene.fault("getSeller", "server_error")
    claimed = await scene.shop.claim()
    await sandbox.delegate(seller)
    await scene.mend()
    check = f"/api/auth/v1/connections/{claimed['id']}/check"

    async def asked_since(probed_at: str | None) -> bool:
        return bool((await scene.shop.send("POST", check))["probed_at"] != probed_at)

    await until(partial(asked_since, None), "Octopia answers who the seller is")
    await scene.connection_is("unproven", "Nothing shows yet that this account is yours.")
    await sandbox.delegate(seller, delegated=False)
    let_in_at = (await scene.shop.connection())["probed_at"]
    await until(partial(asked_since, let_in_at), "Octopia refuses us")
    await scene.shop.delegate()
    await label_when_known(scene.shop)
    await scene.all_confirmed(await scene.plant())


async def own_credentials_prove_as_soon_as_they_are_answered(scene: Scene, *, kind: str, said: str) -> None:
    """Asked for a token of the seller's own, Octopia fails: said so, nothing is read; the same again proves."""
    own = {"client_id": f"own-{scene.shop.seller_id}", "client_secret": OWN_SECRET}
    seller = scene.shop.seller_id
    await scene.shop.sandbox.octopia_seller(seller, delegated=True, own_client=own)
    claimed = await scene.shop.claim()
    page = await scene.shop.browser.open(f"/connections/{claimed['id']}")
    form = page.form("client_id", "client_secret", action="/proof")
    await scene.fault("token", kind, times=1)

    async def failed() -> bool:
        """A try meets the fault, and not only a probe of ours that is under way or a fault of everybody's token."""
        answer = await scene.shop.browser.submit(page, form, **own)
        return said in answer.text and kind in [call["fault"] for call in await scene.calls("token")]

    async def proven() -> bool:
        await scene.shop.browser.submit(page, form, **own)
        return bool((await scene.shop.connection())["state"] != "unproven")

    await until(failed, f"the page says {said!r}")
    scene.saw("page of the connection", said)
    assert (await scene.shop.connection())["state"] == "unproven"
    await until(proven, "the same credentials prove it")
    await scene.connection_is("authorised", "Authorised")
    await label_when_known(scene.shop)
    await scene.all_confirmed(await scene.plant())


def _course(cases: Sequence[Case], *, connected: bool = True, shared: bool = False) -> Course:
    named = [Case(f"octopia.{case.operation}", case.kind, case.proof) for case in cases]
    return Course(named, connected=connected, marketplace=OCTOPIA, shared=shared)


def _reading_waits(kind: str, code: str, sentence: str) -> Case:
    proof = partial(reading.reading_waits_and_goes_on, kind=kind, code=code, sentence=sentence)
    return Case("listOrders", kind, proof)


def _telling_waits(kind: str, states: set[str], reason: str | None, sentence: str) -> Case:
    proof = partial(telling.telling_waits_and_goes_on, kind=kind, states=states, reason=reason, sentence=sentence)
    return Case("createShipments", kind, proof)


def _read_back(kind: str) -> Case:
    return Case(
        "getOrder", kind, partial(telling.reading_back_waits_and_goes_on, kind=kind, hidden_seconds=_HIDDEN_SECONDS)
    )


def _read_back_once(kind: str) -> Case:
    proof = partial(telling.one_fault_passes, operation="getOrder", kind=kind, hidden_seconds=_HIDDEN_SECONDS)
    return Case("getOrder", kind, proof)


def _passes(operation: str, kind: str, seconds: float | None = None) -> Case:
    proof = partial(telling.one_fault_passes, operation=operation, kind=kind, seconds=seconds)
    return Case(operation, kind, proof)


def _asked_about(operation: str) -> Case:
    return Case(operation, "revoked_grant", partial(a_refusal_of_one_call_is_asked_about, operation=operation))


def _probed_later(operation: str, kind: str) -> Case:
    return Case(operation, kind, partial(a_later_probe_disturbs_nobody, operation=operation, kind=kind))


def _no_token(kind: str, code: str, sentence: str) -> Case:
    return Case("token", kind, partial(a_shared_renewal_waits_and_goes_on, kind=kind, code=code, sentence=sentence))


def _proven(kind: str, said: str) -> Course:
    proof = partial(own_credentials_prove_as_soon_as_they_are_answered, kind=kind, said=said)
    return _course([Case("proof", kind, proof)], connected=False)


_AWAY = ("unavailable", "the marketplace does not answer")
_SLOWER = ("throttled", "the marketplace asks us to slow down")
_UNSURE = ({"sent"}, "outcome_unknown", telling.NO_ANSWER)
COURSES = [
    _course([
        _reading_waits("throttle", *_SLOWER),
        _reading_waits("server_error", *_AWAY),
        _reading_waits("html_502", *_AWAY),
        Case("listOrders", "slow", reading.a_slow_answer_only_takes_longer),
    ]),
    _course([
        # First: the fault keeps back any order that was not kept back before.
        Case("listOrders", "late_order", reading.an_order_that_lists_show_late_is_found),
        _passes("listOrders", "token_rejected"),
    ]),
    _course([
        Case("listOrders", "malformed_record", an_unreadable_record_holds_up_nobody),
    ]),
    _course([
        _reading_waits("timeout", *_AWAY),
        Case("listOrders", "clock_skew", a_clock_that_is_off_disturbs_nobody),
        Case("listOrders", "revoked_grant", partial(
            reading.a_withdrawn_consent_stops_everything_until_it_is_renewed,
            state="waiting",
            sentence=_LETS_NOBODY_IN,
        )),
    ]),
    _course([
        _telling_waits("throttle", {"owed"}, None, telling.OWED),
        _telling_waits("server_error", *_UNSURE),
        _passes("createShipments", "timeout_after_effect", seconds=3),
        _asked_about("createShipments"),
    ]),
    _course([
        Case("createShipments", "dropped_204", telling.a_yes_that_recorded_nothing_is_found_and_repeated),
        Case("createShipments", "late_visibility", partial(telling.what_shows_late_is_waited_for, seconds=8)),
        Case("createShipments", "refused", what_its_state_forbids_is_refused_and_told_later),
    ]),
    _course([
        _read_back("throttle"),
        _read_back("server_error"),
        _read_back_once("malformed_record"),
        _passes("countOrders", "malformed_record"),
    ]),
    _course([
        _no_token("throttle", *_SLOWER),
        _no_token("server_error", *_AWAY),
        _no_token("malformed_record", *_AWAY),
        _no_token("expired_secret", "client_secret_invalid", "an operator was told"),
    ], shared=True),
    _course([
        Case("getSeller", "server_error", a_claim_is_not_proven_by_silence),
        _probed_later("getSeller", "token_rejected"),
        _probed_later("getSubscriptions", "malformed_record"),
    ], connected=False),
    _proven("server_error", "The marketplace does not answer just now."),
    _proven("expired_secret", "does not open this seller account with these credentials"),
]  # fmt: skip
