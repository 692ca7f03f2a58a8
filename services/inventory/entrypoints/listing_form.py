"""The form of a listing's page: which SKU it is, and how it follows the stock."""

from dataclasses import dataclass

from services.inventory.domain.listing import HIGHEST_BUFFER
from services.inventory.usecases.choose import Choice
from services.inventory.usecases.listing_views import ListingView
from shared.web.forms import PostedForm

BUFFER_WRONG = "A buffer is a whole number from 0 to 1,000,000."
MAXIMUM_WRONG = "A maximum is a whole number from 0 to 1,000,000, or left empty."
SKU_UNKNOWN = "You have no SKU of this name. Upper and lower case matter."


@dataclass(frozen=True, slots=True)
class ListingForm:
    """What was typed, and by field the English sentence of what is wrong with it."""

    values: dict[str, str]
    errors: dict[str, str]

    @property
    def follow(self) -> bool:
        return self.values["follow"] == "1"

    def choice(self, view: ListingView) -> Choice:
        """Only of a form without errors. A SKU that was left as it is stays mapped as it was."""
        sku, maximum = self.values["sku"] or None, self.values["maximum"]
        given = {"follow", "buffer", "maximum"} | ({"sku"} if sku != view.sku_code else set())
        return Choice(
            view.listing.id,
            sku,
            self.follow,
            int(self.values["buffer"] or 0),
            int(maximum) if maximum else None,
            frozenset(given),
        )

    def with_unknown_sku(self) -> "ListingForm":
        return ListingForm(self.values, self.errors | {"sku": SKU_UNKNOWN})


def form_of(view: ListingView) -> ListingForm:
    one = view.listing
    maximum = "" if one.maximum is None else str(one.maximum)
    values = {"sku": view.sku_code or "", "follow": "1" if one.follow else "0", "buffer": str(one.buffer)}
    return ListingForm(values | {"maximum": maximum}, {})


def read_listing_form(form: PostedForm) -> ListingForm:
    values = {name: form.text(name) for name in ("sku", "follow", "buffer", "maximum")}
    errors = {}
    if values["buffer"] and not _whole(values["buffer"]):
        errors["buffer"] = BUFFER_WRONG
    if values["maximum"] and not _whole(values["maximum"]):
        errors["maximum"] = MAXIMUM_WRONG
    if not values["sku"].isprintable():
        errors["sku"] = SKU_UNKNOWN
    return ListingForm(values, errors)


def _whole(text: str) -> bool:
    """Digits only: no sign, no decimals; short enough that int() is cheap."""
    return text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= HIGHEST_BUFFER
