"""What auth's worker sends by the sandbox's mail server."""

from functools import partial

from services.auth.bootstrap import MAIL
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.usecases.send_mail import send_mail
from tests.integration.auth.conftest import Running
from tests.sandbox_client import Json


async def sent_to(auth: Running, email: str) -> list[Json]:
    """All mails of an address, once the worker has sent what is due."""
    held = auth.held
    assert held.mailer is not None
    # Asked for by a clock that was turned, they are due by the database's.
    await auth.rows("update mail set due_at = now() where due_at is not null and connection_ids = '{}'")
    letters = Letters(CATALOGUES, held.public_url, expired_goes_on=held.expired_goes_on)
    work = partial(send_mail, mailer=held.mailer, write=letters, clock=held.clock, new_secret=held.new_secret)
    while True:
        async with held.claims.lease(MAIL) as lease:
            if lease is None:
                break
            await work(lease)
    return await auth.sandbox.mails(email)
