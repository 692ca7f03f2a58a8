"""What is asked and what came back. Both may hold secrets and personal data: neither is ever logged or printed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from shared.kernel.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Request:
    """
    One call. `operation` names it in logs, metrics and budgets (`searchOrders`), `url` has no query.

    `effect`: what a lost answer means: a `read` may be asked again, a `write` may or may not have happened.
    `send_before_monotonic`: the intent's fence; past it the request does not leave (TooLate).
    `timeout_seconds` is for the whole call, connecting included.
    """

    method: str
    url: str
    operation: str
    effect: Literal["read", "write"]
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    content_type: str | None = None
    timeout_seconds: float = 20
    send_before_monotonic: float | None = None

    @property
    def full_url(self) -> str:
        """The address with its parameters, percent-encoded so that `+`, `/` and `,` survive as data."""
        if not self.params:
            return self.url
        return f"{self.url}?{urlencode(self.params, quote_via=quote, safe='')}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.host}, operation={self.operation!r}, effect={self.effect!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """Any status: what it means is the caller's to say. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises Unreadable, with the bytes."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Unreadable("the answer is not JSON", code="not_json", raw=self.body) from error

    @property
    def request_id(self) -> str | None:
        """The far side's name for this call, which its support asks for."""
        for name in ("x-amzn-requestid", "x-amz-request-id", "x-request-id"):
            if name in self.headers:
                return self.headers[name]
        return None

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, bytes={len(self.body)})"
