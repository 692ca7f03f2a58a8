"""What is said where an application, or credentials, of an organisation's own are not kept: field and sentence."""

from services.auth.domain.private_app import PrivateProblem

AWAY = "The marketplace does not answer just now. We ask again by ourselves; you can try again in a few minutes."
# Where several codes are entered at once: which of them it is about.
OF_A_CODE = "%(code)s: %(sentence)s"
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
    PrivateProblem.STILL_USED: (
        "connections",
        "What uses this application is not the same any more: look at the list again.",
    ),
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
    PrivateProblem.APP_UNKNOWN: (
        "client_id",
        "No account is connected by these credentials. Enter them with their Seller ID.",
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
