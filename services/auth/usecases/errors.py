"""What a caller of auth may be told, beside the far side's errors."""

from shared.kernel.errors import Unavailable


class ConnectionUnknown(Exception):
    """There is none of this id, or not in this organisation."""


class ClientUnknown(Exception):
    """There is no such API client, or not in this organisation."""


class SessionUnknown(Exception):
    """There is no such session, or it is somebody else's."""


class UserUnknown(Exception):
    """Nobody has an account of this id."""


class EmailUnconfirmed(Exception):
    """Nobody of the organisation has confirmed an e-mail address."""


class Busy(Unavailable):
    """Somebody is renewing the token and takes long: come again."""


class RegionNotOffered(Exception):
    """Our application is not set up for this marketplace and region."""
