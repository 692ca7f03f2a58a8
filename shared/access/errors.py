"""
Why somebody may not go on, by what they should do next. `shared/web` turns these into answers.

* AccessError
  x NotSignedIn   no valid session or token: sign in, or get a new token (401)
  x SignInFirst   the same, on a page: go to the sign-in page and come back (303)
  x Forbidden     known, but not allowed this: asking again does not help (403)
  x RoleForbids   signed in, but as a member whose role does not allow this (403)
  x FormExpired   the form's token is not this session's: open the page again and send it once more (403)
"""


class AccessError(Exception):
    pass


class NotSignedIn(AccessError):
    pass


class SignInFirst(AccessError):
    def __init__(self, next_path: str) -> None:
        super().__init__("no session")
        self.next_path = next_path


class Forbidden(AccessError):
    """`scope`: what would be needed."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"needs {scope}")
        self.scope = scope


class RoleForbids(AccessError):
    pass


class FormExpired(AccessError):
    pass
