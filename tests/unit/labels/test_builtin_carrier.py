"""The built-in carrier: numbers a scanner reads back, a page with every European letter, nothing kept."""

import re
from dataclasses import replace
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from services.labels.carriers.builtin.carrier import BuiltinCarrier
from services.labels.carriers.builtin.label import recipient_lines, render_labels
from services.labels.carriers.builtin.sscc import check_digit, serial_digits, sscc
from services.labels.domain.carrier import LabelContent, LabelRequest, Recipient
from shared.kernel.clock import SystemClock
from shared.kernel.ports import Intent, TooLate
from tests.unit.labels.builders import NOW, SENDER, SETTINGS

POLISH = Recipient("Zażółć Gęślą Jaźń", "Ęłóż Sp. z o.o.", ("ul. Święty Marcin 5/7",), "61-803", "Poznań", None, "PL")
GREEK = Recipient("Γιώργος Παπαδόπουλος", None, ("Ερμού 12",), "105 63", "Αθήνα", None, "GR")
CONTENT = LabelContent("095212340000000013", "Test Express", SENDER, POLISH, 1250, "171-0000001-0000001", 3)


def page(pdf: bytes) -> Any:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def text_of(pdf: bytes) -> str:
    return str(page(pdf).get_textpage().get_text_range())


@pytest.mark.parametrize("number", ["095212340000000013", "037612345000000120", "999999999999999995"])
def test_a_scanner_reads_the_number_back(number: str) -> None:
    """At a label printer's 203 dpi, as GS1-128 with application identifier 00."""
    pdf = render_labels([replace(CONTENT, number=number)])
    image = page(pdf).render(scale=203 / 72).to_pil()
    (read,) = zxingcpp.read_barcodes(image)
    assert (read.text, read.symbology_identifier) == (f"(00){number}", "]C1")


def test_the_page_is_an_a6() -> None:
    """105 x 148 mm."""
    width, height = page(render_labels([CONTENT])).get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (105, 148)


@pytest.mark.parametrize("recipient", [POLISH, GREEK])
def test_every_letter_of_the_address_is_on_the_page(recipient: Recipient) -> None:
    """Polish and Greek too; sender, weight and order beside it."""
    text = text_of(render_labels([replace(CONTENT, recipient=recipient)]))
    for part in (*recipient_lines(recipient), SENDER.name, "1.250 kg", CONTENT.order_reference):
        assert part in re.sub(r"\s+", " ", text)


def test_a_long_address_stays_on_the_page_and_off_the_bar_code() -> None:
    """Broken and set smaller, town and country always there; the number is still read."""
    for repeats in (2, 8, 40):
        streets = ("Rue de la Très Longue Adresse " * repeats,) * 3
        long = replace(POLISH, lines=streets, instructions="Au fond de la cour " * 20)
        pdf = render_labels([replace(CONTENT, recipient=long)])
        assert "61-803 Poznań" in text_of(pdf)
        (read,) = zxingcpp.read_barcodes(page(pdf).render(scale=203 / 72).to_pil())
        assert read.text.endswith(CONTENT.number)


def test_personal_data_is_not_in_what_is_logged() -> None:
    """Representations hide what they hold."""
    request = LabelRequest("key", "1", SETTINGS, POLISH, 1, "171")
    for one in (CONTENT, POLISH, request):
        assert "Poznań" not in repr(one)


@given(extension=st.integers(0, 9), prefix=st.from_regex(r"\A\d{6,12}\Z"), data=st.data())
def test_an_sscc_has_18_digits_and_its_check_digit(extension: int, prefix: str, data: st.DataObject) -> None:
    """Whatever prefix and serial; weighted sum divisible by ten."""
    serial = data.draw(st.integers(0, 10 ** serial_digits(prefix) - 1))
    number = sscc(extension, prefix, serial)
    assert len(number) == 18
    assert sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(number)) % 10 == 0
    assert check_digit(number[:-1]) == int(number[-1])


def test_a_serial_that_does_not_fit_is_refused() -> None:
    """Nine digits beside a prefix of seven, not ten."""
    with pytest.raises(ValueError, match="9 digits"):
        sscc(0, "9521234", 10**9)


async def test_its_label_is_the_number_drawn_and_a_late_process_makes_none() -> None:
    """No call is made; a process that was stopped beyond `send_before` does not go on."""
    clock = SystemClock()
    carrier = BuiltinCarrier(clock)
    request = LabelRequest("key", "095212340000000013", SETTINGS, POLISH, 1, "171")
    made = await carrier.create(Intent(request, NOW, clock.monotonic() + 60))
    assert made.tracking_url == "https://track.example/095212340000000013"
    with pytest.raises(TooLate):
        await carrier.create(Intent(request, NOW, clock.monotonic() - 1))
