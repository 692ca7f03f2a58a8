"""Telling Octopia about a parcel: the frozen array, the carrier's label, and what a refusal means."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import AlreadyDone, ConsentLost, FarSideError, OutcomeUnknown, Refused, Throttled, Unavailable
from shared.kernel.ports import TooLate
from shared.marketplaces.models import ParcelToTell
from shared.marketplaces.octopia.acceptance import OctopiaAcceptance
from shared.marketplaces.octopia.tracking import OctopiaTracking
from tests.unit.marketplaces.far_side import NOW, ScriptedOutward, StoppedClock, answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, TOKEN, api, budgets, intent, line, order, problem

_SPECS = Path(os.environ.get("PASSERELLE_SPECS") or Path(__file__).resolve().parents[4] / "shared" / "specs")
_EXAMPLE = _SPECS / "octopia" / "examples" / "ship_request.json"
LABELS = [("pcc", "Colissimo"), ("pcc", "La Poste"), ("ups", "UPS"), ("default", "autre")]
CARRIERS = answer(200, [{"code": code, "label": label} for code, label in LABELS])
PARCEL = ParcelToTell(
    marketplace_order_id="2611210930ABCDE",
    channel_id="RAKUTFR",
    reference="ours",
    carrier="Colissimo",
    tracking_number=" 6A12345678901 ",
    tracking_url="https://track.example/6A12345678901",
    shipped_at=NOW - timedelta(hours=1),
    lines=(("L1", 2), ("L2", 1)),
)


def client(*answers: Answer | Exception, clock: StoppedClock | None = None) -> tuple[OctopiaTracking, ScriptedOutward]:
    clock = clock or StoppedClock()
    octopia, outward = api(*answers, clock=clock)
    return OctopiaTracking(octopia, clock), outward


def freeze(**fields: Any) -> dict[str, Any]:
    return client()[0].freeze(replace(PARCEL, **fields))


async def send(*answers: Answer | Exception, **fields: Any) -> ScriptedOutward:
    tracking, outward = client(*answers)
    frozen = tracking.freeze(replace(PARCEL, **fields))
    await tracking.send(ACCOUNT, "26/1", intent(frozen), TOKEN, budgets())
    return outward


def test_the_body_is_an_array_of_one_parcel() -> None:
    """Number, carrier, address, lines: no quantities, a line is never split (domain rule 10)."""
    assert freeze() == {
        "parcels": [
            {
                "parcelNumber": "6A12345678901",
                "carrierName": "Colissimo",
                "trackingUrl": "https://track.example/6A12345678901",
                "orderLineIds": ["L1", "L2"],
            }
        ]
    }


def test_a_cdiscount_parcel_covers_the_whole_order() -> None:
    """One parcel per complete order: no lines are named."""
    assert "orderLineIds" not in freeze(channel_id="CDISFR")["parcels"][0]


def test_the_body_is_the_documented_example() -> None:
    """What clients were seen to send, word for word."""
    if not _EXAMPLE.exists():
        pytest.skip("the reconstructed description (PASSERELLE_SPECS) is not here")
    example = json.loads(_EXAMPLE.read_text())
    assert freeze(tracking_url=example[0]["trackingUrl"], lines=(("L1", 1),)) == {"parcels": example}


@pytest.mark.parametrize(
    "url",
    [None, "", "ftp://track.example/1", "track.example/1", "https://x.example/a b", "https://x.example/" + "a" * 240],
)
def test_an_address_octopia_would_not_take_is_left_out(url: str | None) -> None:
    """It is optional: the number matters more."""
    assert "trackingUrl" not in freeze(tracking_url=url)["parcels"][0]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tracking_number": " "}, "tracking_number_missing"),
        ({"tracking_number": "1" * 51}, "tracking_number_too_long"),
        ({"tracking_number": "6A 123"}, "tracking_number_characters"),
        ({"tracking_number": "6A,123"}, "tracking_number_characters"),
        ({"tracking_number": "6A&123"}, "tracking_number_characters"),
        ({"tracking_number": "6A*123"}, "tracking_number_characters"),
        ({"tracking_number": "6A$123"}, "tracking_number_characters"),
        ({"carrier": " "}, "carrier_missing"),
        ({"lines": ()}, "parcel_empty"),
        ({"lines": (("L1", 0),)}, "parcel_empty"),
    ],
)
def test_what_cannot_be_told_is_refused_before_it_is_sent(fields: dict[str, Any], code: str) -> None:
    """A parcel Octopia would refuse never becomes an intent (domain rule 29)."""
    with pytest.raises(Refused) as caught:
        freeze(**fields)
    assert caught.value.code == code


def test_a_number_of_fifty_is_told() -> None:
    """The limit is one that is still taken."""
    assert freeze(tracking_number="1" * 50)["parcels"][0]["parcelNumber"] == "1" * 50


@pytest.mark.parametrize(
    ("carrier", "told"),
    [("Colissimo", "Colissimo"), ("colissimo", "Colissimo"), ("LA POSTE", "La Poste"), ("Our own van", "autre")],
)
async def test_the_carrier_is_named_as_octopia_lists_it(carrier: str, told: str) -> None:
    """The exact label, corrected where only its case differs, else the list's entry for others."""
    outward = await send(CARRIERS, answer(201), carrier=carrier)
    listed, sent = outward.requests
    assert (listed.method, listed.url.rpartition("/v2")[2]) == ("GET", "/carriers")
    assert sent.url.endswith("/orders/26%2F1/shipments")
    assert (sent.method, sent.effect, sent.send_before_monotonic) == ("POST", "write", 1234.5)
    (parcel,) = json.loads(sent.body or b"")
    assert parcel == freeze()["parcels"][0] | {"carrierName": told}


