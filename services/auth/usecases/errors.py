"""What a caller of auth may be told, beside the far side's errors."""

from shared.kernel.errors import Unavailable


class ConnectionUnknown(Exception):
    """There is none of this id, or not in this organisation."""


class ClientUnknown(Exception):
    """There is no such API client, or not in this organisation."""


class Busy(Unavailable):
    """Somebody is renewing the token and takes long: come again."""


class RegionNotOffered(Exception):
    """Our application is not set up for this marketplace and region."""
