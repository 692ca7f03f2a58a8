"""The endpoint of a connection: what moving it does, and how mails and calendars name it."""

from dataclasses import replace
from uuid import uuid4

import pytest

from services.auth.domain.account import Account
from services.auth.domain.connection import Connection, ConnectionState, Happened, work_at
from services.auth.domain.mail import Mail, MailKind
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.entrypoints.operator import _facts
from shared.access.roles import Role
from shared.kernel.ids import UserId
from shared.marketplaces.endpoint import Endpoint
from tests.unit.auth.builders import NOW, ORGANISATION, connection

MCF = connection(marketplace="amazon_mcf", endpoint=Endpoint.SANDBOX, name="Warehouse")


def test_moving_a_connection_asks_there_at_once() -> None:
    """It is told, and its probe is due; where it is already nothing happens, and what rests is not woken."""
    moved = work_at(MCF, Endpoint.PRODUCTION, NOW)
    assert (moved.connection.endpoint, moved.connection.probe_due_at) == (Endpoint.PRODUCTION, NOW)
    assert moved.happened is Happened.SETTINGS_CHANGED
    assert work_at(MCF, Endpoint.SANDBOX, NOW).happened is None
    resting = replace(MCF, state=ConnectionState.PAUSED, probe_due_at=None)
    assert work_at(resting, Endpoint.PRODUCTION, NOW).connection.probe_due_at is None


@pytest.mark.parametrize(
    ("locale", "one", "said"),
    [
        ("en", MCF, "- Warehouse – Amazon Multi-Channel Fulfillment, sandbox endpoint"),
        ("fr", MCF, "- Warehouse – Amazon Multi-Channel Fulfillment, point d’accès de test"),
        (
            "en",
            replace(MCF, endpoint=Endpoint.PRODUCTION),
            "- Warehouse – Amazon Multi-Channel Fulfillment, production endpoint",
        ),
        ("en", connection(), "- Main shop – Amazon"),
    ],
)
def test_a_mail_names_the_endpoint_where_there_is_a_choice(locale: str, one: Connection, said: str) -> None:
    """In its reader's language; of a marketplace with one endpoint nothing is said. Seen red with the title alone."""
    reader = Account(UserId(uuid4()), ORGANISATION, "a@shop.example", "hash", locale, NOW, role=Role.OWNER)
    write = Letters(CATALOGUES, "https://ours.example", expired_goes_on=True)
    letter = write(Mail(uuid4(), MailKind.REVOKED, NOW), reader, [one], NOW)
    assert said in letter.text.splitlines()


def test_an_operator_sees_the_endpoint() -> None:
    """As a code, like the state."""
    assert _facts(MCF)["endpoint"] == "sandbox"
