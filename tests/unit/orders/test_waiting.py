"""The laws of saying why an order waits, and how far it has come; and of the words for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from services.labels.domain.reasons import Reason as LabelsReason
from services.labels.domain.shipment import State, Told
from services.orders.domain import acceptance, decisions, timeline
from services.orders.domain.copies import Reservation, ReservedLine, Shipment, Shipments
from services.orders.domain.order import Order
from services.orders.domain.reading import Digests, first_read
from services.orders.domain.sentences import SENTENCES, said, sentence
from services.orders.domain.stage import Stage, stage_of
from services.orders.domain.waiting import Reason, reasons, trouble
from services.orders.usecases.answer_order import NO_ANSWERS
from shared.kernel.ids import LineId, OrderId, ShipmentId
from shared.marketplaces.models import MarketplaceOrder, OrderStatus
from tests.unit.orders.builders import KEEP, NOW, ORGANISATION, connection, line, order

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "services" / "orders" / "entrypoints" / "templates"
CATALOGUES = (
    ROOT / "services" / "orders" / "catalogues" / "fr.po",
    ROOT / "shared" / "web" / "catalogues" / "fr.po",
)


def kept(told: MarketplaceOrder | None = None, *, recipient: str | None = "digest") -> Order:
    digests = Digests("content", recipient, frozenset() if recipient is None else frozenset({0}))
    return first_read(told or order(), digests, connection(), OrderId(uuid4()), lambda: LineId(uuid4()), KEEP)


def held(of: Order, *, short: int = 0, version: int | None = None) -> Reservation:
    lines = tuple(
        ReservedLine(one.id, one.sku or "", one.ordered, one.ordered - short, short, True) for one in of.lines
    )
    return Reservation(of.id, ORGANISATION, of.version if version is None else version, NOW, lines)


def parcels(of: Order, *states: dict[str, Any]) -> Shipments:
    blank = Shipment(ShipmentId(uuid4()), "planned", None, None, None, None, None, None, (), None, None)
    shipments = tuple(replace(blank, id=ShipmentId(uuid4()), **state) for state in states)
    return Shipments(of.id, ORGANISATION, NOW, shipments)


LABELLED = {"state": "label_created", "label_created_at": NOW, "tracking_number": "X1"}
MOMENTS = [
    ("nobody has spoken yet", {}, ["waits.reservation", "waits.plan"], Stage.RECEIVED),
    ("reserved, not planned", {"held": {}}, ["waits.plan"], Stage.RESERVED),
    ("an old word does not count", {"held": {"version": 0}}, ["waits.reservation", "waits.plan"], Stage.RECEIVED),
    ("short", {"held": {"short": 1}}, ["waits.stock_short", "waits.plan"], Stage.RECEIVED),
    ("planned", {"held": {}, "parcels": [{}]}, ["shipment.planned"], Stage.RESERVED),
    ("voided: planned anew", {"held": {}, "parcels": [{"state": "voided"}]}, ["waits.plan"], Stage.RESERVED),
    ("labelled", {"held": {}, "parcels": [LABELLED | {"write_back": "owed"}]}, ["write_back.owed"], Stage.LABELLED),
    (
        "labelled, not handed over",
        {"held": {}, "parcels": [LABELLED | {"write_back": "to_hand_over"}]},
        ["write_back.to_hand_over"],
        Stage.LABELLED,
    ),
    ("told", {"held": {}, "parcels": [LABELLED | {"write_back": "sent"}]}, ["write_back.sent"], Stage.WRITTEN_BACK),
    ("confirmed", {"held": {}, "parcels": [LABELLED | {"write_back": "confirmed"}]}, [], Stage.CONFIRMED),
    (
        "refused",
        {"held": {}, "parcels": [LABELLED | {"write_back": "refused"}]},
        ["write_back.refused"],
        Stage.LABELLED,
    ),
    ("outdated", {"held": {}, "parcels": [LABELLED | {"state": "outdated"}]}, ["shipment.outdated"], Stage.LABELLED),
    (
        "two parcels, one told",
        {"held": {}, "parcels": [LABELLED | {"write_back": "confirmed"}, {}]},
        ["shipment.planned"],
        Stage.RESERVED,
    ),
]


@pytest.mark.parametrize(("words", "codes", "stage"), [one[1:] for one in MOMENTS], ids=[one[0] for one in MOMENTS])
def test_each_moment_has_its_reason_and_its_stage(words: dict[str, Any], codes: list[str], stage: Stage) -> None:
    """Three words that come in any order make one answer."""
    of = kept()
    reservation = held(of, **words["held"]) if "held" in words else None
    shipments = parcels(of, *words["parcels"]) if "parcels" in words else None
    assert [reason.code for reason in reasons(of, reservation, shipments)] == codes
    assert stage_of(of.version, reservation, shipments) is stage


@pytest.mark.parametrize(
    ("told", "code", "person"),
    [
        (order(status=OrderStatus.PENDING), "decision.pending", False),
        (order(lines=(line(sku=None),)), "decision.sku_missing", True),
        (order(status=OrderStatus.UNFULFILLABLE), "decision.unfulfillable", True),
    ],
)
def test_a_held_line_is_the_only_reason(told: MarketplaceOrder, code: str, person: bool) -> None:
    """What is not to be shipped waits neither for stock nor for a parcel."""
    assert [(one.code, one.person) for one in reasons(kept(told), None, None)] == [(code, person)]


def test_a_finished_order_waits_for_nothing() -> None:
    """Cancelled, shipped, or not ours: no reason at all."""
    for told in (order(status=OrderStatus.SHIPPED), order(status=OrderStatus.CANCELLED), order(is_sale=False)):
        assert reasons(kept(told), None, None) == []


def test_a_wish_to_cancel_is_shown_although_the_line_may_ship() -> None:
    """A person decides: the reason comes first."""
    asked = order(cancel_requested=True, lines=(line(cancel_requested=True),))
    first = reasons(kept(asked), None, None)[0]
    assert (first.code, first.person) == ("decision.cancellation_requested", True)


def test_alike_lines_are_told_in_one_sentence() -> None:
    """Three lines of one decision make one entry that names them."""
    entries = timeline.order_read(None, kept(order(lines=(line(1), line(2), line(3, sku=None)))), NOW)
    told = {entry.code: sentence(entry.code, entry.facts) for entry in entries}
    assert told["decision.ready"] == "Ready to ship: SKU-1, SKU-2."
    assert "item-3" in told["decision.sku_missing"]


def test_an_entry_of_before_may_lack_a_fact() -> None:
    """The gap stays empty; an unknown code is shown as its words; a percent sign breaks nothing."""
    assert sentence("stock.short", {"reserved": 1}) == "Stock is short: 1 of  units are reserved; missing: ."
    assert sentence("elsewhere.never_heard_of") == "never heard of"
    assert sentence("shipment.planned", {"reason": "100%_sure"}) == "A parcel is planned. 100% sure"


def test_every_code_of_ours_has_a_sentence() -> None:
    """Decisions, states of parcels and write-backs, labels' reasons, statuses."""
    codes = {f"decision.{code}" for code in _decision_codes()}
    codes |= {f"shipment.{state}" for state in State}
    codes |= {f"write_back.{told}" for told in Told if told is not Told.RELEASED}
    codes |= {f"reason.{reason}" for reason in LabelsReason}
    codes |= {f"status.{status}" for status in OrderStatus}
    codes |= {f"acceptance.{state}" for state in acceptance.State}
    assert codes - set(SENTENCES) == set()