async def test_without_an_entry_for_others_an_unlisted_carrier_is_refused() -> None:
    """Nothing is sent then."""
    with pytest.raises(Refused) as caught:
        await send(answer(200, [{"code": "ups", "label": "UPS"}]))
    assert caught.value.code == "carrier_unknown"


@pytest.mark.parametrize("listed", [answer(404), answer(200, []), answer(200, b"<html>"), answer(200, "unavailable")])
async def test_without_a_list_the_name_goes_as_it_is(listed: Answer) -> None:
    """Names are free text: what cannot be checked is still told."""
    outward = await send(listed, answer(201))
    assert json.loads(outward.requests[1].body or b"")[0]["carrierName"] == "Colissimo"


@pytest.mark.parametrize(
    ("listed", "error"),
    [([answer(502)], Unavailable), ([answer(429)], Throttled), ([answer(403), answer(403)], ConsentLost)],
)
async def test_trouble_with_the_list_has_sent_nothing(listed: list[Answer], error: type[FarSideError]) -> None:
    """The outcome of a parcel that never left is not unknown."""
    with pytest.raises(error):
        await send(*listed)


async def test_a_list_refused_to_one_seller_stops_nobody() -> None:
    """Neither that seller, whose parcel is told, nor the next, who has the list."""
    tracking, outward = client(answer(403), answer(201), CARRIERS, answer(201))
    for _ in range(2):
        await tracking.send(ACCOUNT, "1", intent(freeze()), TOKEN, budgets())
    asked = [request.operation for request in outward.requests]
    assert asked.count("octopia.listCarriers") == 2
    assert outward.answers == []


