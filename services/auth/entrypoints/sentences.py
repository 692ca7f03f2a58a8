"""What auth's pages say about codes; English, translated by the catalogues."""

from collections.abc import Callable
from dataclasses import dataclass

from services.auth.domain.brought import BroughtProblem
from services.auth.domain.claim import ClaimProblem
from services.auth.domain.connection import Connection
from services.auth.domain.consent import ConsentProblem
from services.auth.domain.openid import OpenIdProblem
from services.auth.entrypoints.calendar_sentences import CALENDAR_SENTENCES
from services.auth.entrypoints.client_sentences import CLIENT_SENTENCES
from services.auth.entrypoints.deeds import DEEDS
from services.auth.entrypoints.private_sentences import AWAY, CREDENTIAL_PROBLEMS, OF_A_CODE, PRIVATE_PROBLEMS
from services.auth.entrypoints.secret_sentences import SECRET_SENTENCES
from shared.access.scopes import MEANINGS, SELLER_SCOPES
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.registry import PROFILES

PASSWORD_PROBLEMS = {
    "too_short": "The password needs at least 12 characters.",
    "too_long": "The password has more than 200 characters.",
    "too_few_classes": "The password needs a small letter, a capital letter, a digit and another sign.",
    "too_simple": "The password repeats too few different characters.",
    "contains_email": "The password must not contain a part of your e-mail address.",
    "contains_name": "The password must not contain a part of your organisation's name.",
    "reused": "You had this password before: none of the last ten may be used again.",
    "too_young": "Your password was changed less than a day ago. If somebody else may know it, sign out and use "
    "“Forgot your password?”.",
}
FIELD_PROBLEMS = {
    **{f"{name}.{code}": said for name in ("password", "new_password") for code, said in PASSWORD_PROBLEMS.items()},
    "email.missing": "Enter your e-mail address.",
    "email.not_an_email": "Enter an e-mail address such as name@example.com.",
    "email.taken": "There is an account with this e-mail address already: sign in instead.",
    "email.member": "Whoever has this address is a member already.",
    "email.members_full": "There are as many members and invitations as an organisation may have. Remove one first.",
    "role.unknown": "Choose a role.",
    "organisation.missing": "Enter the name of your organisation.",
    "organisation.another": "This is not the name of your organisation. Type it as it stands above.",
    "organisation.too_long": "The name has more than 120 characters, or some that cannot be shown.",
    "name.invalid": "Enter a name of 1 to 80 characters.",
    "country.not_offered": "Choose the country of your seller account; one that is not in the list is not set up here.",
    "region.not_offered": "This region is not set up here. Choose another one.",
    "orders_from.invalid": "Enter a day and a time, at most 90 days from now.",
    "endpoint.not_offered": "This marketplace has no test endpoint.",
    "channels.invalid": "Choose at least one channel of the list.",
    "asked.missing": "Enter what you look for, up to 254 characters.",
    "reason.too_short": "Say it in at least 10 characters.",
    "reason.too_long": "The reason has more than 500 characters, or some that cannot be shown.",
    "reason.address": "Leave out e-mail addresses: the reason cannot be erased.",
}
BROUGHT_PROBLEMS = {
    BroughtProblem.EMPTY: "There is no account in it.",
    BroughtProblem.NOT_A_TABLE: "This is not a table.",
    BroughtProblem.TOO_MANY: "A table may have 200 lines.",
    BroughtProblem.COLUMN_MISSING: "The first line must name name, merchant_id and marketplace_ids, each once.",
    BroughtProblem.NAME_INVALID: "Enter a name of 1 to 80 characters.",
    BroughtProblem.SELLER_INVALID: "A merchant ID has letters and digits, such as A2EXAMPLE0001.",
    BroughtProblem.CHANNELS_UNKNOWN: "Enter country codes or marketplace IDs, with spaces between.",
    BroughtProblem.NOT_OFFERED: "One of these marketplaces is in a region that is not set up here.",
    BroughtProblem.REPEATED: "This account is in an earlier line already.",
}
BROUGHT_FULL = "So many accounts wait for your consent already. Authorise or disconnect some of them first."
ADDRESS_PROBLEMS = {
    "name": "Enter the name, up to 60 characters.",
    "street": "Enter street and number, up to 60 characters.",
    "more": "A second line has up to 60 characters.",
    "postal_code": "A postal code has up to 16 letters, digits, spaces and hyphens.",
    "city": "Enter the city, up to 60 characters.",
    "country": "Choose the country.",
}
# What an API client may be allowed to do, in the order it is offered.
SCOPES = {scope: meaning for scope, meaning in MEANINGS.items() if scope in SELLER_SCOPES}
SIGN_IN_REFUSED = "E-mail address and password do not fit together."
PRESENT_ONE_WRONG = "This is not your present password."
SHOWN_BEFORE = "You signed in more than ten minutes ago, so that nothing was done. Sign in again first."
NOTHING_SHOWN = "Nothing has changed yet: to make or remove an owner, show that it is you who is signed in."
CODE_REFUSED = "This is not the code of now, or it was used before. Wait for the next one."
PASSKEY_REFUSED = "This passkey was not accepted. Try again, or sign in another way."
PASSKEY_NOT_ADDED = "The passkey was not added. Try again, or on another device."
PASSKEYS_FULL = "You have as many passkeys as there may be. Remove one first."
PASSKEY_COPIED = (
    "This passkey was refused: its counter went back, so that there may be a copy of it. Its owner was told."
)
OPENID_PROBLEMS = {
    OpenIdProblem.LATE: "That sign-in was not begun in this browser, or took more than ten minutes. Begin again.",
    OpenIdProblem.REFUSED: "The provider signed nobody in. Begin again, or sign in another way.",
    OpenIdProblem.AWAY: "The provider does not answer just now. Try again in a few minutes, or sign in another way.",
    OpenIdProblem.INVALID: "The provider's answer cannot be believed. Tell the operator of this installation.",
    OpenIdProblem.UNVERIFIED: "The provider does not say that the e-mail address is yours. Confirm it there first.",
    OpenIdProblem.UNKNOWN: "Nobody here has this e-mail address, or it was not confirmed yet. Sign up, or sign in with "
    "your password and confirm it.",
}
EMAIL_UNCONFIRMED = (
    "Confirm your e-mail address first.",
    "Open the link that we sent you, then try again.",
)
LINK_INVALID = (
    "This link is not good any more",
    "It was used before, it is too old, or a part of it is missing. What it was for may be done already: sign in, or "
    "ask for another one.",
)
LAST_OWNER = "An organisation keeps an owner who can sign in: make somebody else an owner first."
REVIEW_UNDECIDED = "Choose for each whether its access stays: some have no answer yet."
REVIEW_CHANGED = "Something was changed by somebody else meanwhile. Nothing was kept: look again and send it once more."
MEMBER_ALREADY = (
    "You are a member already",
    "There is an account with the address this invitation was sent to, and it belongs to the organisation: sign in.",
)
OTHER_ORGANISATION = (
    "Your address belongs to another organisation",
    "There is an account with the address this invitation was sent to, and an account belongs to one organisation. "
    "Sign in with it and leave that organisation, or close it if you are its only owner; then open this link again. Or "
    "have yourself invited with another address.",
)
TOO_MANY_ATTEMPTS = "Too many attempts. Please wait a few minutes and try again."
# To support staff: the title, and what to do without a second factor, and with one that this session began without.
FACTOR_NEEDED = (
    "Support needs a second factor.",
    "Set one up under Settings, Your account. Then sign out, and in again with it.",
    "This session began without yours. Sign out, and in again with it.",
)
NOT_RUNNING = "It is not authorised, so that there is nothing to pause. Reconnect or disconnect it."
# Where a marketplace has a test endpoint, each of its connections is shown with the one it is worked at.
ENDPOINTS = {
    Endpoint.PRODUCTION: "%(marketplace)s, production endpoint",
    Endpoint.SANDBOX: "%(marketplace)s, sandbox endpoint",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page about a consent that connected nothing: what happened, and what to do."""

    title: str
    happened: str
    to_do: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a claim is not taken or not proven: the field it is about, the answer's status, the sentence."""

    field: str
    status: int
    sentence: str


CLAIM_REFUSALS = {
    ClaimProblem.SELLER_INVALID: Refusal(
        "seller_id", 422, "This is not a Seller ID of this marketplace. Copy it from the portal."
    ),
    ClaimProblem.LOGIN_INVALID: Refusal(
        "login", 422, "The login has more than 254 characters, or some that cannot be shown."
    ),
    ClaimProblem.NOT_DELEGATED: Refusal(
        "login", 422, "Only an account that is delegated to us in a portal has a login."
    ),
    ClaimProblem.OTHER_ORGANISATION: Refusal(
        "seller_id",
        409,
        "This seller account is connected to another organisation. Disconnect it there first, or ask the operator of "
        "this installation.",
    ),
    ClaimProblem.TOO_MANY: Refusal(
        "seller_id", 409, "Too many of your seller accounts are not proven yet. Prove or disconnect one of them first."
    ),
    ClaimProblem.NOT_OPEN: Refusal("client_id", 409, "There is nothing to prove about this connection any more."),
    ClaimProblem.CREDENTIALS_REFUSED: Refusal(
        "client_id", 422, "The marketplace does not open this seller account with these credentials."
    ),
}

OUTCOMES = {
    ConsentProblem.CANCELLED: Outcome(
        "Nothing was connected",
        "You came back from the marketplace without having authorised us.",
        "If that was a mistake, connect again and confirm on the marketplace's page.",
    ),
    ConsentProblem.UNKNOWN: Outcome(
        "This authorisation was not begun here",
        "It was begun in another browser or session, or its address was changed on the way. Nothing was connected.",
        "Sign in, open Connections, and connect again from there.",
    ),
    ConsentProblem.EXPIRED: Outcome(
        "The authorisation took too long",
        "An authorisation must be finished within ten minutes. Nothing was connected.",
        "Please connect again.",
    ),
    ConsentProblem.USED: Outcome(
        "This authorisation was used already",
        "The page you came back to was opened a second time. What the first time did is listed under Connections.",
        "If your account is not there, please connect again.",
    ),
    ConsentProblem.CODE_REFUSED: Outcome(
        "The marketplace did not accept the authorisation",
        "Its code was expired or used before. Nothing was connected.",
        "Please connect again, and confirm within five minutes.",
    ),
    ConsentProblem.UNCERTAIN: Outcome(
        "Please authorise once more",
        "We do not know whether the authorisation was completed, and that cannot be asked twice.",
        "Please connect again: authorising twice does no harm.",
    ),
    ConsentProblem.AWAY: Outcome(
        "The marketplace does not answer",
        "It could not be reached to complete the authorisation. Nothing was connected.",
        "Please connect again in a few minutes.",
    ),
    ConsentProblem.REFUSED: Outcome(
        "The marketplace refused to complete the authorisation",
        "It answered, and did not accept how we asked. Nothing was connected.",
        "Please connect again. If it happens again, tell the operator of this installation: it is ours to mend.",
    ),
    ConsentProblem.OUR_SECRET: Outcome(
        "We cannot complete authorisations just now",
        "The marketplace refuses our own application. This is ours to mend, and its operator was told.",
        "Please connect again later. What is connected already is not changed.",
    ),
    ConsentProblem.OTHER_ORGANISATION: Outcome(
        "This seller account is connected to another organisation",
        "A seller account belongs to one organisation at a time. Nothing was connected.",
        "Disconnect it there first, or sign in to that organisation. If you do not know it, tell the operator of this "
        "installation.",
    ),
    ConsentProblem.OTHER_SELLER: Outcome(
        "You authorised another seller account",
        "This was begun for one seller account, but you were signed in to another one at the marketplace. "
        "Nothing was changed.",
        "Sign in to the right account there and authorise again, or add the other account as a new connection.",
    ),
    ConsentProblem.VISIT_UNKNOWN: Outcome(
        "This link does not lead to our application",
        "It says that it comes from the marketplace's app store, but does not lead back to where that would be. "
        "Nothing was connected.",
        "Open our application's page in the app store again. If it happens again, connect from Connections instead.",
    ),
    ConsentProblem.VISIT_LATE: Outcome(
        "The way from the app store took too long",
        "It must be finished within half an hour, in one browser. Nothing was connected.",
        "Open our application's page in the app store again, or connect from Connections.",
    ),
}


def marketplace_of(connection: Connection, say: Callable[[str], str]) -> str:
    """The marketplace as mails and calendars name it, with the endpoint where there is a choice."""
    profile = PROFILES[connection.marketplace]
    return (
        say(ENDPOINTS[connection.endpoint]) % {"marketplace": profile.title} if profile.has_sandbox else profile.title
    )


def all_sentences() -> list[str]:
    """Every sentence here, for the catalogues' completeness."""
    outcomes = [part for each in OUTCOMES.values() for part in (each.title, each.happened, each.to_do)]
    brought = [*BROUGHT_PROBLEMS.values(), BROUGHT_FULL]
    refusals = [each.sentence for each in CLAIM_REFUSALS.values()]
    passkeys = [PASSKEY_REFUSED, PASSKEY_NOT_ADDED, PASSKEYS_FULL, PASSKEY_COPIED]
    signing_in = [
        SIGN_IN_REFUSED,
        PRESENT_ONE_WRONG,
        SHOWN_BEFORE,
        NOTHING_SHOWN,
        CODE_REFUSED,
        *passkeys,
        *OPENID_PROBLEMS.values(),
        *EMAIL_UNCONFIRMED,
        *LINK_INVALID,
        LAST_OWNER,
        REVIEW_UNDECIDED,
        REVIEW_CHANGED,
        *MEMBER_ALREADY,
        *OTHER_ORGANISATION,
        *FACTOR_NEEDED,
        TOO_MANY_ATTEMPTS,
        AWAY,
    ]
    private = [OF_A_CODE, *(said for _, said in (*PRIVATE_PROBLEMS.values(), *CREDENTIAL_PROBLEMS.values()))]
    said = [
        *ADDRESS_PROBLEMS.values(),
        *brought,
        *private,
        *CLIENT_SENTENCES,
        *SCOPES.values(),
        *signing_in,
        *ENDPOINTS.values(),
        *CALENDAR_SENTENCES,
        *DEEDS.values(),
        *outcomes,
        *refusals,
    ]
    return [*FIELD_PROBLEMS.values(), *SECRET_SENTENCES, *said]
