"""What auth's pages say about codes; English, translated by the catalogues."""

from dataclasses import dataclass

from services.auth.domain.brought import BroughtProblem
from services.auth.domain.claim import ClaimProblem
from services.auth.domain.consent import ConsentProblem
from services.auth.domain.private_app import PrivateProblem
from services.auth.entrypoints.deeds import DEEDS
from shared.access.scopes import MEANINGS, SELLER_SCOPES

AWAY = "The marketplace does not answer just now. We ask again by ourselves; you can try again in a few minutes."
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
    "organisation.missing": "Enter the name of your organisation.",
    "organisation.too_long": "The name has more than 120 characters, or some that cannot be shown.",
    "name.invalid": "Enter a name of 1 to 80 characters.",
    "country.not_offered": "Choose the country of your seller account; one that is not in the list is not set up here.",
    "region.not_offered": "This region is not set up here. Choose another one.",
    "orders_from.invalid": "Enter a day and a time, at most 90 days from now.",
    "channels.invalid": "Choose at least one channel of the list.",
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
# The field each is about (empty: the secret that was tried), and what to do.
PRIVATE_PROBLEMS = {
    PrivateProblem.CLIENT_INVALID: (
        "client_id",
        "This is not a client ID. Copy it from View, under LWA credentials: it begins with "
        "amzn1.application-oa2-client.",
    ),
    PrivateProblem.SECRET_INVALID: ("client_secret", "Enter the client secret as Amazon shows it."),
    PrivateProblem.SECRET_REFUSED: (
        "client_secret",
        "Amazon does not know this client ID with this secret. Copy both again from View, under LWA credentials.",
    ),
    PrivateProblem.TOO_MANY: ("client_id", "There are as many applications as an organisation may have."),
    PrivateProblem.COUNTRY_INVALID: ("country", "Choose the country of the account."),
    PrivateProblem.CODES_INVALID: (
        "codes",
        "Enter it as Amazon shows it, in letters and digits; several vendor codes with spaces between, each once.",
    ),
    PrivateProblem.TOKEN_INVALID: (
        "refresh_token",
        "This is not a refresh token: it begins with Atzr| and is copied whole, without line breaks.",
    ),
    PrivateProblem.TOKEN_REFUSED: (
        "refresh_token",
        "Amazon refuses this token for this application. Authorise the application again there and copy the new token.",
    ),
    PrivateProblem.CONNECTED: (
        "codes",
        "This account is connected already by authorising our application. Disconnect that first.",
    ),
    PrivateProblem.APP_UNKNOWN: ("client_id", "This application is not here. Enter its client ID and secret first."),
    PrivateProblem.AWAY: ("", AWAY),
}
# The same where the client itself is let in: other fields, other words.
CREDENTIAL_PROBLEMS = {
    **PRIVATE_PROBLEMS,
    PrivateProblem.CLIENT_INVALID: ("client_id", "This is not a client ID. Copy it from the portal."),
    PrivateProblem.SECRET_INVALID: ("client_secret", "Enter the client secret as the portal shows it."),
    PrivateProblem.SECRET_REFUSED: (
        "client_secret",
        "The marketplace does not know this client ID with this secret. Copy both again from the portal.",
    ),
    PrivateProblem.TOO_MANY: ("client_id", "There are as many credentials as an organisation may have."),
    PrivateProblem.CODES_INVALID: (
        "seller_id",
        "This is not a Seller ID of this marketplace. Copy it from the portal.",
    ),
    PrivateProblem.ACCOUNT_REFUSED: (
        "client_id",
        "The marketplace does not open this seller account with these credentials.",
    ),
    PrivateProblem.CONNECTED: (
        "seller_id",
        "This account is connected already by giving us access in the portal. Disconnect that first.",
    ),
}
CLIENT_PROBLEMS = {
    "name.invalid": "Enter a name of 1 to 80 characters.",
    "scopes.missing": "Choose at least one thing that the program may do.",
    "scopes.unknown": "One of these permissions does not exist.",
}
CLIENTS_FULL = "There are as many API clients as an organisation may have. Revoke one first."
# What an API client may be allowed to do, in the order it is offered.
SCOPES = {scope: meaning for scope, meaning in MEANINGS.items() if scope in SELLER_SCOPES}
SIGN_IN_REFUSED = "E-mail address and password do not fit together."
PRESENT_ONE_WRONG = "This is not your present password."
CODE_REFUSED = "This is not the code of now, or it was used before. Wait for the next one."
EMAIL_UNCONFIRMED = (
    "Confirm your e-mail address first.",
    "Open the link that we sent you, then connect. On the page Settings, Your account, it is sent again.",
)
LINK_INVALID = (
    "This link is not good any more",
    "It was used before, it is too old, or a part of it is missing. What it was for may be done already: sign in, or "
    "ask for another one.",
)
TOO_MANY_ATTEMPTS = "Too many attempts. Please wait a few minutes and try again."
NOT_RUNNING = "It is not authorised, so that there is nothing to pause. Reconnect or disconnect it."
CALENDAR_NAME = "Days of renewal"
CALENDAR_WHAT = "Renew the authorisation: %(name)s (%(marketplace)s)"
CALENDAR_TO_DO = "Renew it here, before it ends: %(address)s"


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
        "Disconnect it there first, or sign in to that organisation.",
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
        "It must be finished within ten minutes, in one browser. Nothing was connected.",
        "Open our application's page in the app store again, or connect from Connections.",
    ),
}


def all_sentences() -> list[str]:
    """Every sentence here, for the catalogues' completeness."""
    outcomes = [part for each in OUTCOMES.values() for part in (each.title, each.happened, each.to_do)]
    brought = [*BROUGHT_PROBLEMS.values(), BROUGHT_FULL]
    clients = [*CLIENT_PROBLEMS.values(), CLIENTS_FULL, *SCOPES.values()]
    refusals = [each.sentence for each in CLAIM_REFUSALS.values()]
    signing_in = [
        SIGN_IN_REFUSED,
        PRESENT_ONE_WRONG,
        CODE_REFUSED,
        *EMAIL_UNCONFIRMED,
        *LINK_INVALID,
        TOO_MANY_ATTEMPTS,
        AWAY,
    ]
    calendar = [CALENDAR_NAME, CALENDAR_WHAT, CALENDAR_TO_DO]
    private = [sentence for _, sentence in (*PRIVATE_PROBLEMS.values(), *CREDENTIAL_PROBLEMS.values())]
    said = [*brought, *private, *clients, *signing_in, *calendar, *DEEDS.values(), *outcomes, *refusals]
    return [*FIELD_PROBLEMS.values(), *said]
