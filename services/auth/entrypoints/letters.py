"""What our mails say, in their reader's language."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid5

from babel.dates import format_date

from services.auth.domain.account import LOCALES, Account
from services.auth.domain.closing import Farewell
from services.auth.domain.connection import Connection
from services.auth.domain.mail import Letter, Mail, MailKind
from services.auth.entrypoints.connection_letters import Setting, paragraphs_of, subject_of
from services.auth.entrypoints.connection_letters import all_sentences as connection_sentences
from services.auth.entrypoints.roles import ROLES
from services.auth.usecases.member_ports import Invited
from shared.web.languages import HERE, read_translations

_ADDRESS = "%(address)s"
_ONCE_A_DAY = "However often this happens, you are told of it once a day at most."
# About an account: the subject, then the paragraphs.
_ACCOUNT = {
    MailKind.CONFIRM: (
        "Confirm your e-mail address",
        "Somebody, probably you, signed up to Passerelle with this address. To confirm that it is yours, open:",
        _ADDRESS,
        "The link is good for a day, once. If it was not you, do nothing.",
    ),
    MailKind.RESET: (
        "A new password for Passerelle",
        "Somebody, probably you, asked for a new password. To choose it, open:",
        _ADDRESS,
        "The link is good for an hour, once. If it was not you, do nothing: your password stays as it is.",
    ),
    MailKind.CHANGED: (
        "Your password was changed",
        "The password of your account at Passerelle was changed just now, and other sessions were ended.",
        "If it was not you, choose a new one at once: %(address)s",
    ),
    MailKind.PASSKEY_REFUSED: (
        "A passkey of yours was refused",
        "Somebody tried to sign in to Passerelle with a passkey of your account, and its counter was behind what we "
        "had seen: there may be a copy of it. Nobody was signed in.",
        "If it was not you, or happens again, remove this passkey and add another: %(address)s",
    ),
    MailKind.LOCKED: (
        "Your account is locked for half an hour",
        "Too many wrong passwords in a row were entered for your account at Passerelle. For half an hour no password "
        "opens it, not even the right one; whoever is signed in goes on.",
        "If it was you, wait, or choose another password, which opens the account at once: %(address)s",
        "If it was not you, somebody is guessing, and has found nothing out: do nothing, or add a passkey or an app "
        "for codes, under Settings, Your account.",
        _ONCE_A_DAY,
    ),
    MailKind.CODES_LOCKED: (
        "Your second factor is locked for half an hour",
        "Ten codes in a row were wrong for your account at Passerelle, or ten passkeys after the password, of somebody "
        "who had your password or signed in where you do. For half an hour no other of that kind is taken; whoever is "
        "signed in goes on.",
        "If it was you, wait, sign in by a passkey alone, or choose another password, which opens the account at once: "
        "%(address)s",
        "If it was not you, somebody has your password: choose another one now, by the same address.",
        _ONCE_A_DAY,
    ),
    MailKind.ACTS_LOCKED: (
        "Somebody who is signed in as you is guessing your password",
        "Ten wrong passwords in a row were entered on the pages of your account at Passerelle, by somebody who was "
        "signed in as you. For half an hour these pages take none, not even the right one; signing in works.",
        "If it was you, wait, or choose another password, which opens them at once: %(address)s",
        "If it was not you, choose another password now, by the same address: that ends every session.",
        _ONCE_A_DAY,
    ),
    MailKind.FACTOR_ADDED: (
        "A second factor was added to your account",
        "An app for codes, or a passkey, was added to your account at Passerelle just now. Settings, Your account, "
        "lists what there is.",
        "If it was not you, choose another password at once, which ends every session: %(address)s",
        "Then sign in and remove what is not yours. If you cannot sign in any more, tell whoever runs this "
        "installation.",
    ),
    MailKind.FACTOR_REMOVED: (
        "A second factor was removed from your account",
        "An app for codes, or a passkey, was removed from your account at Passerelle just now. Settings, Your account, "
        "lists what is left.",
        "If it was not you, choose another password at once, which ends every session: %(address)s",
        "Then sign in and set up what is missing.",
    ),
    MailKind.RECOVERY_CODES_MADE: (
        "New recovery codes were made for your account",
        "Ten recovery codes were made for your account at Passerelle just now. Those it had before are good no more.",
        "If it was not you, choose another password at once, which ends every session: %(address)s",
        "Then sign in and make new ones, under Settings, Your account. If you cannot sign in any more, tell whoever "
        "runs this installation.",
    ),
    MailKind.CLIENT_MADE: (
        "A program was let in with your account",
        "An API client, or another secret of one, was made with your account at Passerelle just now: whoever has the "
        "secret does with a program what was allowed to it. Settings, API clients, lists what there is.",
        "If it was not you, choose another password at once, which ends every session: %(address)s",
        "Then sign in, and revoke the client or end the secret. If you cannot sign in any more, tell whoever runs this "
        "installation.",
    ),
}
_INVITATION = (
    "Invitation to Passerelle: %(organisation)s",
    "You are invited to work with the orders, stock and shipments of %(organisation)s at Passerelle. Your role: "
    "%(role)s.",
    "To accept, choose a password here:",
    _ADDRESS,
    "The link is good until %(date)s, once. If you do not know who invites you, do nothing.",
)
_FAREWELL = (
    "Closed at Passerelle: %(organisation)s",
    "An owner has closed %(organisation)s at Passerelle. Its marketplaces are disconnected, the buyers’ data that came "
    "by them is being erased, and your account is deleted.",
    "This address is free: you can accept an invitation of another organisation with it, or sign up anew here: "
    "%(address)s",
    "At marketplaces our application stays listed until it is removed there. If nobody of you meant this, tell whoever "
    "runs this installation.",
)
INVITATION_PATH = "/signup/invited/"
RESET_PATH = "/signin/reset/"
_PATHS = {
    MailKind.CONFIRM: "/signup/confirm/",
    MailKind.RESET: RESET_PATH,
    MailKind.CHANGED: "/signin/forgotten",
    MailKind.PASSKEY_REFUSED: "/settings/account",
    MailKind.LOCKED: "/signin/forgotten",
    MailKind.CODES_LOCKED: "/signin/forgotten",
    MailKind.ACTS_LOCKED: "/signin/forgotten",
    MailKind.FACTOR_ADDED: "/signin/forgotten",
    MailKind.FACTOR_REMOVED: "/signin/forgotten",
    MailKind.RECOVERY_CODES_MADE: "/signin/forgotten",
    MailKind.CLIENT_MADE: "/signin/forgotten",
}
CATALOGUES = Path(__file__).parents[1] / "catalogues"


class Letters:
    """See `usecases.mail_ports.Writer`."""

    def __init__(self, catalogues: Path, public_url: str, *, expired_goes_on: bool) -> None:
        folders = [HERE / "catalogues", catalogues]
        self._translations = {language: read_translations(language, folders) for language in LOCALES}
        self._public_url, self._goes_on = public_url, expired_goes_on

    def __call__(self, mail: Mail, reader: Account, about: Sequence[Connection], now: datetime) -> Letter:
        say, language = self._translations[reader.locale].gettext, reader.locale
        its = Setting(now, self._goes_on, f"{self._public_url}/connections", language, say)
        text = "\n\n".join(paragraphs_of(mail.kind, about, its))
        return Letter(mail.id, reader.email, subject_of(mail.kind, about, its), text + "\n")

    def invitation(self, invited: Invited, secret: str) -> Letter:
        """See `usecases.member_ports.InvitationWriter`."""
        its, language = invited.invitation, invited.invitation.locale
        say = self._translations[language].gettext
        told = {
            "organisation": invited.organisation,
            "role": say(ROLES[its.role].name),
            "date": format_date(its.expires_at, "d MMMM y", locale=language),
            "address": f"{self._public_url}{INVITATION_PATH}{secret}",
        }
        subject, *parts = (say(part) % told for part in _INVITATION)
        return Letter(uuid5(its.id, str(its.mail_due_at)), its.email, subject, "\n\n".join(parts) + "\n")

    def farewell(self, farewell: Farewell) -> Letter:
        """See `usecases.closing_ports.FarewellWriter`."""
        say = self._translations[farewell.locale].gettext
        told = {"organisation": farewell.organisation, "address": f"{self._public_url}/signup"}
        subject, *parts = (say(part) % told for part in _FAREWELL)
        return Letter(farewell.id, farewell.email, subject, "\n\n".join(parts) + "\n")

    def about_account(self, mail: Mail, reader: Account, secret: str) -> Letter:
        say = self._translations[reader.locale].gettext
        address = f"{self._public_url}{_PATHS[mail.kind]}{secret}"
        subject, *parts = (say(part) if part != _ADDRESS else part for part in _ACCOUNT[mail.kind])
        text = "\n\n".join(part % {"address": address} for part in parts)
        return Letter(mail.id, reader.email, subject, text + "\n")


def all_sentences() -> list[str]:
    """Every sentence here, for the catalogues' completeness."""
    account = [part for parts in _ACCOUNT.values() for part in parts if part != _ADDRESS]
    invitation = [part for part in _INVITATION if part != _ADDRESS]
    return [*connection_sentences(), *invitation, *_FAREWELL, *account]
