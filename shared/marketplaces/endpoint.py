"""At which of a marketplace's endpoints a connection is worked. Pure."""

from enum import StrEnum


class Endpoint(StrEnum):
    """Its own test endpoint takes the same tokens as the real one, and ships nothing."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
