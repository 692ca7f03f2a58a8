"""
Faults while a seller's yes to an order that waits for it is sent: the order's page says what is known, the marketplace
is answered once, and the order goes its way.
"""

from functools import partial

from deploy.local.browser import Unexpected
from deploy.local.sandbox_apps import OCTOPIA
from tests.e2e.courses import Case, Course
from tests.e2e.scene import Scene, until
from tests.shop import Json

_WRITE = "approveOrder"


async def accepted_by_hand(scene: Scene) -> str:
    """A new order, accepted here as soon as it is read; its number."""
    (number,) = await scene.plant(status="WaitingAcceptance")

    async def taken() -> bool:
        order = (await scene.shop.orders()).get(number)
        if order is None:
            return False
        try:
            await scene.shop.send("POST", f"/api/orders/v1/orders/{order['id']}/acceptance", {"accept": True})
        except Unexpected as error:
            if error.status != 409:
                raise
            return False
        return True

    await until(taken, f"{number} can be accepted")
    return number


async def answered_once(scene: Scene, number: str) -> None:
    """Over there one answer and one parcel had an effect; here the answer is known."""
    await scene.shipped(number)
    assert (await scene.shop.sandbox.order_states(scene.shop.seller_id))[number]["confirmations"] == 2

    async def known() -> bool:
        return bool((await answer_to(scene, number))["state"] == "answered")

    await until(known, f"the answer to {number} is known")


async def answer_to(scene: Scene, number: str) -> Json:
    """What our API says of the answer to this order."""
    order_id = (await scene.shop.orders())[number]["id"]
    return dict((await scene.shop.get(f"/api/orders/v1/orders/{order_id}"))["acceptance"])


async def answering_waits_and_goes_on(scene: Scene, *, kind: str, state: str, sentence: str) -> None:
    """As long as it lasts the answer is in this state, and the order's page says so."""
    await scene.fault(_WRITE, kind)
    number = await accepted_by_hand(scene)
    order_id = (await scene.shop.orders())[number]["id"]

    async def says() -> bool:
        there = (await answer_to(scene, number))["state"] == state
        return there and sentence in await scene.page(f"/orders/{order_id}")

    await until(says, f"the answer to {number} is {state}, the page says {sentence!r}")
    scene.saw(f"answer *{state}*", sentence)
    await scene.struck(_WRITE, kind)
    await scene.mend()
    await answered_once(scene, number)


async def one_fault_passes(scene: Scene, *, kind: str, seconds: float | None) -> None:
    """It strikes once; the same is sent again where it had no effect, and changes nothing where it had."""
    await scene.fault(_WRITE, kind, times=1, seconds=seconds)
    number = await accepted_by_hand(scene)
    await scene.struck(_WRITE, kind)
    await answered_once(scene, number)


def _waits(kind: str, state: str, sentence: str) -> Case:
    proof = partial(answering_waits_and_goes_on, kind=kind, state=state, sentence=sentence)
    return Case(f"{OCTOPIA}.{_WRITE}", kind, proof)


def _passes(kind: str, seconds: float | None = None) -> Case:
    return Case(f"{OCTOPIA}.{_WRITE}", kind, partial(one_fault_passes, kind=kind, seconds=seconds))


COURSES = [
    Course(
        [
            _waits("throttle", "owed", "Your answer is about to be sent to the marketplace."),
            _waits("server_error", "sending", "The marketplace's answer did not come; the same is sent again."),
            _passes("revoked_grant"),
        ],
        marketplace=OCTOPIA,
    ),
    Course(
        [
            _passes("timeout_after_effect", seconds=3),
            _passes("dropped_204"),
            _passes("late_visibility", seconds=12),
        ],
        marketplace=OCTOPIA,
    ),
]
