"""Faults while orders are read (at Amazon: searchOrders): reading waits, says why, loses nothing, goes on by itself."""

from functools import partial

from tests.e2e.courses import Case, Course
from tests.e2e.scene import Scene, until
from tests.shop import label_when_known

_OPERATION = "searchOrders"
_AWAY = "the marketplace does not answer"
# Finished long ago: read, and nothing is to be done with them.
_DAYS_AGO = 2 * 86_400
_FINISHED = {"status": "SHIPPED", "age_seconds": _DAYS_AGO}


async def reading_waits_and_goes_on(scene: Scene, *, kind: str, code: str, sentence: str) -> None:
    """Orders that come meanwhile are read as soon as the far side is well."""
    await scene.fault(scene.operations.lists, kind)
    numbers = await scene.plant(2)
    await scene.reading_waits(code, sentence)
    assert not set(numbers) & set(await scene.shop.orders())
    assert (await scene.shop.connection())["state"] == "authorised"
    await scene.mend()
    await scene.all_confirmed(numbers)


async def a_slow_answer_only_takes_longer(scene: Scene) -> None:
    """Nothing is shown to wait; what came late is stored once."""
    await scene.fault(scene.operations.lists, "slow", times=2, seconds=6)
    numbers = await scene.plant(2)
    await scene.struck(scene.operations.lists, "slow")
    await scene.all_confirmed(numbers)


async def an_unreadable_record_is_parked_and_the_rest_flows(scene: Scene) -> None:
    """The one is listed with its number, the others go their way; read well later, it leaves the list and goes too."""
    await scene.fault(scene.operations.lists, "malformed_record")
    numbers = await scene.plant(3)

    async def parked() -> str:
        items = (await scene.shop.get("/api/orders/v1/unreadable"))["items"]
        return next((item["marketplace_order_id"] for item in items), "")

    stuck = await until(parked, "a record is parked")
    assert stuck in numbers
    await scene.all_confirmed([number for number in numbers if number != stuck])
    await it_is_listed_until_it_can_be_read(scene, stuck)


async def it_is_listed_until_it_can_be_read(scene: Scene, stuck: str) -> None:
    """An order whose record is parked: not imported, named on the page; imported as soon as it can be read."""
    assert stuck not in await scene.shop.orders()
    assert "Records that could not be read" in await scene.page("/orders")
    assert stuck in await scene.page("/orders/unreadable")
    scene.saw("page of orders, with the record's number", "Records that could not be read")
    await scene.mend()
    await scene.all_confirmed([stuck])
    assert stuck not in await scene.page("/orders/unreadable")


async def an_order_that_lists_show_late_is_found(scene: Scene) -> None:
    """The cursor has gone past it when it appears: windows overlap."""
    await scene.fault(scene.operations.lists, "late_order", times=1, seconds=20)
    (late,) = await scene.plant()
    await scene.struck(scene.operations.lists, "late_order")
    before = (await scene.polling())["read_up_to"]

    async def passed() -> bool:
        return bool((await scene.polling())["read_up_to"] > before)

    await until(passed, "the cursor moves on")
    assert late not in await scene.shop.orders()
    await scene.all_confirmed([late])


async def a_list_that_cannot_be_followed_is_read_again(scene: Scene, *, kind: str, orders: int) -> None:
    """A page token that is refused or leads in a circle: the window starts again, the cursor does not move."""
    await scene.plant(orders, **_FINISHED)
    numbers = await scene.plant(2)
    await scene.fault(scene.operations.lists, kind)
    await scene.shop.connect()
    await scene.reading_waits("page_token_refused", "no longer takes the bookmark")
    assert (await scene.polling())["read_up_to"] is None
    await scene.mend()
    await scene.read_to_the_end()
    assert len(await scene.shop.orders()) == orders + 2
    await label_when_known(scene.shop)
    await scene.all_confirmed(numbers)


async def a_withdrawn_consent_stops_everything_until_it_is_renewed(scene: Scene, *, state: str, sentence: str) -> None:
    """Nothing is lost meanwhile: a parcel that was owed is told, reading goes on from where it stood."""
    await scene.fault(scene.operations.tells, "throttle")
    (owed,) = await scene.plant()
    await scene.telling_waits(owed, {"owed"}, None, "to be sent to the marketplace")
    read_up_to = (await scene.polling())["read_up_to"]
    await scene.fault("*", "revoked_grant")
    (waiting,) = await scene.plant()
    await scene.connection_is(state, sentence)
    await scene.reading_waits("waiting_for_authorisation", "the connection is not authorised")

    async def told() -> bool:
        waits = (await scene.shipment(owed))["waits_for_authorisation"]
        return waits and "waits for your authorisation" in await scene.page("/shipments")

    await until(told, "the parcel waits for the seller's authorisation")
    scene.saw("page of shipments", "waits for your authorisation")
    await scene.mend()
    await scene.shop.connect()
    await scene.all_confirmed([owed, waiting])

    async def read_on() -> bool:
        now = (await scene.polling())["read_up_to"]
        return bool(now and (read_up_to is None or now > read_up_to))

    await until(read_on, "reading goes on from where it stood")


