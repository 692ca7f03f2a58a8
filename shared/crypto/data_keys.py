"""
Data keys wrapped by key-encryption keys that are here (`KeyRing`) or in AWS KMS, which is asked over the network.

What KMS unwrapped is kept in this process's memory: for five minutes, and of ten thousand subjects at most, least used
first to go. So long a process goes on with what it has opened while KMS is away, or after the key was disabled there;
whoever could read its memory could open those subjects' secrets, and no others. What our own keys wrap is unwrapped
each time. Nothing of it is written anywhere.
"""

import asyncio
import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cachetools import TTLCache

from shared.crypto.errors import KeysInvalid
from shared.crypto.keyring import KEY_BYTES, DataKey, KeyRing, head_of, split
from shared.kernel.clock import Clock

if TYPE_CHECKING:
    from shared.crypto.aws_kms import AwsKms

KEPT_SECONDS = 300.0
KEPT_AT_MOST = 10_000
AWS_KMS = "aws-kms"
_PREFIX = AWS_KMS + ":"
# Of a key, never of an alias: an alias may come to mean another key, and then nobody knows what wrapped what.
_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}")

Subject = tuple[bytes, bytes]


@dataclass(frozen=True)
class WrappingKeys:
    """Key-encryption keys by what a setting names: the first wraps, all unwrap."""

    current: str
    local: KeyRing
    arns: frozenset[str]

    @classmethod
    def parse(cls, setting: str) -> "WrappingKeys":
        """
        From `aws-kms:<ARN of a key>` and `kid:<base64 of 32 bytes>`, separated by commas, the first of which wraps.

        Raises KeysInvalid, whose message may be shown.
        """
        entries = [entry.strip() for entry in setting.split(",")]
        arns = [entry.removeprefix(_PREFIX) for entry in entries if entry.startswith(_PREFIX)]
        if not all(_ARN.fullmatch(arn) for arn in arns):
            raise KeysInvalid("aws-kms: needs the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not an alias")
        if len(set(arns)) < len(arns):
            raise KeysInvalid("a key of AWS KMS is there twice")
        local = ",".join(entry for entry in entries if not entry.startswith(_PREFIX))
        if not local:
            raise KeysInvalid("beside AWS KMS a key kid:base64 is needed, to count tries to sign in by")
        ring = KeyRing.parse(local)
        first_is_kms = entries[0].startswith(_PREFIX)
        return cls(arns[0] if first_is_kms else ring.current, ring, frozenset(arns))

    @property
    def kids(self) -> frozenset[str]:
        return self.arns | self.local.keys.keys()


class DataKeys:
    """See the module. `kms_url`: where AWS KMS is, None for the regions' own."""

    def __init__(self, keys: WrappingKeys, clock: Clock, kms_url: str | None = None) -> None:
        self._keys = keys
        self._kept: TTLCache[Subject, DataKey] = TTLCache(KEPT_AT_MOST, KEPT_SECONDS, clock.monotonic)
        self._asking: dict[Subject, asyncio.Task[DataKey]] = {}
        self._kms = _kms(kms_url) if keys.arns else None

    @property
    def current(self) -> str:
        """The id of the key that wraps now: an ARN where that is in AWS KMS."""
        return self._keys.current

    @property
    def kids(self) -> frozenset[str]:
        """Of all keys that unwrap."""
        return self._keys.kids

    @property
    def head(self) -> bytes:
        """What every data key wrapped now begins with: format and key id."""
        return head_of(self._keys.current)

    def mask(self, data: bytes, context: bytes) -> str:
        """See `KeyRing.mask`; by the first key that is here."""
        return self._keys.local.mask(data, context)

    async def new_at_hand(self, context: bytes) -> DataKey:
        """A new data key, wrapped for `context`. Raises Unavailable."""
        return await self._wrapped(os.urandom(KEY_BYTES), context)

    async def at_hand(self, wrapped: bytes, context: bytes) -> DataKey:
        """A data key unwrapped. Raises UnknownKey, CannotOpen; Unavailable: it may well open later."""
        kid = split(wrapped)[0]
        if self._kms is None or kid not in self._keys.arns:
            return self._keys.local.at_hand(wrapped, context)
        subject = (wrapped, context)
        kept = self._kept.get(subject)
        if kept is not None:
            return kept
        # Whoever asks while somebody asks already waits for that answer; who gives up spoils it for nobody.
        return await asyncio.shield(self._task(subject, self._kms))

    async def rewrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """
        The same data key under the current key-encryption key; None: it already is. What it sealed still opens.

        Raises UnknownKey, CannotOpen, Unavailable.
        """
        if wrapped.startswith(self.head):
            return None
        key = await self.at_hand(wrapped, context)
        return (await self._wrapped(key.bare, context)).wrapped

    async def close(self) -> None:
        if self._kms is not None:
            await self._kms.close()

    async def _wrapped(self, key: bytes, context: bytes) -> DataKey:
        current = self._keys.current
        if self._kms is None or current not in self._keys.arns:
            return self._keys.local.wrapped(key, context)
        wrapped = self.head + await self._kms.wrap(current, key, context)
        made = self._kept[wrapped, context] = DataKey(wrapped, context, key)
        return made

    def _task(self, subject: Subject, kms: "AwsKms") -> asyncio.Task[DataKey]:
        task = self._asking.get(subject)
        if task is None:
            task = self._asking[subject] = asyncio.create_task(self._unwrapped(subject, kms))
            task.add_done_callback(partial(self._answered, subject))
        return task

    def _answered(self, subject: Subject, task: asyncio.Task[DataKey]) -> None:
        del self._asking[subject]
        if not task.cancelled():
            task.exception()  # looked at also where everybody who waited has given up

    async def _unwrapped(self, subject: Subject, kms: "AwsKms") -> DataKey:
        wrapped, context = subject
        kid, _, body = split(wrapped)
        made = self._kept[subject] = DataKey(wrapped, context, await kms.unwrap(kid, body, context))
        return made


def _kms(url: str | None) -> "AwsKms":
    """AWS's SDK takes half a second to import: only who has a key there does."""
    from shared.crypto.aws_kms import AwsKms

    return AwsKms(url)
