"""
Faults while parcels are told (at Amazon: confirmShipment) and read back (getOrder): the state says what is known,
nothing is told twice, and all are confirmed in the end.
"""

from functools import partial

from tests.e2e.courses import Case, Course
from tests.e2e.scene import Scene

_WRITE, _READ = "confirmShipment", "getOrder"
OWED, _SENT = "to be sent to the marketplace", "sent, not seen there yet"
NO_ANSWER = "The marketplace's answer did not come"
_NOT_SEEN = "The marketplace accepted the number but does not show it yet."


async def telling_waits_and_goes_on(
    scene: Scene, *, kind: str, states: set[str], reason: str | None, sentence: str
) -> None:
    """As long as it lasts the parcel is in one of these states; then it is told, once."""
    await scene.fault(scene.operations.tells, kind)
    (number,) = await scene.plant()
    await scene.telling_waits(number, states, reason, sentence)
    assert (await scene.shop.connection())["state"] == "authorised"
    await scene.mend()
    await scene.all_confirmed([number])


async def one_fault_passes(
    scene: Scene, *, operation: str, kind: str, seconds: float | None = None, hidden_seconds: float | None = None
) -> None:
    """
    It strikes once, the rest is routine: the same parcel under the same reference, seen once over there.

    `hidden_seconds`: the parcel is not shown before, so that no poll confirms it.
    """
    if hidden_seconds is not None:
        await scene.fault(scene.operations.tells, "late_visibility", times=1, seconds=hidden_seconds)
    await scene.fault(operation, kind, times=1, seconds=seconds)
    (number,) = await scene.plant()
    await scene.struck(operation, kind)
    await scene.all_confirmed([number])


async def an_answer_that_never_came_is_no_second_parcel(scene: Scene, *, state: str = "sending") -> None:
    """It was done, the answer was lost: the same is sent again, which changes nothing there; or it is looked for."""
    await scene.fault(scene.operations.tells, "timeout_after_effect", times=1)
    (number,) = await scene.plant()
    await scene.telling_waits(number, {state}, "outcome_unknown", NO_ANSWER)
    assert (await scene.shop.sandbox.order_states(scene.shop.seller_id))[number]["confirmations"] == 1
    await scene.all_confirmed([number])


async def a_yes_that_recorded_nothing_is_found_and_repeated(scene: Scene) -> None:
    """Accepted is not confirmed: it is not seen over there, so it is told again."""
    await scene.fault(scene.operations.tells, "dropped_204", times=1)
    (number,) = await scene.plant()
    await scene.telling_waits(number, {"sent"}, "not_seen_yet", _NOT_SEEN)
    assert (await scene.shop.sandbox.order_states(scene.shop.seller_id))[number]["packages"] == []
    await scene.all_confirmed([number])


async def what_shows_late_is_waited_for(scene: Scene, *, seconds: float = 25) -> None:
    """Recorded but not shown for a while: waited for, and perhaps told again, which changes nothing there."""
    await scene.fault(scene.operations.tells, "late_visibility", times=1, seconds=seconds)
    (number,) = await scene.plant()
    await scene.telling_waits(number, {"sent"}, "not_seen_yet", _NOT_SEEN)
    await scene.all_confirmed([number])


async def a_missing_role_waits_a_quarter_of_an_hour(scene: Scene) -> None:
    """Only writing needs the role: reading goes on meanwhile. Tried again after fifteen minutes."""
    await scene.fault(scene.operations.tells, "role_missing")
    (number,) = await scene.plant()
    await scene.telling_waits(number, {"owed"}, "role_missing", "Our application lacks a role at the marketplace")
    assert (await scene.polling())["waits_for"] is None
    await scene.mend()
    await scene.minutes_pass_for(number)
    await scene.all_confirmed([number])


async def a_date_in_the_far_sides_future_is_mended_by_a_retry(scene: Scene) -> None:
    """Its clock is minutes behind ours: the first date is refused, its clock is known from then on."""
    await scene.fault(scene.operations.tells, "clock_skew", seconds=-400)
    (number,) = await scene.plant()
    await scene.telling_waits(
        number, {"refused"}, "marketplace_refused", "Amazon does not accept the date of dispatch."
    )
    shipment = await scene.shipment(number)
    await scene.shop.send("POST", f"/api/labels/v1/shipments/{shipment['id']}/retry")
    await scene.all_confirmed([number])