def test_every_sentence_of_the_pages_exists_in_french() -> None:
    """No English sentence is left on a French page, and its gaps are the same."""
    french = {
        str(message.id): str(message.string)
        for path in CATALOGUES
        for message in read_po(BytesIO(path.read_bytes()))
        if message.id and message.string
    }
    refusals = {acceptance.NOT_WAITING, acceptance.OTHER_SENT, NO_ANSWERS}
    sentences = set(SENTENCES.values()) | set(_of_templates()) | refusals
    assert sentences - set(french) == set()
    assert len(sentences) > 120
    for code, template in SENTENCES.items():
        gaps = said(code)[0].gaps
        assert french[template] % gaps is not None
        assert all(f"%({gap})s" in french[template] for gap in gaps), code


def test_a_parcel_that_is_told_again_unchanged_leaves_no_entry() -> None:
    """Only a new state, a new reason or a new step of the write-back is an entry."""
    of = kept()
    before = parcels(of, {})
    same = replace(before, at=NOW + timedelta(minutes=1))
    assert timeline.shipped(before, same) == []
    other = replace(same, shipments=(replace(same.shipments[0], reason="short_stock"),))
    assert [entry.code for entry in timeline.shipped(before, other)] == ["shipment.planned"]


def _decision_codes() -> set[str]:
    """Every code in the source of `decisions.py`: quoted words behind a decision, or of `_no`."""
    source = Path(str(decisions.__file__)).read_text()
    words = {word for word in source.split('"')[1::2] if word.isidentifier()}
    assert {"ready", "echo", "pending"} <= words
    return words


def _of_templates() -> Iterator[str]:
    for template in TEMPLATES.glob("*.html"):
        found = extract("jinja2.ext:babel_extract", BytesIO(template.read_bytes()), keywords={"_": None})
        yield from (str(message) for _, message, _, _ in found)


def test_a_parcel_planned_for_a_label_by_hand_is_no_trouble() -> None:
    """Everyday work is not shown among what somebody must mend; nor is what goes on by itself."""
    planned, awaited = Reason("shipment.planned", True, {}), Reason("waits.reservation", False, {})
    outdated = Reason("shipment.outdated", True, {})
    assert trouble([awaited, planned]) is None
    assert trouble([awaited, planned, outdated]) == outdated
