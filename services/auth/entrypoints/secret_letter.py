"""What operators are written of a client secret that ends: in English, as their runbook is."""

from uuid import uuid5

from services.auth.domain.client_secret import ClientSecret, OurClient
from services.auth.domain.mail import Letter
from shared.marketplaces.registry import PROFILES

_SUBJECT = "Passerelle: the client secret at {marketplace} ends within {days} day{s}"
_TEXT = """\
The client secret of the application {client} at {marketplace} ends on {ends}{counted}.
After that no token is renewed: all its sellers stop.

{to_do}

What there is: python -m services.auth secrets list
What to do: docs/runbooks/authorisations.md, "A client secret ends"
"""
_BY_ITSELF = "It is replaced by itself, by the queue. Whoever reads this within the last 15 days: it was not."
_BY_HAND = (
    "Make another one on the application's page, and enter it on the page /support/secrets, or give it to:\n"
    "python -m services.auth secrets set"
)


class SecretLetter:
    """See `usecases.secret_ports.OperatorsLetter`."""

    def __init__(self, to: str) -> None:
        self._to = to

    def __call__(self, client: OurClient, secret: ClientSecret, days: int) -> Letter:
        title = PROFILES[client.marketplace].title
        ends = f"{secret.ends_at:%Y-%m-%d %H:%M} UTC" if secret.ends_at else "an unknown day"
        text = _TEXT.format(
            client=client.client_id,
            marketplace=title,
            ends=ends,
            counted="" if secret.end_is_told else ", counted from when it was first seen here; perhaps earlier",
            to_do=_BY_ITSELF if client.queue_url else _BY_HAND,
        )
        subject = _SUBJECT.format(marketplace=title, days=days, s="" if days == 1 else "s")
        return Letter(uuid5(secret.id, str(days)), self._to, subject, text)
