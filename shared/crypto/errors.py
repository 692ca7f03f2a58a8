"""
Why sealed bytes do not open, by what the caller should do next.

* CryptoError
  x KeysInvalid   the setting is wrong: a sentence at start, the process does not run
  x UnknownKey    the key-encryption key is not among ours: the operator left one out of the setting
  x CannotOpen    altered, of another context, or another data key: never readable by trying again
"""


class CryptoError(Exception):
    """Messages name key ids, never bytes."""


class KeysInvalid(CryptoError):
    pass


class UnknownKey(CryptoError):
    pass


class CannotOpen(CryptoError):
    pass
