"""The one form of the stock pages: a SKU, its counted level, its weight. Either number may be left empty."""

from dataclasses import dataclass

from services.inventory.domain.sku import HEAVIEST_GRAMS, HIGHEST_COUNT, LIGHTEST_GRAMS, problem_with_code
from services.inventory.entrypoints.schemas import CODE_PROBLEMS
from services.inventory.usecases.set_stock import StockRow
from shared.web.forms import PostedForm

COUNT_WRONG = "A level is a whole number from 0 to 1,000,000."
WEIGHT_WRONG = "A weight is a whole number of grams from 1 to 100,000."
NOTHING_SET = "Enter a counted level, a weight or both."


@dataclass(frozen=True, slots=True)
class StockForm:
    """What was typed, and by field the English sentence of what is wrong with it."""

    values: dict[str, str]
    errors: dict[str, str]

    def row(self) -> StockRow:
        """Only of a form without errors."""
        counted, weight = self.values["counted"], self.values["weight_grams"]
        return StockRow(self.values["sku"], int(weight) if weight else None, int(counted) if counted else None)


def read_stock_form(form: PostedForm) -> StockForm:
    values = {name: form.text(name) for name in ("sku", "counted", "weight_grams")}
    errors = {}
    if problem := problem_with_code(values["sku"]):
        errors["sku"] = CODE_PROBLEMS[problem]
    if values["counted"] and not _whole(values["counted"], 0, HIGHEST_COUNT):
        errors["counted"] = COUNT_WRONG
    if values["weight_grams"] and not _whole(values["weight_grams"], LIGHTEST_GRAMS, HEAVIEST_GRAMS):
        errors["weight_grams"] = WEIGHT_WRONG
    if not values["counted"] and not values["weight_grams"]:
        errors["counted"] = NOTHING_SET
    return StockForm(values, errors)


def _whole(text: str, lowest: int, highest: int) -> bool:
    """Digits only: no sign, no decimals; short enough that int() is cheap."""
    return text.isascii() and text.isdecimal() and len(text) <= 9 and lowest <= int(text) <= highest
