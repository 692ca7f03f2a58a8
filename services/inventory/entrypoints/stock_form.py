"""The form of one SKU: its counted level, its weight, when it is low. A number may be left empty: it stays."""

from dataclasses import dataclass

from services.inventory.domain.sku import HEAVIEST_GRAMS, HIGHEST_COUNT, LIGHTEST_GRAMS, StockRow, problem_with_code
from services.inventory.entrypoints.schemas import CODE_PROBLEMS
from shared.web.forms import PostedForm

COUNT_WRONG = "A level is a whole number from 0 to 1,000,000."
WEIGHT_WRONG = "A weight is a whole number of grams from 1 to 100,000."
LOW_WRONG = "A mark is a whole number from 0 to 1,000,000."
NOTHING_SET = "Enter a counted level, a weight or a mark."

NUMBERS = {
    "counted": (0, HIGHEST_COUNT, COUNT_WRONG),
    "weight_grams": (LIGHTEST_GRAMS, HEAVIEST_GRAMS, WEIGHT_WRONG),
    "low_level": (0, HIGHEST_COUNT, LOW_WRONG),
}


@dataclass(frozen=True, slots=True)
class StockForm:
    """What was typed, and by field the English sentence of what is wrong with it."""

    values: dict[str, str]
    errors: dict[str, str]

    def row(self) -> StockRow:
        """Only of a form without errors."""
        numbers = {name: int(self.values[name]) for name in NUMBERS if self.values[name]}
        return StockRow(self.values["sku"], **numbers)


def read_stock_form(form: PostedForm) -> StockForm:
    values = {name: form.text(name) for name in ("sku", *NUMBERS)}
    errors = {}
    if problem := problem_with_code(values["sku"]):
        errors["sku"] = CODE_PROBLEMS[problem]
    for name in NUMBERS:
        if sentence := wrong(name, values[name]):
            errors[name] = sentence
    if not any(values[name] for name in NUMBERS):
        errors["counted"] = NOTHING_SET
    return StockForm(values, errors)


def wrong(name: str, text: str) -> str | None:
    """What is wrong with a number that was typed; None: it is fine, or empty."""
    lowest, highest, sentence = NUMBERS[name]
    return sentence if text and not _whole(text, lowest, highest) else None


def _whole(text: str, lowest: int, highest: int) -> bool:
    """Digits only: no sign, no decimals; short enough that int() is cheap."""
    return text.isascii() and text.isdecimal() and len(text) <= 9 and lowest <= int(text) <= highest