async def test_carriers_are_asked_once_a_day() -> None:
    """For the whole process; a list that could not be had is asked for again much sooner."""
    clock = StoppedClock()
    tracking, outward = client(
        CARRIERS, answer(201), answer(201), answer(404), answer(201), answer(201), CARRIERS, answer(201), clock=clock
    )
    for moved in (0.0, 80_000.0, 10_000.0, 300.0, 400.0):
        clock.time += timedelta(seconds=moved)
        await tracking.send(ACCOUNT, "1", intent(freeze()), TOKEN, budgets())
    asked = [request.operation for request in outward.requests]
    assert asked.count("octopia.listCarriers") == 3
    assert outward.answers == []


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (problem(400, status="Cannot switch to shipped status from Shipped status."), AlreadyDone, "already_shipped"),
        (problem(400, "Cannot switch to shipped status: order is Delivered"), AlreadyDone, "already_shipped"),
        (problem(409, "The order has already been shipped"), AlreadyDone, "already_shipped"),
        (problem(400, status="Cannot switch to shipped status from Cancelled status."), Refused, "cannot_switch"),
        (problem(400, "Cannot switch to shipped status"), Refused, "cannot_switch"),
        (problem(422, carrierName="unknown carrier"), Refused, "carrier_refused"),
        (problem(400, parcelNumber="too long"), Refused, "tracking_number_refused"),
        (problem(400, trackingUrl="no"), Refused, "tracking_url_refused"),
        (problem(400, orderLineIds="The order has no line L9."), Refused, "line_refused"),
        (problem(400, "Claire Martin"), Refused, "parcel_refused"),
        (answer(400, b"<html>Claire Martin"), Refused, "parcel_refused"),
        (problem(404), Refused, "order_unknown"),
        (problem(415), Refused, "http_415"),
        (answer(502, b"<html>"), OutcomeUnknown, "server_error"),
        (OutcomeUnknown("no answer in time"), OutcomeUnknown, "outcome_unknown"),
    ],
)
async def test_what_a_refused_parcel_means(scripted: Answer | Exception, error: type[FarSideError], code: str) -> None:
    """Each refusal has a stable code and a sentence of ours; Octopia's own words never go on."""
    with pytest.raises(error) as caught:
        await send(CARRIERS, scripted)
    assert (type(caught.value), caught.value.code) == (error, code)
    assert "Claire" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("from Refused status", "cancelled"),
        ("from WaitingAcceptance status", "still waits to be accepted"),
        ("from Accepted status", "still checking"),
        (": supply mode is Fulfillment", "ships a line of this parcel itself"),
        (": one parcel must hold the complete order", "one parcel that holds all of it"),
        ("", "look at it there"),
    ],
)
async def test_a_person_sees_why_it_cannot_be_shipped(words: str, sentence: str) -> None:
    """The state an order is in says what to do."""
    with pytest.raises(Refused, match=sentence) as caught:
        await send(CARRIERS, problem(400, f"Cannot switch to shipped status {words}"))
    assert caught.value.code == "cannot_switch"


async def test_too_late_is_too_late() -> None:
    """The fence of the intent is the caller's to see."""
    with pytest.raises(TooLate):
        await send(CARRIERS, TooLate())


async def test_reading_back_shows_the_parcels() -> None:
    """By number, as Octopia keeps no references; also of an order that cannot be read as a whole."""
    told = order(updatedAt=None, lines=[line(parcels=[{"parcelNumber": "6A1", "carrierName": "UPS"}])])
    tracking, _ = client(answer(200, told))
    (found,) = await tracking.read_packages(ACCOUNT, "1", TOKEN, budgets())
    assert (found.reference, found.tracking_number, found.lines) == (None, "6A1", (("L1", 2),))
    with pytest.raises(Refused) as caught:
        await client(problem(404))[0].read_packages(ACCOUNT, "1", TOKEN, budgets())
    assert caught.value.code == "order_unknown"


def test_what_may_be_offered() -> None:
    """Read before it is repeated; lines stay whole; Cdiscount takes one parcel; orders wait for an answer."""
    tracking, _ = client()
    capabilities = tracking.capabilities
    assert (capabilities.write, capabilities.splits_lines, capabilities.answers_orders) == ("readable", False, True)
    assert not capabilities.splits_orders("CDISFR")
    assert capabilities.splits_orders("RAKUTFR")
    assert tracking.new_reference(frozenset()) != tracking.new_reference(frozenset())


@pytest.mark.parametrize(("accepts", "word"), [(True, "Accepted"), (False, "Refused")])
async def test_an_order_is_answered(accepts: bool, word: str) -> None:
    """One word, fenced by the intent."""
    octopia, outward = api(answer(201))
    await OctopiaAcceptance(octopia).answer(ACCOUNT, "26/1", intent(accepts), TOKEN, budgets())
    (request,) = outward.requests
    assert request.url.endswith("/orders/26%2F1/approval-status")
    assert json.loads(request.body or b"") == {"approval_status": word}
    assert request.send_before_monotonic == 1234.5


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (
            problem(400, status="Cannot switch to accepted status from InPreparation status."),
            AlreadyDone,
            "not_waiting",
        ),
        (problem(409), AlreadyDone, "not_waiting"),
        (problem(400, "One or more validation errors occurred."), Refused, "http_400"),
        (problem(422, approval_status="The value is not valid."), Refused, "http_422"),
        (problem(404), Refused, "order_unknown"),
        (answer(502), OutcomeUnknown, "server_error"),
    ],
)
async def test_what_a_refused_answer_means(scripted: Answer, error: type[FarSideError], code: str) -> None:
    """An order that is elsewhere no longer waits: what became of it is read."""
    with pytest.raises(error) as caught:
        await OctopiaAcceptance(api(scripted)[0]).answer(ACCOUNT, "1", intent(True), TOKEN, budgets())
    assert (type(caught.value), caught.value.code) == (error, code)
