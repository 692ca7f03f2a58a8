"""
Token buckets: one per application, seller, operation and region, as Amazon's usage plans say.

Source: Usage Plans and Rate Limits in the Selling Partner API. `scale` multiplies rate and burst alike.
"""

from dataclasses import dataclass

from tests.sandbox.clock import VirtualClock


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Quotas:
    """All buckets; they start full and fill by the virtual clock."""

    def __init__(self, clock: VirtualClock, scale: float) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self.scale = scale

    def allow(self, key: tuple[str, ...], *, rate: float, burst: float) -> bool:
        """Take one token if there is one; `rate` in requests per second."""
        now, most = self._clock.now(), burst * self.scale
        bucket = self._buckets.setdefault(key, _Bucket(most, now))
        bucket.tokens = min(most, bucket.tokens + (now - bucket.filled_at) * rate * self.scale)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def clear(self) -> None:
        self._buckets.clear()
