"""What forms of one's own account ask for beside the session, read and answered in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from services.auth.domain.account import SignInRefused, TooManyAttempts
from services.auth.domain.second_factor import CodeRefused, NoFactor
from services.auth.domain.showing import NothingShown, ShownTooLongAgo
from services.auth.entrypoints.held import auth_of, pages_of, who_of
from services.auth.entrypoints.sentences import (
    CODE_REFUSED,
    NOTHING_SHOWN,
    PRESENT_ONE_WRONG,
    SHOWN_BEFORE,
    TOO_MANY_ATTEMPTS,
)
from services.auth.usecases.prove_password import Proven
from services.auth.usecases.show_at_act import Typed, asked_of, show_at_act
from shared.access.errors import SignInFirst
from shared.access.principal import Principal
from shared.web.forms import PostedForm

NOT_SHOWN = (SignInRefused, CodeRefused, NoFactor, NothingShown, ShownTooLongAgo, TooManyAttempts)


@dataclass(frozen=True)
class Wrong:
    """Why a form was not taken: English sentences by field, empty: of no field."""

    status: int
    said: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """One of them, for where there are no fields."""
        return next(iter(self.said.values()))


def wrong_of(error: Exception) -> Wrong:
    """`error`: one of `NOT_SHOWN`."""
    match error:
        case TooManyAttempts():
            return Wrong(429, {"": TOO_MANY_ATTEMPTS})
        case NothingShown():
            return Wrong(422, {"": NOTHING_SHOWN})
        case ShownTooLongAgo():
            return Wrong(403, {"": SHOWN_BEFORE})
        case SignInRefused():
            return Wrong(422, {"password": PRESENT_ONE_WRONG})
        case _:
            return Wrong(422, {"code": CODE_REFUSED})


def typed_of(form: PostedForm) -> Typed:
    return Typed(form.typed("password"), form.text("code"))


async def shown_at_act(request: Request, form: PostedForm) -> Proven:
    """By the fields `password` and `code`. Raises as `show_at_act`."""
    held = auth_of(request)
    return await show_at_act(
        who_of(request, form.principal),
        typed_of(form),
        uow=held.uow,
        hasher=held.hasher,
        vault=held.factors,
        clock=held.clock,
        mask=held.mask_attempt,
    )


async def shown_if_asked(request: Request, form: PostedForm) -> Proven | None:
    """
    For a form that may be such an act: `confirmed` is sent by the page that asked. None: by another, which asked for
    nothing. Raises as `show_at_act`.
    """
    return await shown_at_act(request, form) if form.text("confirmed") else None


async def act_parts(request: Request, who: Principal, wrong: Wrong | None) -> dict[str, object]:
    """
    What a template needs for `act_parts.html`, and what was wrong in the reader's language. Raises SignInFirst: the
    session ended meanwhile.
    """
    held, pages = auth_of(request), pages_of(request)
    try:
        async with held.uow() as store:
            asked = await asked_of(who_of(request, who), store=store, now=held.clock.now())
    except SignInRefused:
        raise SignInFirst("/") from None
    said = {
        name: pages.say(request, sentence, principal=who) for name, sentence in (wrong.said if wrong else {}).items()
    }
    trouble = said.pop("", None)
    return {"asked": asked, "errors": said, "trouble": trouble, "provider": held.openid.name if held.openid else None}
