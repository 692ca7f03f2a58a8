"""What mails about connections say is true of them: by state, by marketplace, and by what an installation does."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.auth.domain.account import Account
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.mail import Letter, Mail, MailKind
from services.auth.entrypoints.letters import CATALOGUES, Letters
from shared.access.roles import Role
from shared.kernel.ids import UserId
from tests.unit.auth.builders import NOW, ORGANISATION, connection

DAY = timedelta(days=1)
ENDING = connection(state=ConnectionState.EXPIRING, expires_at=NOW + DAY * 20, name="Shop")
OVER = replace(ENDING, expires_at=NOW - DAY * 3)
PAUSED = replace(ENDING, state=ConnectionState.PAUSED)
PAUSED_OVER = replace(OVER, state=ConnectionState.PAUSED)
VENDOR = connection(marketplace="amazon_vendor", state=ConnectionState.REVOKED, name="Vendor")


def written(kind: MailKind, *about: Connection, goes_on: bool = True, locale: str = "en") -> Letter:
    reader = Account(UserId(uuid4()), ORGANISATION, "a@shop.example", "hash", locale, NOW, role=Role.OWNER)
    write = Letters(CATALOGUES, "https://ours.example", expired_goes_on=goes_on)
    return write(Mail(uuid4(), kind, NOW), reader, list(about), NOW)


@pytest.mark.parametrize("kind", [MailKind.EXPIRED, MailKind.REVOKED, MailKind.REFUSED])
@pytest.mark.parametrize("marketplace", ["amazon_vendor", "amazon_mcf"])
def test_where_no_order_is_read_none_is_said_to_stop(kind: MailKind, marketplace: str) -> None:
    """Seen red: “Orders are no longer imported … what came meanwhile is imported”."""
    text = written(kind, replace(VENDOR, marketplace=marketplace)).text
    assert ("imported" in text, "No order is read or handed over there yet" in text) == (False, True)
    assert "imported" in written(kind, connection()).text
    assert "imported" in written(kind, replace(VENDOR, marketplace=marketplace), connection()).text


@pytest.mark.parametrize(
    ("about", "goes_on", "means", "how_often"),
    [
        (
            ENDING,
            True,
            "Past that day the marketplace may stop it at any moment.",
            "and each day from its end on.",
        ),
        (ENDING, False, "That day it stops here until it is renewed;", "once a week until it is renewed."),
        (OVER, True, "What is over still works,", "and each day from its end on."),
        (OVER, False, "What is over stops here as soon as", "once a week until it is renewed."),
        (PAUSED, True, "What is paused stays at rest;", "once a week until it is renewed."),
        (PAUSED, False, "What is paused stays at rest;", "once a week until it is renewed."),
    ],
)
def test_what_an_end_means_is_said_as_it_is(about: Connection, goes_on: bool, means: str, how_often: str) -> None:
    """What goes on, what stops and what rests, and when the next mail comes. Seen red: one text for all of them."""
    text = written(MailKind.ENDING, about, goes_on=goes_on).text
    assert (means in text, text.rstrip().endswith(how_often)) == (True, True), text
    said = [each for each in ("until then", "What is over", "What is paused") if each in text]
    assert len(said) == 1, text


def test_what_is_paused_past_its_end_is_named_for_the_last_time() -> None:
    """No other mail is announced."""
    letter = written(MailKind.ENDING, PAUSED_OVER)
    assert ("You get this mail" in letter.text, "Everything goes on" in letter.text) == (False, False)
    assert letter.text.splitlines()[2].endswith(", paused")


def test_all_that_is_so_is_said_once() -> None:
    """Of several at once."""
    text = written(MailKind.ENDING, OVER, ENDING, PAUSED).text
    assert all(each in text for each in ("until then", "What is over", "What is paused"))


def test_a_past_day_is_no_day_to_renew_by() -> None:
    """In the subject and beside each. Seen red: “to renew by” the day before yesterday."""
    letter = written(MailKind.ENDING, OVER, ENDING)
    assert letter.subject.startswith("Authorisations to renew, the first over since ")
    over, ends = letter.text.splitlines()[2:4]
    assert (", over since " in over, ", by " in ends) == (True, True)
    assert written(MailKind.ENDING, ENDING).subject.startswith("Authorisation to renew by ")
    french = written(MailKind.ENDING, PAUSED_OVER, locale="fr")
    assert french.subject.startswith("Autorisation à renouveler, échue depuis le ")
    assert french.text.splitlines()[2].endswith(", en pause")


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize(
    "kind", [MailKind.ENDING, MailKind.EXPIRED, MailKind.REVOKED, MailKind.ROLES, MailKind.YEARLY], ids=str
)
def test_one_is_not_spoken_of_as_several(kind: MailKind, locale: str) -> None:
    """What happened, and of what stopped or ends the subject, too. Seen red: “These authorisations” of one alone."""
    one, several = (written(kind, *([ENDING] * count), locale=locale) for count in (1, 2))
    assert one.text.split("\n\n")[0] != several.text.split("\n\n")[0]
    plural = {"en": ("These", "these"), "fr": ("Ces", "ces")}[locale]
    assert not any(word in plural for word in one.text.split())
    if kind in (MailKind.ENDING, MailKind.EXPIRED, MailKind.REVOKED):
        subjects = [each.subject.split()[0].rstrip("s") for each in (one, several)]
        assert one.subject.split()[0] != several.subject.split()[0]
        assert subjects[0] == subjects[1]
