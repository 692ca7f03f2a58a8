"""A sentence for every code the pages of listings show. English; pages translate by `catalogues/fr.po`."""

from dataclasses import dataclass

# How it stands with a listing's quantity: words, and the tone of the badge.
STATES = {
    "gone": ("no longer listed", "plain"),
    "marketplace_fulfilled": ("the marketplace's stock", "plain"),
    "unmapped": ("not mapped", "warn"),
    "not_followed": ("not followed", "plain"),
    "never_counted": ("never counted", "warn"),
    "idle": ("nothing to tell", "plain"),
    "waiting": ("waits to be told", "busy"),
    "sending": ("on its way", "busy"),
    "in_sync": ("in sync", "good"),
    "refused": ("refused", "bad"),
    "sale": ("a sale is expected", "busy"),
}
REFUSED = "The marketplace did not take the quantity."
# Why a quantity was refused: codes of the marketplaces' adapters.
REASONS = {
    "quantity_refused": REFUSED,
    "line_refused": REFUSED,
    "not_taken": "The marketplace was told several times and never took the quantity.",
    "product_unknown": "The marketplace does not know the product of this listing.",
    "listing_unknown": "The marketplace does not know this listing.",
    "listing_unreadable": "The marketplace shows this listing in words that cannot be read.",
    "marketplace_fulfilled": "The marketplace says that it ships this listing from its own stock.",
    "quantity_not_shown": "The marketplace took the quantity, but never showed it.",
}
# What reading listings, or telling quantities, waits for.
WAITS = {
    "budget_empty": "the marketplace's limit of calls is used up for the moment",
    "throttled": "the marketplace asks us to be slower",
    "unavailable": "the marketplace does not answer",
    "outcome_unknown": "the marketplace's answer did not come; the same is told again",
    "consent_lost": "the marketplace no longer lets us in: authorise it again",
    "client_secret_invalid": "the marketplace refuses our own credentials: the operator must look",
    "role_missing": "our application lacks a permission of the marketplace",
    "refused": "the marketplace refuses to show the listings of a channel",
    "unreadable": "the marketplace answers in words that cannot be read",
}
# Why a weight that is told is not taken: codes of `PackageWeight`.
WEIGHT_PROBLEMS = {
    "unreadable": "The weight it tells cannot be read.",
    "unit_unknown": "The weight it tells is in a unit we do not know.",
    "not_positive": "The weight it tells is not more than nothing.",
    "too_heavy": "The weight it tells is more than 100 kg.",
}
MAPPED_BY = {"code": "by its equal name", "hand": "by hand"}


@dataclass(frozen=True, slots=True)
class Words:
    """For templates, which translate what they are given."""

    def state(self, code: str) -> str:
        return STATES[code][0]

    def tone(self, code: str) -> str:
        return STATES[code][1]

    def reason(self, code: str) -> str:
        """A code that a marketplace's adapter has and this page does not is a refusal all the same."""
        return REASONS.get(code, REFUSED)

    def waits(self, code: str) -> str:
        return WAITS.get(code, WAITS["unavailable"])

    def weight_problem(self, code: str) -> str:
        return WEIGHT_PROBLEMS[code]

    def mapped_by(self, code: str) -> str:
        return MAPPED_BY[code]


WORDS = Words()