async def a_secret_of_ours_that_expired_is_not_the_sellers_business(scene: Scene) -> None:
    """The operator is told; the seller's connection stays authorised, everywhere and all the time."""
    await scene.fault("*", "expired_secret")
    numbers = await scene.plant(2)
    await scene.reading_waits("client_secret_invalid", "an operator was told")
    assert (await scene.shop.connection())["consent_version"] == 1
    await scene.mend()
    await scene.all_confirmed(numbers)
    assert (await scene.shop.connection())["consent_version"] == 1


async def a_rejected_token_is_renewed_silently(scene: Scene) -> None:
    """Once is nothing: another token, the same call again."""
    asked = len(await scene.calls("token"))
    await scene.fault(scene.operations.lists, "token_rejected", times=1)
    numbers = await scene.plant(2)
    await scene.struck(scene.operations.lists, "token_rejected")
    await scene.all_confirmed(numbers)
    assert len(await scene.calls("token")) == asked + 1


async def a_missing_role_is_shown_and_read_on_when_given(scene: Scene) -> None:
    """Refused whatever is asked for: no lost consent. Once given, everything is asked for again, addresses too."""
    await scene.fault(scene.operations.lists, "role_missing")
    numbers = await scene.plant(2)
    await scene.reading_waits("role_missing", "our application lacks a role")
    assert (await scene.shop.connection())["state"] == "authorised"
    await scene.mend()
    await scene.all_confirmed(numbers)


async def data_that_is_refused_is_left_out(scene: Scene) -> None:
    """Orders come without addresses, which is said; an hour later all is asked for again, and they are shipped."""
    await scene.fault(scene.operations.lists, "included_data_400")
    (number,) = await scene.plant()

    async def imported() -> bool:
        return number in await scene.shop.orders() and (await scene.polling())["lean"]

    await until(imported, "the order is read with less data")
    order = (await scene.shop.orders())[number]
    assert "The marketplace refuses part of the data" in await scene.page("/orders")
    assert "has not told the address" in await scene.page(f"/orders/{order['id']}")
    scene.saw("page of orders", "The marketplace refuses part of the data")
    await scene.mend()
    await scene.an_hour_after_less_data()
    await scene.all_confirmed([number])


async def a_clock_behind_ours_is_measured(scene: Scene) -> None:
    """What is too new for the far side's clock is refused once; then its clock is known, and asked by."""
    await scene.fault(scene.operations.lists, "clock_skew", seconds=-125)
    await scene.reading_waits("window_too_new", "the marketplace's clock is behind ours")
    numbers = await scene.plant(2)
    await scene.mend()
    await scene.pauses_are_over()
    await scene.all_confirmed(numbers)


def _waits(kind: str, code: str, sentence: str) -> Case:
    return Case(_OPERATION, kind, partial(reading_waits_and_goes_on, kind=kind, code=code, sentence=sentence))


def _restarts(kind: str, orders: int) -> Course:
    proof = partial(a_list_that_cannot_be_followed_is_read_again, kind=kind, orders=orders)
    return Course([Case(_OPERATION, kind, proof)], connected=False)


COURSES = [
    Course([
        _waits("throttle", "throttled", "the marketplace asks us to slow down"),
        _waits("server_error", "unavailable", _AWAY),
        _waits("html_502", "unavailable", _AWAY),
    ]),
    Course([
        _waits("timeout", "unavailable", _AWAY),
        Case(_OPERATION, "slow", a_slow_answer_only_takes_longer),
    ]),
    Course([
        Case(_OPERATION, "malformed_record", an_unreadable_record_is_parked_and_the_rest_flows),
        Case(_OPERATION, "token_rejected", a_rejected_token_is_renewed_silently),
    ]),
    Course([
        Case(_OPERATION, "expired_secret", a_secret_of_ours_that_expired_is_not_the_sellers_business),
        Case(_OPERATION, "revoked_grant", partial(
            a_withdrawn_consent_stops_everything_until_it_is_renewed,
            state="revoked",
            sentence="Reconnect to go on; nothing is lost.",
        )),
    ]),
    Course([
        Case(_OPERATION, "late_order", an_order_that_lists_show_late_is_found),
        Case(_OPERATION, "role_missing", a_missing_role_is_shown_and_read_on_when_given),
    ]),
    Course([Case(_OPERATION, "included_data_400", data_that_is_refused_is_left_out)]),
    _restarts("refused_page_token", 105),
    _restarts("repeated_page_token", 205),
    # A region of its own: what is measured of a clock counts for a region.
    Course([Case(_OPERATION, "clock_skew", a_clock_behind_ours_is_measured)], region="fe"),
]  # fmt: skip
