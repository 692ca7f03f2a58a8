"""What support's page of client secrets says about codes."""

from services.auth.domain.client_secret import SecretProblem

# By field and code.
SECRET_FIELDS = {
    "client_secret.invalid": "A client secret is one word of at most 512 characters.",
    "ends.invalid": "Enter a day such as 2027-03-01, or nothing.",
    "ends.over": "A secret that is over by that day is of no use. Enter a later day, or nothing.",
}
# Why one was not kept, or no other one asked for.
SECRET_REFUSALS = {
    SecretProblem.REFUSED: "The marketplace refuses it: nothing was kept. Copy it again from the application's page.",
    SecretProblem.KNOWN: "It is known already: nothing was changed.",
    SecretProblem.NO_QUEUE: "This application has no queue: make another secret on its page at the marketplace.",
    SecretProblem.ASKED: "Another was asked for within a day, or is being asked for now. It comes by the queue.",
}
NOT_TRIED = "It could not be tried just now, and nothing was kept. Try again in a few minutes."
NOT_TAKEN = "The marketplace answered something else (%(code)s), and nothing was kept. Try again in a few minutes."
NOT_ASKED = "The marketplace could not be asked just now, and was not. Try again in a few minutes."
ASKED_PERHAPS = (
    "It is not known whether the marketplace was asked: another secret may come all the same. If none has come after a "
    "day, ask again."
)
ASKED_IN_VAIN = (
    "The marketplace said no (%(code)s), and is not asked again within a day. Make another secret on the application's "
    "page there, and keep it here."
)
# To staff without the right: the title, and who gives it.
NOT_YOURS = (
    "You may not change client secrets.",
    "The operator gives this right by the command “support grant --secrets”.",
)
SECRET_SENTENCES = (
    *SECRET_FIELDS.values(),
    *SECRET_REFUSALS.values(),
    NOT_TRIED,
    NOT_TAKEN,
    NOT_ASKED,
    ASKED_PERHAPS,
    ASKED_IN_VAIN,
    *NOT_YOURS,
)
