"""
What Amazon's consent pages say instead of leading back to us, by the code they show; English, translated by catalogues.

Source: developer page Authorization Errors (read 2026-11, partly as others quote it). Each: what it means, what to do.
"""

from collections.abc import Mapping

_OURS = "Tell the operator of this installation: it is ours to mend, and nothing you do can."

CONSENT_CODES: Mapping[str, tuple[str, str]] = {
    "MD1000": ("Our application is not published yet, and the link did not say so.", _OURS),
    "MD5101": ("The address we asked Amazon to lead you back to is not the one registered for our application.", _OURS),
    "MD5110": ("The address we asked Amazon to lead you back to is one Amazon does not accept.", _OURS),
    "MD9100": ("Our application has no address registered where Amazon could lead you back to.", _OURS),
    "SPDC8143": (
        "You are not the primary user of this seller account.",
        "Sign in at Amazon as its primary user, or ask that person to authorise us.",
    ),
    "SPSA0404": (
        "Amazon finds no seller account of yours in this country.",
        "Choose the country you registered in, and sign in there with the account that sells.",
    ),
    "SPSA2043": (
        "This is a vendor account, and its vendor group does not have the role that our application asks for.",
        "Ask your administrator in Vendor Central for the role, then authorise us again.",
    ),
    "CONSENT_LIMIT_REACHED": (
        "Our application has as many sellers as Amazon allows one that is not listed in its Appstore.",
        "Tell the operator of this installation: a seller who left, or a listing in the Appstore, makes room.",
    ),
}
