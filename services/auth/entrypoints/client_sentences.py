"""What is said where an API client, or another secret of one, is not made."""

CLIENT_PROBLEMS = {
    "name.invalid": "Enter a name of 1 to 80 characters.",
    "scopes.missing": "Choose at least one thing that the program may do.",
    "scopes.unknown": "One of these permissions does not exist.",
}
CLIENTS_FULL = "There are as many API clients as an organisation may have. Revoke one first."
MADE_BEFORE = (
    "This form was sent before: nothing was made again. If you did not keep the secret that it made, end that secret "
    "and make another one on its client's page."
)
# For the catalogues.
CLIENT_SENTENCES = (*CLIENT_PROBLEMS.values(), CLIENTS_FULL, MADE_BEFORE)
