"""
What can go wrong on the far side and with our own database, by what the caller should do next.

* FarSideError
  x Retryable           try again, after `retry_after_seconds` if it is known
    + Throttled         we asked too fast
    + Unavailable       they are down, or the network is; a read, or a write that surely had no effect
  x OutcomeUnknown      a write may or may not have happened: read before repeating (or repeat, if it is keyed)
  x ConsentLost         the seller must authorise again; tell auth, stop this connection
  x ClientSecretInvalid our own secret is wrong or expired: page the operator
  x RoleMissing         the application may not do this; other work goes on
  x Refused             they understood and said no; a person must look
    + AlreadyDone       they said no because it was done before: read back whose it was
  x Unreadable          they said yes in words we cannot parse: park it, with the bytes sealed
"""


class FarSideError(Exception):
    """`code` is stable and ours; `detail` is safe to show: never a token, a secret or personal data."""

    def __init__(self, detail: str = "", *, code: str = "", request_id: str | None = None) -> None:
        super().__init__(detail or code or type(self).__name__)
        self.code = code or _snake(type(self).__name__)
        self.detail = detail
        self.request_id = request_id


class Retryable(FarSideError):
    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(detail, code=code, request_id=request_id)
        self.retry_after_seconds = retry_after_seconds


class Throttled(Retryable):
    pass


class Unavailable(Retryable):
    pass


class OutcomeUnknown(FarSideError):
    pass


class ConsentLost(FarSideError):
    """`consent_version` is the consent the refused token came from, where the caller knows it."""

    def __init__(
        self, detail: str = "", *, code: str = "", request_id: str | None = None, consent_version: int | None = None
    ) -> None:
        super().__init__(detail, code=code, request_id=request_id)
        self.consent_version = consent_version


class TokenRejected(FarSideError):
    """The access token, not the consent, was refused: ask auth once more, naming its version as `rejected`."""


class ClientSecretInvalid(FarSideError):
    pass


class RoleMissing(FarSideError):
    pass


class Refused(FarSideError):
    pass


class AlreadyDone(Refused):
    pass


class Unreadable(FarSideError):
    """`raw` is what they sent: personal data, to be sealed, never logged."""

    def __init__(self, detail: str = "", *, code: str = "", request_id: str | None = None, raw: bytes = b"") -> None:
        super().__init__(detail, code=code, request_id=request_id)
        self.raw = raw


class DatabaseUnavailable(Exception):
    """The server is away or cannot write; the same again later."""


class Conflict(Exception):
    """A deadlock, a serialisation failure or a lock that could not be had; the same again at once."""


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
