"""Argon2id in threads: few at a time, because each takes much memory and a good part of a core."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2


def passwords_of(memory_mib: int) -> "Argon2Passwords":
    """Passes and lanes as RFC 9106, section 4, recommends them for this kind of memory."""
    return Argon2Passwords(PasswordHasher(memory_cost=memory_mib * 1024))


class Argon2Passwords:
    """See `usecases.ports.PasswordHasher`."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        if self._nobodys is None:
            self._nobodys = await self.hash("the password of nobody")
        async with self._turns:
            fits = await asyncio.to_thread(self._fits, password_hash or self._nobodys, password)
        return fits and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
