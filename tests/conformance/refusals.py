"""Which class of our error tree each refusal is, by what the caller does next (developer guide, Error Handling)."""

from typing import Any

from shared.kernel.errors import (
    ClientSecretInvalid,
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    TokenRejected,
    Unavailable,
)
from shared.marketplaces.listings import StockOutcome
from shared.marketplaces.ports import DataRefused, PageTokenRefused
from tests.conformance.cases import Case

# What a 403 says in `details`; an unknown or empty text is a role that is missing.
_DENIALS = (
    ("lwa secret token", ClientSecretInvalid),
    ("access token you provided", TokenRejected),
    ("access token is missing", Refused),
    ("not valid for region", Refused),
)
_PAGE_TOKENS = ("paginationToken", "pageToken")


def wrong_class(case: Case, outcome: Any) -> str | None:
    """What an error answer became, where it should have become something else."""
    right = _right(case)
    if isinstance(outcome, right):
        return None
    # A refusal of one listing is no error of the submission it belongs to.
    if right is Refused and isinstance(outcome, StockOutcome) and outcome.reason:
        return None
    if case.status in (400, 403) and isinstance(outcome, PageTokenRefused) and _has_page_token(case):
        return None
    return f"a {case.status} became {type(outcome).__name__}, not {right.__name__}"


def _right(case: Case) -> type[FarSideError]:
    if case.status == 429:
        return Throttled
    if case.status >= 500 or case.status == 408:
        return Unavailable if case.method == "GET" else OutcomeUnknown
    if case.status in (401, 403):
        said = _details(case.answer)
        unknown = TokenRejected if case.status == 401 else RoleMissing
        return next((kind for text, kind in _DENIALS if text in said), unknown)
    return Refused


def _details(answer: Any) -> str:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return f"{first.get('message')} {first.get('details')}".lower()


def _has_page_token(case: Case) -> bool:
    return any(name in case.parameters for name in _PAGE_TOKENS)


RAISED = (FarSideError, DataRefused, PageTokenRefused)
