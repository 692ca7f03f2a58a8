"""
What mails about connections say: by their kind, by what we do at the marketplace, and by what an installation does at
an end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.mail import MailKind
from services.auth.entrypoints.sentences import marketplace_of
from shared.marketplaces.registry import PROFILES

_SUBJECTS = {
    MailKind.ENDING: "Authorisations to renew, the first by %(date)s: %(names)s",
    MailKind.EXPIRED: "Authorisations ended: %(names)s",
    MailKind.REVOKED: "Authorisations withdrawn: %(names)s",
    MailKind.REFUSED: "The marketplace refuses us: %(names)s",
    MailKind.ROLE_MISSING: "A role is missing: %(names)s",
    MailKind.ROLES: "Consent once more, for a new role: %(names)s",
    MailKind.YEARLY: "Once a year, renew the token of your own application: %(names)s",
    MailKind.SECRET_REFUSED: "The client secret of your own application is refused: %(names)s",
    MailKind.SECRET_ENDS: "Replace the client secret of your own application by %(date)s: %(names)s",
}
_SUBJECT_OVER = "Authorisations to renew, the first over since %(date)s: %(names)s"
_HAPPENED = {
    MailKind.ENDING: "These authorisations are to be renewed:",
    MailKind.EXPIRED: "The time of these authorisations is over, and they were not renewed:",
    MailKind.REVOKED: "The marketplace says that these authorisations were withdrawn:",
    MailKind.REFUSED: "The marketplace has not let us in for two hours:",
    MailKind.ROLE_MISSING: "For two hours the marketplace has not shown us everything that is needed:",
    MailKind.ROLES: "Our application asks for a role that these authorisations do not hold yet:",
    MailKind.YEARLY: "These connections use an application of your own, and their token is a year old:",
    MailKind.SECRET_REFUSED: "The marketplace has refused the client secret of your own application for two hours. The "
    "application reaches:",
    MailKind.SECRET_ENDS: "The client secret of your own application ends by %(date)s, counted from when you entered "
    "it. The application reaches:",
}
_MEANS = {
    MailKind.EXPIRED: "Orders are no longer imported and stock is no longer sent. Nothing is lost: once it is renewed, "
    "what came meanwhile is imported.",
    MailKind.REVOKED: "Orders are no longer imported, and no stock and no tracking number is sent. Nothing is lost: "
    "once you reconnect, what came meanwhile is imported.",
    MailKind.REFUSED: "Orders are no longer imported, and no stock and no tracking number is sent. We ask again every "
    "hour and go on by ourselves; reconnecting, or giving us access in its portal again, may mend it.",
    MailKind.ROLE_MISSING: "What needs the role waits, and nothing is lost. The connection’s page names the roles and "
    "says what to do: reconnect, or tick them for your own application and authorise it again.",
    MailKind.ROLES: "Everything goes on as before, but what needs the role. Authorise us once more to give it.",
    MailKind.YEARLY: "No end of such a token is known, and nothing stops. All the same, authorise your application "
    "once more and enter the new token.",
    MailKind.SECRET_REFUSED: "Nothing is read or sent there any more. Make a new secret at the marketplace and enter "
    "it: then everything goes on by itself, from where it stood.",
    MailKind.SECRET_ENDS: "After that day nothing is read or sent there. Make a new secret at the marketplace and "
    "enter it before: the one before stays in use beside it for seven days.",
}
# Of marketplaces where no service of ours works yet.
_MEANS_UNREAD = {
    MailKind.EXPIRED: "No order is read or handed over there yet, so that nothing else stops. Once it is renewed, we "
    "ask again every day whether it works.",
    MailKind.REVOKED: "No order is read or handed over there yet, so that nothing else stops. Once you reconnect, we "
    "ask again every day whether it works.",
    MailKind.REFUSED: "No order is read or handed over there yet, so that nothing else stops. We ask again every hour "
    "and go on by ourselves; reconnecting may mend it.",
}
# By whether what still works at its end goes on.
_UNTIL_THEN = {
    True: "Everything goes on until then. Past that day the marketplace may stop it at any moment.",
    False: "Everything goes on until then. That day it stops here until it is renewed; nothing is lost.",
}
_OVER = {
    True: "What is over still works, but the marketplace may stop it at any moment.",
    False: "What is over stops here as soon as the marketplace has answered once more; nothing is lost.",
}
_PAUSED = "What is paused stays at rest; renewed, it can go on whenever you resume it."
_HOW_OFTEN = {
    True: "You get this mail once a week until they are renewed, and each day from the first end on.",
    False: "You get this mail once a week until they are renewed.",
}
# What is said of several, where it is one.
_OF_ONE = {
    "Authorisations to renew, the first by %(date)s: %(names)s": "Authorisation to renew by %(date)s: %(names)s",
    _SUBJECT_OVER: "Authorisation to renew, over since %(date)s: %(names)s",
    "Authorisations ended: %(names)s": "Authorisation ended: %(names)s",
    "Authorisations withdrawn: %(names)s": "Authorisation withdrawn: %(names)s",
    "These authorisations are to be renewed:": "This authorisation is to be renewed:",
    "The time of these authorisations is over, and they were not renewed:": "The time of this authorisation is over, "
    "and it was not renewed:",
    "The marketplace says that these authorisations were withdrawn:": "The marketplace says that this authorisation "
    "was withdrawn:",
    "Our application asks for a role that these authorisations do not hold yet:": "Our application asks for a role "
    "that this authorisation does not hold yet:",
    "These connections use an application of your own, and their token is a year old:": "This connection uses an "
    "application of your own, and its token is a year old:",
    "You get this mail once a week until they are renewed, and each day from the first end on.": "You get this mail "
    "once a week until it is renewed, and each day from its end on.",
    "You get this mail once a week until they are renewed.": "You get this mail once a week until it is renewed.",
}
_TO_DO = "Renew or reconnect here: %(address)s"
_ENTER_IT = "Enter the new secret here: %(address)s"
_LINE = "- %(name)s – %(marketplace)s"
_LINE_OF_ROLES = "- %(name)s – %(marketplace)s: %(roles)s"
_LINE_TO_RENEW = "- %(name)s – %(marketplace)s, by %(date)s"
_LINE_OVER = "- %(name)s – %(marketplace)s, over since %(date)s"
_LINE_PAUSED = "%(line)s, paused"
_NAMES_MOST = 3
_OF_SECRETS = frozenset({MailKind.SECRET_REFUSED, MailKind.SECRET_ENDS})


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a mail is written. `goes_on`: whether what still works at its end does; `say` translates."""

    now: datetime
    goes_on: bool
    connections_url: str
    language: str
    say: Callable[[str], str]


