"""
What a person shows once more at an act, whatever they showed when they signed in: whoever steals a session alone must
not be able to plant a second factor, or to take the account away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.auth.domain.account import Session, Way

# For so long after a sign-in what was shown by it counts where nothing else can be asked for.
SHOWN_LASTS = timedelta(minutes=10)


class ShownTooLongAgo(Exception):
    """The second factor is to be shown by another sign-in: the last one is too long ago, or showed none of ours."""


class NothingShown(Exception):
    """The act asks for more than the session, and nothing more was shown yet."""


class ShowAgain(StrEnum):
    """
    How a second factor is shown once more, for one act. `code`: of the app, or a recovery code; `shown`: this sign-in
    is so young that it counts; `sign_in`: by another one.
    """

    CODE = "code"
    SHOWN = "shown"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an act on one's own account asks for. `again` None: there is no second factor."""

    password: bool
    again: ShowAgain | None


def show_again(session: Session, now: datetime, *, app: bool) -> ShowAgain:
    """
    `app`: one gives codes that count. Without, or with a passkey alone, a sign-in of just now counts; what an OpenID
    provider asked for it may have asked for long before.
    """
    is_young = not session.two_factors and _is_young(session, now)
    if app and not (is_young and session.way is Way.PASSKEY):
        return ShowAgain.CODE
    return ShowAgain.SHOWN if is_young else ShowAgain.SIGN_IN


def asked_at_act(session: Session, now: datetime, *, factor: bool, app: bool) -> Asked:
    """
    The password, and a second factor where there is one: `factor`, of any kind; `app`: of this kind. Whoever has just
    come from an OpenID provider may know no password, and is asked for none.
    """
    from_provider = session.way is Way.OPENID and _is_young(session, now)
    return Asked(not from_provider, show_again(session, now, app=app) if factor else None)


def _is_young(session: Session, now: datetime) -> bool:
    return now < session.created_at + SHOWN_LASTS