async def reading_back_waits_and_goes_on(scene: Scene, *, kind: str, hidden_seconds: float | None = None) -> None:
    """
    Accepted, not seen yet: that is what is shown as long as it lasts. Writes go on.

    `hidden_seconds`: the parcel is not shown before, so that no poll confirms it.
    """
    if hidden_seconds is not None:
        await scene.fault(scene.operations.tells, "late_visibility", times=1, seconds=hidden_seconds)
    await scene.fault(scene.operations.shows, kind)
    (first,) = await scene.plant()
    await scene.telling_waits(first, {"sent"}, None, _SENT)
    await scene.struck(scene.operations.shows, kind)
    await scene.mend()
    await scene.all_confirmed([first])


async def what_cannot_be_read_back_is_asked_later(scene: Scene, *, kind: str, reason: str, sentence: str) -> None:
    """The answer about one order says nothing: it waits five minutes, the other parcels do not."""
    await scene.fault(scene.operations.shows, kind, datasets=["PACKAGES"])
    (number,) = await scene.plant()
    await scene.telling_waits(number, {"sent"}, reason, sentence)
    await scene.struck(scene.operations.shows, kind)
    await scene.mend()
    (other,) = await scene.plant()
    await scene.all_confirmed([other])
    assert (await scene.shipment(number))["write_back"] == "sent"
    await scene.minutes_pass_for(number)
    await scene.all_confirmed([number])


def _waits(kind: str, state: str, reason: str | None, sentence: str) -> Case:
    proof = partial(telling_waits_and_goes_on, kind=kind, states={state}, reason=reason, sentence=sentence)
    return Case(_WRITE, kind, proof)


def _passes(operation: str, kind: str, seconds: float | None = None) -> Case:
    return Case(operation, kind, partial(one_fault_passes, operation=operation, kind=kind, seconds=seconds))


def _read_back(kind: str) -> Case:
    return Case(_READ, kind, partial(reading_back_waits_and_goes_on, kind=kind))


def _asked_later(kind: str, reason: str, sentence: str) -> Case:
    proof = partial(what_cannot_be_read_back_is_asked_later, kind=kind, reason=reason, sentence=sentence)
    return Case(_READ, kind, proof)


COURSES = [
    Course([
        _waits("throttle", "owed", None, OWED),
        _waits("server_error", "sending", "outcome_unknown", NO_ANSWER),
        _waits("html_502", "sending", "outcome_unknown", NO_ANSWER),
    ]),
    Course([
        _waits("timeout", "sending", "outcome_unknown", NO_ANSWER),
        _passes(_WRITE, "token_rejected"),
    ]),
    Course([
        Case(_WRITE, "timeout_after_effect", an_answer_that_never_came_is_no_second_parcel),
        _passes(_WRITE, "slow", seconds=5),
    ]),
    Course([
        Case(_WRITE, "dropped_204", a_yes_that_recorded_nothing_is_found_and_repeated),
        Case(_WRITE, "late_visibility", what_shows_late_is_waited_for),
    ]),
    Course([
        _waits("expired_secret", "owed", "marketplace_away", "The marketplace could not be reached"),
        Case(_WRITE, "role_missing", a_missing_role_waits_a_quarter_of_an_hour),
    ]),
    Course([Case(_WRITE, "clock_skew", a_date_in_the_far_sides_future_is_mended_by_a_retry)], region="na"),
    Course([_read_back("throttle"), _read_back("server_error"), _read_back("html_502")]),
    Course([_read_back("timeout"), _passes(_READ, "token_rejected"), _passes(_READ, "slow", seconds=4)]),
    # Its parcels are all that is read of an order here: malformed items and dates do not matter.
    Course([
        _passes(_READ, "malformed_record"),
        _asked_later("role_missing", "role_missing", "Our application lacks a role at the marketplace"),
        _asked_later("included_data_400", "read_refused", "The marketplace refuses to show this order"),
    ]),
]  # fmt: skip