def subject_of(kind: MailKind, about: Sequence[Connection], its: Setting) -> str:
    """`about`: the first to end first."""
    names = ", ".join(one.name for one in about[:_NAMES_MOST]) + (", …" if len(about) > _NAMES_MOST else "")
    is_over = kind is MailKind.ENDING and _is_over(about[0], its)
    subject = _SUBJECT_OVER if is_over else _SUBJECTS[kind]
    return its.say(_counted(subject, about)) % {"date": _first_day(kind, about, its), "names": names}


def paragraphs_of(kind: MailKind, about: Sequence[Connection], its: Setting) -> list[str]:
    """What happened, to which, what that means, and what to do."""
    if kind in _OF_SECRETS:
        to_do, address = _ENTER_IT, f"{its.connections_url}/{about[0].marketplace}/private"
    else:
        to_do, address = _TO_DO, its.connections_url
    return [
        its.say(_counted(_HAPPENED[kind], about)) % {"date": _first_day(kind, about, its)},
        "\n".join(_line(kind, one, its) for one in about),
        " ".join(its.say(sentence) for sentence in _means(kind, about, its)),
        its.say(to_do) % {"address": address},
        *([its.say(_counted(often, about))] if kind is MailKind.ENDING and (often := _how_often(about, its)) else []),
    ]


def all_sentences() -> list[str]:
    """Every sentence here, for the catalogues' completeness."""
    by_kind = (_SUBJECTS, _HAPPENED, _MEANS, _MEANS_UNREAD)
    by_setting = (_UNTIL_THEN, _OVER, _HOW_OFTEN)
    lines = [_LINE, _LINE_OF_ROLES, _LINE_TO_RENEW, _LINE_OVER, _LINE_PAUSED]
    said = [sentence for each in by_kind for sentence in each.values()]
    return [
        *said,
        *(one for each in by_setting for one in each.values()),
        *_OF_ONE.values(),
        _SUBJECT_OVER,
        _PAUSED,
        _TO_DO,
        _ENTER_IT,
        *lines,
    ]


def _counted(sentence: str, about: Sequence[Connection]) -> str:
    """As it is said of so many."""
    return _OF_ONE.get(sentence, sentence) if len(about) == 1 else sentence


def _means(kind: MailKind, about: Sequence[Connection], its: Setting) -> list[str]:
    if kind is MailKind.ENDING:
        running = [one for one in about if not _is_paused(one)]
        over = [one for one in running if _is_over(one, its)]
        return [
            *([_UNTIL_THEN[its.goes_on]] if len(over) < len(running) else []),
            *([_OVER[its.goes_on]] if over else []),
            *([_PAUSED] if len(running) < len(about) else []),
        ]
    is_read = any(PROFILES[one.marketplace].capabilities is not None for one in about)
    return [_MEANS[kind] if is_read else _MEANS_UNREAD.get(kind, _MEANS[kind])]


def _how_often(about: Sequence[Connection], its: Setting) -> str | None:
    """What is paused is named no more past its end."""
    if all(_is_paused(one) for one in about):
        return None if all(_is_over(one, its) for one in about) else _HOW_OFTEN[False]
    return _HOW_OFTEN[its.goes_on]


def _line(kind: MailKind, one: Connection, its: Setting) -> str:
    told = {
        "name": one.name,
        "marketplace": marketplace_of(one, its.say),
        "date": _day(one.expires_at, its),
        "roles": ", ".join(one.lacks_roles),
    }
    match kind:
        case MailKind.ENDING:
            line = its.say(_LINE_OVER if _is_over(one, its) else _LINE_TO_RENEW) % told
            return its.say(_LINE_PAUSED) % {"line": line} if _is_paused(one) else line
        case MailKind.ROLES:
            return its.say(_LINE_OF_ROLES) % told
        case _:
            return its.say(_LINE) % told


def _is_over(connection: Connection, its: Setting) -> bool:
    return connection.expires_at is not None and its.now >= connection.expires_at


def _is_paused(connection: Connection) -> bool:
    return connection.state is ConnectionState.PAUSED


def _first_day(kind: MailKind, about: Sequence[Connection], its: Setting) -> str:
    return _day(about[0].secret_ends_at if kind in _OF_SECRETS else about[0].expires_at, its)


def _day(at: datetime | None, its: Setting) -> str:
    return format_date(at, "d MMMM y", locale=its.language) if at else ""
