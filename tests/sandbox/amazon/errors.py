"""
Refusals in Amazon's words.

The five `details` of a 403 are the observable difference between a lost consent, an expired token, an expired secret
and a missing role (empty), so they are exact.
"""

from typing import Any

MISSING = "Access token is missing in the request header."
REJECTED = "The access token you provided is revoked, malformed or invalid."
EXPIRED = "The access token you provided has expired."
SECRET_EXPIRED = "The LWA secret token you provided has expired."
NOT_IN_REGION = "The marketplaces you provided are not valid for region."


class ApiError(Exception):
    """An answer of the Selling Partner API that is not a success."""

    def __init__(self, status: int, code: str, message: str, details: str = "", error_type: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.error_type = error_type

    def body(self) -> dict[str, Any]:
        return {"errors": [{"code": self.code, "message": self.message, "details": self.details}]}


def denied(details: str = "") -> ApiError:
    """403; empty details mean a missing role, a wrong region or an unknown path."""
    return ApiError(
        403, "Unauthorized", "Access to requested resource is denied.", details, error_type="AccessDeniedException"
    )


def throttled() -> ApiError:
    return ApiError(
        429,
        "QuotaExceeded",
        "You exceeded your quota for the requested resource.",
        error_type="TooManyRequestsException",
    )


def invalid(message: str = "Invalid Input", details: str = "") -> ApiError:
    return ApiError(400, "InvalidInput", message, details)


def not_found(message: str) -> ApiError:
    return ApiError(404, "NotFound", message)


def internal() -> ApiError:
    return ApiError(500, "InternalFailure", "We encountered an internal error. Please try again.")
