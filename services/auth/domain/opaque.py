"""Opaque values (cookies, the `state` of a consent): random, shown once, and kept as their digest only."""

import hashlib


def digest(value: str) -> str:
    """SHA-256 in hex. Enough for values of 256 random bits; never for passwords."""
    return hashlib.sha256(value.encode()).hexdigest()
